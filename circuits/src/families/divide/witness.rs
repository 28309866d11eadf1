//! Filling the table from execution records.

use p3_field::{Field, PrimeCharacteristicRing};
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{Family, Step, destination},
};

use super::Divide;
use crate::{
    F,
    gadgets::product::integer_products,
    instruction::Thread,
    memory::Access,
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> Divide<F> {
    let is_signed = matches!(instruction.opcode, Opcode::Div | Opcode::Rem);
    let is_remainder = matches!(instruction.opcode, Opcode::Rem | Opcode::Remu);
    let (d, b) = (step.rs1.value, step.rs2.value);
    let negative = |word: u32| is_signed && word >> 31 == 1;
    let magnitude = |word: u32| {
        if negative(word) {
            word.wrapping_neg()
        } else {
            word
        }
    };
    let (dividend, divisor) = (magnitude(d), magnitude(b));
    let quotient = dividend.checked_div(divisor).unwrap_or(u32::MAX);
    let remainder = dividend.checked_rem(divisor).unwrap_or(dividend);
    let slack = divisor.wrapping_sub(remainder).wrapping_sub(1);

    let bytes = |word: u32| word.to_le_bytes();
    let products = integer_products(
        bytes(quotient).map(i64::from),
        bytes(divisor).map(i64::from),
    );
    let dividend_lo = match negative(d) {
        true => -i64::from(d & 0xffff),
        false => i64::from(d & 0xffff),
    };
    let carry = (products[0] + i64::from(remainder & 0xffff) - dividend_lo) >> 16;

    let (negate, chosen) = match is_remainder {
        true => (negative(d), remainder),
        false => (b != 0 && negative(d) != negative(b), quotient),
    };
    let result = if negate {
        chosen.wrapping_neg()
    } else {
        chosen
    };
    Divide {
        thread: Thread::fill(step.pc, step.clk),
        is_signed: F::from_bool(is_signed),
        is_remainder: F::from_bool(is_remainder),
        rd: F::from_u8(destination(instruction.rd)),
        rs1: F::from_u8(instruction.rs1),
        rs2: F::from_u8(instruction.rs2),
        dividend: Access::fill(&step.rs1, step.clk),
        divisor: Access::fill(&step.rs2, step.clk + 1),
        old: Access::fill(&step.rd, step.clk + 3),
        result: Word::from_u32(result),
        dividend_negative: F::from_bool(negative(d)),
        divisor_negative: F::from_bool(negative(b)),
        divisor_zero: F::from_bool(b == 0),
        divisor_inverse: F::from_u32((b & 0xffff) + (b >> 16))
            .try_inverse()
            .unwrap_or_default(),
        divisor_bytes: bytes(divisor).map(F::from_u8),
        quotient_bytes: bytes(quotient).map(F::from_u8),
        remainder: Word::from_u32(remainder),
        slack_lo: F::from_u32(slack & 0xffff),
        carry_low: F::from_i64(carry & 0xff),
        carry_high: F::from_i64(carry >> 8),
        negate: F::from_bool(negate),
        negate_carry: Word {
            lo: F::from_bool(negate && chosen & 0xffff != 0),
            hi: F::from_bool(negate && chosen != 0),
        },
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::Divide)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::Divide, rows, row)
}
