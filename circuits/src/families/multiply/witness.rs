//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{Family, Step, destination},
};

use super::{Multiply, SignedBytes};
use crate::{
    F,
    gadgets::product::integer_products,
    instruction::Thread,
    memory::Access,
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> Multiply<F> {
    let [x_signed, y_signed] = match instruction.opcode {
        Opcode::Mulh => [true, true],
        Opcode::Mulhsu => [true, false],
        Opcode::Mulhu => [false, false],
        _ => [false, true],
    };
    let x = bytes(step.rs1.value, x_signed);
    let y = bytes(step.rs2.value, y_signed);
    // Shifting right rounds down, so the limbs that are left behind are in [0, 2^16).
    let products = integer_products(x, y);
    let carry_16 = products[0] >> 16;
    let carry_32 = (products[1] + carry_16) >> 16;
    let carry_48 = (products[2] + carry_32) >> 16;
    let top = products[3] + carry_48;
    let limb = |product: i64, carry: i64| (product + carry) as u32 & 0xffff;
    let low = limb(products[0], 0) | limb(products[1], carry_16) << 16;
    let high = limb(products[2], carry_32) | limb(products[3], carry_48) << 16;
    let [result, rest] = match instruction.opcode {
        Opcode::Mul => [low, high],
        _ => [high, low],
    };
    Multiply {
        thread: Thread::fill(step.pc, step.clk),
        x_signed: F::from_bool(x_signed),
        y_signed: F::from_bool(y_signed),
        rd: F::from_u8(destination(instruction.rd)),
        rs1: F::from_u8(instruction.rs1),
        rs2: F::from_u8(instruction.rs2),
        x: Access::fill(&step.rs1, step.clk),
        y: Access::fill(&step.rs2, step.clk + 1),
        old: Access::fill(&step.rd, step.clk + 3),
        result: Word::from_u32(result),
        rest: Word::from_u32(rest),
        x_bytes: signed_bytes(x),
        y_bytes: signed_bytes(y),
        carry_16_low: F::from_i64(carry_16 & 0xff),
        carry_16_high: F::from_i64(carry_16 >> 8),
        carry_32: F::from_i64(carry_32),
        carry_48: F::from_i64(carry_48),
        negative: F::from_bool(top < 0),
    }
}

/// The bytes of `value`, the last one signed if the word is.
pub(super) fn bytes(value: u32, signed: bool) -> [i64; 4] {
    let mut bytes = value.to_le_bytes().map(i64::from);
    if signed && bytes[3] >= 1 << 7 {
        bytes[3] -= 1 << 8;
    }
    bytes
}

fn signed_bytes(bytes: [i64; 4]) -> SignedBytes<F> {
    let [byte_0, _, byte_2, byte_3] = bytes.map(F::from_i64);
    SignedBytes {
        byte_0,
        byte_2,
        byte_3,
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::Multiply)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::Multiply, rows, row)
}
