//! The decoder: strict and total. Every word is either one instruction of RV32IM or an error.

use core::{error::Error, fmt};

use crate::instruction::{Instruction, Opcode};

/// A word that is not an instruction of RV32IM: reserved or unknown bits, a compressed instruction, or
/// one of an extension that this machine does not have (CSR access, EBREAK, FENCE.I, atomics, ...).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct IllegalInstruction {
    /// The word.
    pub word: u32,
}

impl fmt::Display for IllegalInstruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x} is not an RV32IM instruction", self.word)
    }
}

impl Error for IllegalInstruction {}

/// Decodes a word.
///
/// `encode(decode(word)?) == word` for every word that is accepted. FENCE is accepted with any
/// `fm`, `pred`, `succ`, rs1 and rd, as the manual asks of simple implementations.
///
/// # Errors
///
/// [`IllegalInstruction`] for every word that is not exactly one of RV32IM's encodings.
pub const fn decode(word: u32) -> Result<Instruction, IllegalInstruction> {
    let illegal = Err(IllegalInstruction { word });
    let (funct3, funct7) = (funct3(word), word >> 25);
    let opcode = match word & 0x7f {
        LUI => return Ok(upper(Opcode::Lui, word)),
        AUIPC => return Ok(upper(Opcode::Auipc, word)),
        JAL => {
            return Ok(Instruction {
                opcode: Opcode::Jal,
                rd: rd(word),
                rs1: 0,
                rs2: 0,
                imm: jump_immediate(word),
            });
        }
        JALR => match funct3 {
            0 => return Ok(immediate(Opcode::Jalr, word)),
            _ => return illegal,
        },
        BRANCH => match funct3 {
            0 => return Ok(branch(Opcode::Beq, word)),
            1 => return Ok(branch(Opcode::Bne, word)),
            4 => return Ok(branch(Opcode::Blt, word)),
            5 => return Ok(branch(Opcode::Bge, word)),
            6 => return Ok(branch(Opcode::Bltu, word)),
            7 => return Ok(branch(Opcode::Bgeu, word)),
            _ => return illegal,
        },
        LOAD => match funct3 {
            0 => return Ok(immediate(Opcode::Lb, word)),
            1 => return Ok(immediate(Opcode::Lh, word)),
            2 => return Ok(immediate(Opcode::Lw, word)),
            4 => return Ok(immediate(Opcode::Lbu, word)),
            5 => return Ok(immediate(Opcode::Lhu, word)),
            _ => return illegal,
        },
        STORE => match funct3 {
            0 => return Ok(store(Opcode::Sb, word)),
            1 => return Ok(store(Opcode::Sh, word)),
            2 => return Ok(store(Opcode::Sw, word)),
            _ => return illegal,
        },
        OP_IMM => match (funct3, funct7) {
            (0, _) => return Ok(immediate(Opcode::Addi, word)),
            (2, _) => return Ok(immediate(Opcode::Slti, word)),
            (3, _) => return Ok(immediate(Opcode::Sltiu, word)),
            (4, _) => return Ok(immediate(Opcode::Xori, word)),
            (6, _) => return Ok(immediate(Opcode::Ori, word)),
            (7, _) => return Ok(immediate(Opcode::Andi, word)),
            (1, 0) => return Ok(shift(Opcode::Slli, word)),
            (5, 0) => return Ok(shift(Opcode::Srli, word)),
            (5, ALTERNATE) => return Ok(shift(Opcode::Srai, word)),
            _ => return illegal,
        },
        MISC_MEM => match funct3 {
            0 => {
                return Ok(Instruction {
                    opcode: Opcode::Fence,
                    rd: rd(word),
                    rs1: rs1(word),
                    rs2: 0,
                    imm: (word >> 20) as i32,
                });
            }
            _ => return illegal,
        },
        SYSTEM if word == SYSTEM => {
            return Ok(Instruction {
                opcode: Opcode::Ecall,
                rd: 0,
                rs1: 0,
                rs2: 0,
                imm: 0,
            });
        }
        OP => match (funct7, funct3) {
            (0, 0) => Opcode::Add,
            (0, 1) => Opcode::Sll,
            (0, 2) => Opcode::Slt,
            (0, 3) => Opcode::Sltu,
            (0, 4) => Opcode::Xor,
            (0, 5) => Opcode::Srl,
            (0, 6) => Opcode::Or,
            (0, 7) => Opcode::And,
            (ALTERNATE, 0) => Opcode::Sub,
            (ALTERNATE, 5) => Opcode::Sra,
            (MULDIV, 0) => Opcode::Mul,
            (MULDIV, 1) => Opcode::Mulh,
            (MULDIV, 2) => Opcode::Mulhsu,
            (MULDIV, 3) => Opcode::Mulhu,
            (MULDIV, 4) => Opcode::Div,
            (MULDIV, 5) => Opcode::Divu,
            (MULDIV, 6) => Opcode::Rem,
            (MULDIV, 7) => Opcode::Remu,
            _ => return illegal,
        },
        _ => return illegal,
    };
    Ok(Instruction {
        opcode,
        rd: rd(word),
        rs1: rs1(word),
        rs2: rs2(word),
        imm: 0,
    })
}

/// Encodes an instruction.
///
/// Total: bits of a field that do not fit its place are dropped, fields that the encoding does not
/// have are ignored. So `decode(encode(i)) == Ok(i)` exactly if `i` is an instruction that
/// [`decode`] can yield.
pub const fn encode(instruction: Instruction) -> u32 {
    let Instruction {
        opcode,
        rd,
        rs1,
        rs2,
        imm,
    } = instruction;
    let rd = (rd as u32 & 31) << 7;
    let rs1 = (rs1 as u32 & 31) << 15;
    let rs2 = (rs2 as u32 & 31) << 20;
    let imm = imm as u32;
    let (base, funct3, funct7) = pattern(opcode);
    let fixed = base | (funct3 << 12) | (funct7 << 25);
    match base {
        LUI | AUIPC => fixed | rd | (imm & 0xffff_f000),
        JAL => {
            let imm = ((imm >> 20 & 1) << 31)
                | ((imm >> 1 & 0x3ff) << 21)
                | ((imm >> 11 & 1) << 20)
                | ((imm >> 12 & 0xff) << 12);
            fixed | rd | imm
        }
        BRANCH => {
            let imm = ((imm >> 12 & 1) << 31)
                | ((imm >> 5 & 0x3f) << 25)
                | ((imm >> 1 & 0xf) << 8)
                | ((imm >> 11 & 1) << 7);
            fixed | rs1 | rs2 | imm
        }
        STORE => fixed | rs1 | rs2 | ((imm >> 5 & 0x7f) << 25) | ((imm & 0x1f) << 7),
        OP_IMM if matches!(opcode, Opcode::Slli | Opcode::Srli | Opcode::Srai) => {
            fixed | rd | rs1 | ((imm & 31) << 20)
        }
        JALR | LOAD | OP_IMM | MISC_MEM => fixed | rd | rs1 | (imm << 20),
        SYSTEM => fixed,
        _ => fixed | rd | rs1 | rs2,
    }
}

/// The seven opcode bits, `funct3` and `funct7` that select an instruction; zero where it has no
/// such field.
const fn pattern(opcode: Opcode) -> (u32, u32, u32) {
    match opcode {
        Opcode::Lui => (LUI, 0, 0),
        Opcode::Auipc => (AUIPC, 0, 0),
        Opcode::Jal => (JAL, 0, 0),
        Opcode::Jalr => (JALR, 0, 0),
        Opcode::Beq => (BRANCH, 0, 0),
        Opcode::Bne => (BRANCH, 1, 0),
        Opcode::Blt => (BRANCH, 4, 0),
        Opcode::Bge => (BRANCH, 5, 0),
        Opcode::Bltu => (BRANCH, 6, 0),
        Opcode::Bgeu => (BRANCH, 7, 0),
        Opcode::Lb => (LOAD, 0, 0),
        Opcode::Lh => (LOAD, 1, 0),
        Opcode::Lw => (LOAD, 2, 0),
        Opcode::Lbu => (LOAD, 4, 0),
        Opcode::Lhu => (LOAD, 5, 0),
        Opcode::Sb => (STORE, 0, 0),
        Opcode::Sh => (STORE, 1, 0),
        Opcode::Sw => (STORE, 2, 0),
        Opcode::Addi => (OP_IMM, 0, 0),
        Opcode::Slti => (OP_IMM, 2, 0),
        Opcode::Sltiu => (OP_IMM, 3, 0),
        Opcode::Xori => (OP_IMM, 4, 0),
        Opcode::Ori => (OP_IMM, 6, 0),
        Opcode::Andi => (OP_IMM, 7, 0),
        Opcode::Slli => (OP_IMM, 1, 0),
        Opcode::Srli => (OP_IMM, 5, 0),
        Opcode::Srai => (OP_IMM, 5, ALTERNATE),
        Opcode::Add => (OP, 0, 0),
        Opcode::Sub => (OP, 0, ALTERNATE),
        Opcode::Sll => (OP, 1, 0),
        Opcode::Slt => (OP, 2, 0),
        Opcode::Sltu => (OP, 3, 0),
        Opcode::Xor => (OP, 4, 0),
        Opcode::Srl => (OP, 5, 0),
        Opcode::Sra => (OP, 5, ALTERNATE),
        Opcode::Or => (OP, 6, 0),
        Opcode::And => (OP, 7, 0),
        Opcode::Fence => (MISC_MEM, 0, 0),
        Opcode::Ecall => (SYSTEM, 0, 0),
        Opcode::Mul => (OP, 0, MULDIV),
        Opcode::Mulh => (OP, 1, MULDIV),
        Opcode::Mulhsu => (OP, 2, MULDIV),
        Opcode::Mulhu => (OP, 3, MULDIV),
        Opcode::Div => (OP, 4, MULDIV),
        Opcode::Divu => (OP, 5, MULDIV),
        Opcode::Rem => (OP, 6, MULDIV),
        Opcode::Remu => (OP, 7, MULDIV),
    }
}

/// U-type: LUI and AUIPC.
const fn upper(opcode: Opcode, word: u32) -> Instruction {
    Instruction {
        opcode,
        rd: rd(word),
        rs1: 0,
        rs2: 0,
        imm: (word & 0xffff_f000) as i32,
    }
}

/// I-type: arithmetic with an immediate, loads, JALR.
const fn immediate(opcode: Opcode, word: u32) -> Instruction {
    Instruction {
        opcode,
        rd: rd(word),
        rs1: rs1(word),
        rs2: 0,
        imm: word as i32 >> 20,
    }
}

/// I-type, with the shift amount as immediate.
const fn shift(opcode: Opcode, word: u32) -> Instruction {
    Instruction {
        opcode,
        rd: rd(word),
        rs1: rs1(word),
        rs2: 0,
        imm: rs2(word) as i32,
    }
}

/// S-type.
const fn store(opcode: Opcode, word: u32) -> Instruction {
    let imm = (word as i32 >> 25 << 5) | rd(word) as i32;
    Instruction {
        opcode,
        rd: 0,
        rs1: rs1(word),
        rs2: rs2(word),
        imm,
    }
}

/// B-type.
const fn branch(opcode: Opcode, word: u32) -> Instruction {
    let imm = (word as i32 >> 31 << 12)
        | ((word >> 7 & 1) << 11) as i32
        | ((word >> 25 & 0x3f) << 5) as i32
        | ((word >> 8 & 0xf) << 1) as i32;
    Instruction {
        opcode,
        rd: 0,
        rs1: rs1(word),
        rs2: rs2(word),
        imm,
    }
}

/// The immediate of a J-type instruction.
const fn jump_immediate(word: u32) -> i32 {
    (word as i32 >> 31 << 20)
        | (word & 0x000f_f000) as i32
        | ((word >> 20 & 1) << 11) as i32
        | ((word >> 21 & 0x3ff) << 1) as i32
}

const fn rd(word: u32) -> u8 {
    (word >> 7 & 31) as u8
}

const fn funct3(word: u32) -> u32 {
    word >> 12 & 7
}

const fn rs1(word: u32) -> u8 {
    (word >> 15 & 31) as u8
}

const fn rs2(word: u32) -> u8 {
    (word >> 20 & 31) as u8
}

// The seven opcode bits, by the names of the manual's opcode map.
const LOAD: u32 = 0x03;
const MISC_MEM: u32 = 0x0f;
const OP_IMM: u32 = 0x13;
const AUIPC: u32 = 0x17;
const STORE: u32 = 0x23;
const OP: u32 = 0x33;
const LUI: u32 = 0x37;
const BRANCH: u32 = 0x63;
const JALR: u32 = 0x67;
const JAL: u32 = 0x6f;
const SYSTEM: u32 = 0x73;

/// `funct7` of SUB, SRA and SRAI.
const ALTERNATE: u32 = 0x20;
/// `funct7` of the M extension.
const MULDIV: u32 = 0x01;

#[cfg(test)]
mod tests;
