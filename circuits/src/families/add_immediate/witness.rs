//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{instruction::Instruction, record::Step};

use super::AddImmediate;
use crate::{
    F,
    gadgets::registers::TwoRegisters,
    instruction::{Thread, decoded},
    word::Word,
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> AddImmediate<F> {
    let decoded = decoded(step.pc, instruction);
    let [lo, hi, ..] = decoded.constants;
    let constant = lo | hi << 16;
    AddImmediate {
        thread: Thread::fill(step.pc, step.clk),
        active: F::ONE,
        registers: TwoRegisters::fill(step, &decoded),
        constant: Word::from_u32(constant),
        // x0 is not written, but the column holds the sum all the same.
        result: Word::from_u32(step.rs1.value.wrapping_add(constant)),
    }
}
