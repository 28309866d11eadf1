//! The results of the instructions: one pure function for each group, in the letters of the ISA
//! manual. The interpreter computes by these and nothing else, with every observer.

/// Register-register arithmetic of RV32I; the immediate forms compute the same of `rs1` and `imm`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // Each variant is the manual's mnemonic.
pub enum Alu {
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
}

/// The multiplications of the M extension.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // Each variant is the manual's mnemonic.
pub enum Multiply {
    Mul,
    Mulh,
    Mulhsu,
    Mulhu,
}

/// The divisions of the M extension.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // Each variant is the manual's mnemonic.
pub enum Divide {
    Div,
    Divu,
    Rem,
    Remu,
}

/// The conditions of the branches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // Each variant is the manual's mnemonic without its B.
pub enum Condition {
    Eq,
    Ne,
    Lt,
    Ge,
    Ltu,
    Geu,
}

/// The loads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // Each variant is the manual's mnemonic.
pub enum Load {
    Lb,
    Lh,
    Lw,
    Lbu,
    Lhu,
}

/// The stores.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // Each variant is the manual's mnemonic.
pub enum Store {
    Sb,
    Sh,
    Sw,
}

/// ADD, SUB, SLL, SLT, SLTU, XOR, SRL, SRA, OR, AND. Shifts use the low five bits of `rs2`.
#[inline(always)]
pub const fn alu(operation: Alu, rs1: u32, rs2: u32) -> u32 {
    match operation {
        Alu::Add => rs1.wrapping_add(rs2),
        Alu::Sub => rs1.wrapping_sub(rs2),
        Alu::Sll => rs1.wrapping_shl(rs2),
        Alu::Slt => ((rs1 as i32) < rs2 as i32) as u32,
        Alu::Sltu => (rs1 < rs2) as u32,
        Alu::Xor => rs1 ^ rs2,
        Alu::Srl => rs1.wrapping_shr(rs2),
        Alu::Sra => (rs1 as i32).wrapping_shr(rs2) as u32,
        Alu::Or => rs1 | rs2,
        Alu::And => rs1 & rs2,
    }
}

/// MUL, MULH, MULHSU, MULHU: the low or high word of the product; MULHSU takes `rs1` as signed and
/// `rs2` as unsigned.
#[inline(always)]
pub const fn multiply(operation: Multiply, rs1: u32, rs2: u32) -> u32 {
    match operation {
        Multiply::Mul => rs1.wrapping_mul(rs2),
        Multiply::Mulh => ((rs1 as i32 as i64 * rs2 as i32 as i64) >> 32) as u32,
        Multiply::Mulhsu => ((rs1 as i32 as i64 * rs2 as i64) >> 32) as u32,
        Multiply::Mulhu => ((rs1 as u64 * rs2 as u64) >> 32) as u32,
    }
}

/// DIV, DIVU, REM, REMU. Division by zero yields a quotient of all ones and the dividend as
/// remainder; the overflow of `-2^31 / -1` yields `-2^31` and remainder 0.
#[inline(always)]
pub const fn divide(operation: Divide, rs1: u32, rs2: u32) -> u32 {
    match (operation, rs2) {
        (Divide::Div | Divide::Divu, 0) => u32::MAX,
        (Divide::Rem | Divide::Remu, 0) => rs1,
        (Divide::Div, _) => (rs1 as i32).wrapping_div(rs2 as i32) as u32,
        (Divide::Divu, _) => rs1 / rs2,
        (Divide::Rem, _) => (rs1 as i32).wrapping_rem(rs2 as i32) as u32,
        (Divide::Remu, _) => rs1 % rs2,
    }
}

/// Whether a branch is taken.
#[inline(always)]
pub const fn branch_taken(condition: Condition, rs1: u32, rs2: u32) -> bool {
    match condition {
        Condition::Eq => rs1 == rs2,
        Condition::Ne => rs1 != rs2,
        Condition::Lt => (rs1 as i32) < rs2 as i32,
        Condition::Ge => rs1 as i32 >= rs2 as i32,
        Condition::Ltu => rs1 < rs2,
        Condition::Geu => rs1 >= rs2,
    }
}

/// The target of JALR: `rs1 + imm` with its lowest bit cleared.
#[inline(always)]
pub const fn jalr_target(rs1: u32, imm: i32) -> u32 {
    rs1.wrapping_add_signed(imm) & !1
}

/// The effective address of a load or store, which wraps at 2^32.
#[inline(always)]
pub const fn effective_address(rs1: u32, imm: i32) -> u32 {
    rs1.wrapping_add_signed(imm)
}

/// LB, LH, LW, LBU, LHU. `words` holds the word with the first byte in its low half and the word
/// after it in its high half; `offset` is the place of the first byte, 0 to 3.
#[inline(always)]
pub const fn load(operation: Load, words: u64, offset: u32) -> u32 {
    let bytes = (words >> (8 * (offset & 3))) as u32;
    match operation {
        Load::Lb => bytes as i8 as u32,
        Load::Lh => bytes as i16 as u32,
        Load::Lw => bytes,
        Load::Lbu => bytes as u8 as u32,
        Load::Lhu => bytes as u16 as u32,
    }
}

/// SB, SH, SW: the two words, laid out as for [`load`], after the low bytes of `rs2` have been
/// stored at `offset`.
#[inline(always)]
pub const fn store(operation: Store, words: u64, offset: u32, rs2: u32) -> u64 {
    let mask: u64 = match operation {
        Store::Sb => 0xff,
        Store::Sh => 0xffff,
        Store::Sw => 0xffff_ffff,
    };
    let shift = 8 * (offset & 3);
    words & !(mask << shift) | (rs2 as u64 & mask) << shift
}

#[cfg(test)]
mod tests;
