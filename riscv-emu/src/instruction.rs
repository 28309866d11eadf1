//! The instructions of RV32IM, decoded.
//!
//! Letters and names are those of *The RISC-V Instruction Set Manual, Volume I* (RV32I base and
//! the M extension).

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
    /// What to do.
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
