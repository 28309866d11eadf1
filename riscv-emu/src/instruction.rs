//! The instructions of RV32IM, decoded.
//!
//! Letters and names are those of *The RISC-V Instruction Set Manual, Volume I* (RV32I base and
//! the M extension).

use core::fmt;

/// The mnemonic of an instruction, with everything that the encoding selects by opcode, `funct3`
/// and `funct7`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
#[allow(missing_docs)] // Each variant is the manual's mnemonic.
pub enum Opcode {
    Lui,
    Auipc,
    Jal,
    Jalr,
    Beq,
    Bne,
    Blt,
    Bge,
    Bltu,
    Bgeu,
    Lb,
    Lh,
    Lw,
    Lbu,
    Lhu,
    Sb,
    Sh,
    Sw,
    Addi,
    Slti,
    Sltiu,
    Xori,
    Ori,
    Andi,
    Slli,
    Srli,
    Srai,
    Add,
    Sub,
    Sll,
    Slt,
    Sltu,
    Xor,
    Srl,
    Sra,
    Or,
    And,
    Fence,
    Ecall,
    Mul,
    Mulh,
    Mulhsu,
    Mulhu,
    Div,
    Divu,
    Rem,
    Remu,
}

/// A decoded instruction.
///
/// A field that the encoding does not have is zero, so that equal instructions are equal values.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Instruction {
    /// The operation.
    pub opcode: Opcode,
    /// Destination register, 0 to 31.
    pub rd: u8,
    /// First source register, 0 to 31.
    pub rs1: u8,
    /// Second source register, 0 to 31.
    pub rs2: u8,
    /// The immediate, sign-extended; for LUI and AUIPC the value with its low 12 bits zero, for
    /// shifts the shift amount, for FENCE the 12 bits `fm`, `pred`, `succ` as they stand.
    pub imm: i32,
}

/// Which operands an instruction has, and how assembly language writes them.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Form {
    /// `op rd, rs1, rs2`
    Register,
    /// `op rd, rs1, imm`: arithmetic with a 12-bit immediate.
    Immediate,
    /// `op rd, rs1, shamt`: shifts by a constant.
    ShiftImmediate,
    /// `op rd, imm(rs1)`: loads.
    Load,
    /// `op rs2, imm(rs1)`: stores.
    Store,
    /// `op rs1, rs2, offset`: conditional branches.
    Branch,
    /// `op rd, imm`: LUI and AUIPC.
    Upper,
    /// `jal rd, offset`
    Jump,
    /// `jalr rd, imm(rs1)`
    JumpRegister,
    /// `fence`: the encoding has rd, rs1 and an immediate, and all are ignored.
    Fence,
    /// `ecall`
    Ecall,
}

impl Form {
    /// Whether instructions of the form have a destination. FENCE has, as ADDI of x0 to x0.
    #[inline(always)]
    pub const fn has_destination(self) -> bool {
        !matches!(self, Self::Store | Self::Branch | Self::Ecall)
    }
}

impl Opcode {
    /// All opcodes, in the order of their discriminants.
    pub const ALL: [Self; 47] = [
        Self::Lui,
        Self::Auipc,
        Self::Jal,
        Self::Jalr,
        Self::Beq,
        Self::Bne,
        Self::Blt,
        Self::Bge,
        Self::Bltu,
        Self::Bgeu,
        Self::Lb,
        Self::Lh,
        Self::Lw,
        Self::Lbu,
        Self::Lhu,
        Self::Sb,
        Self::Sh,
        Self::Sw,
        Self::Addi,
        Self::Slti,
        Self::Sltiu,
        Self::Xori,
        Self::Ori,
        Self::Andi,
        Self::Slli,
        Self::Srli,
        Self::Srai,
        Self::Add,
        Self::Sub,
        Self::Sll,
        Self::Slt,
        Self::Sltu,
        Self::Xor,
        Self::Srl,
        Self::Sra,
        Self::Or,
        Self::And,
        Self::Fence,
        Self::Ecall,
        Self::Mul,
        Self::Mulh,
        Self::Mulhsu,
        Self::Mulhu,
        Self::Div,
        Self::Divu,
        Self::Rem,
        Self::Remu,
    ];

    /// The operands this instruction has.
    #[inline(always)]
    pub const fn form(self) -> Form {
        match self {
            Self::Lui | Self::Auipc => Form::Upper,
            Self::Jal => Form::Jump,
            Self::Jalr => Form::JumpRegister,
            Self::Beq | Self::Bne | Self::Blt | Self::Bge | Self::Bltu | Self::Bgeu => Form::Branch,
            Self::Lb | Self::Lh | Self::Lw | Self::Lbu | Self::Lhu => Form::Load,
            Self::Sb | Self::Sh | Self::Sw => Form::Store,
            Self::Addi | Self::Slti | Self::Sltiu | Self::Xori | Self::Ori | Self::Andi => {
                Form::Immediate
            }
            Self::Slli | Self::Srli | Self::Srai => Form::ShiftImmediate,
            Self::Fence => Form::Fence,
            Self::Ecall => Form::Ecall,
            _ => Form::Register,
        }
    }

    /// The mnemonic in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lui => "lui",
            Self::Auipc => "auipc",
            Self::Jal => "jal",
            Self::Jalr => "jalr",
            Self::Beq => "beq",
            Self::Bne => "bne",
            Self::Blt => "blt",
            Self::Bge => "bge",
            Self::Bltu => "bltu",
            Self::Bgeu => "bgeu",
            Self::Lb => "lb",
            Self::Lh => "lh",
            Self::Lw => "lw",
            Self::Lbu => "lbu",
            Self::Lhu => "lhu",
            Self::Sb => "sb",
            Self::Sh => "sh",
            Self::Sw => "sw",
            Self::Addi => "addi",
            Self::Slti => "slti",
            Self::Sltiu => "sltiu",
            Self::Xori => "xori",
            Self::Ori => "ori",
            Self::Andi => "andi",
            Self::Slli => "slli",
            Self::Srli => "srli",
            Self::Srai => "srai",
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Sll => "sll",
            Self::Slt => "slt",
            Self::Sltu => "sltu",
            Self::Xor => "xor",
            Self::Srl => "srl",
            Self::Sra => "sra",
            Self::Or => "or",
            Self::And => "and",
            Self::Fence => "fence",
            Self::Ecall => "ecall",
            Self::Mul => "mul",
            Self::Mulh => "mulh",
            Self::Mulhsu => "mulhsu",
            Self::Mulhu => "mulhu",
            Self::Div => "div",
            Self::Divu => "divu",
            Self::Rem => "rem",
            Self::Remu => "remu",
        }
    }
}

/// Disassembly in the notation of the ISA manual, jump and branch offsets relative to the
/// instruction: `addi x5, x0, -1`, `lw x5, 8(x2)`, `beq x5, x6, -12`.
impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            opcode,
            rd,
            rs1,
            rs2,
            imm,
        } = *self;
        let name = opcode.name();
        match opcode.form() {
            Form::Register => write!(f, "{name} x{rd}, x{rs1}, x{rs2}"),
            Form::Immediate | Form::ShiftImmediate => write!(f, "{name} x{rd}, x{rs1}, {imm}"),
            Form::Load | Form::JumpRegister => write!(f, "{name} x{rd}, {imm}(x{rs1})"),
            Form::Store => write!(f, "{name} x{rs2}, {imm}(x{rs1})"),
            Form::Branch => write!(f, "{name} x{rs1}, x{rs2}, {imm}"),
            Form::Upper => write!(f, "{name} x{rd}, {:#x}", imm as u32 >> 12),
            Form::Jump => write!(f, "{name} x{rd}, {imm}"),
            Form::Fence | Form::Ecall => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn all_is_in_order_and_complete() {
        for (index, opcode) in Opcode::ALL.into_iter().enumerate() {
            assert_eq!(opcode as usize, index);
        }
        assert_eq!(Opcode::Remu as usize + 1, Opcode::ALL.len());
    }

    #[test]
    fn disassembly() {
        let show = |opcode, rd, rs1, rs2, imm| {
            Instruction {
                opcode,
                rd,
                rs1,
                rs2,
                imm,
            }
            .to_string()
        };
        assert_eq!(show(Opcode::Addi, 5, 0, 0, -1), "addi x5, x0, -1");
        assert_eq!(show(Opcode::Sub, 5, 6, 7, 0), "sub x5, x6, x7");
        assert_eq!(show(Opcode::Lw, 5, 2, 0, 8), "lw x5, 8(x2)");
        assert_eq!(show(Opcode::Sb, 0, 2, 5, -8), "sb x5, -8(x2)");
        assert_eq!(show(Opcode::Beq, 0, 5, 6, -12), "beq x5, x6, -12");
        assert_eq!(
            show(Opcode::Lui, 5, 0, 0, 0xfffff000_u32 as i32),
            "lui x5, 0xfffff"
        );
        assert_eq!(show(Opcode::Jal, 1, 0, 0, 2048), "jal x1, 2048");
        assert_eq!(show(Opcode::Jalr, 0, 1, 0, 0), "jalr x0, 0(x1)");
        assert_eq!(show(Opcode::Ecall, 0, 0, 0, 0), "ecall");
    }
}
