//! Filling the table from execution records.

use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::Instruction,
    record::{Family, Step},
};

use super::AddImmediate;
use crate::{
    F,
    gadgets::registers::TwoRegisters,
    instruction::{Thread, decoded},
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> AddImmediate<F> {
    let decoded = decoded(step.pc, instruction);
    let [lo, hi, ..] = decoded.constants;
    let constant = lo | hi << 16;
    AddImmediate {
        thread: Thread::fill(step.pc, step.clk),
        registers: TwoRegisters::fill(step, &decoded),
        constant: Word::from_u32(constant),
        result: Word::from_u32(step.rs1.value.wrapping_add(constant)),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::AddImmediate)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::AddImmediate, rows, row)
}
