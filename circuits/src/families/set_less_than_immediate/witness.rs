//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{Family, Step},
};

use super::SetLessThanImmediate;
use crate::{
    F,
    gadgets::{
        less_than::{Comparison, LessThan},
        registers::TwoRegisters,
    },
    instruction::{Thread, decoded},
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> SetLessThanImmediate<F> {
    let decoded = decoded(step.pc, instruction);
    let [lo, hi, ..] = decoded.constants;
    let immediate = lo | hi << 16;
    let is_signed = instruction.opcode == Opcode::Slti;
    let bias = u32::from(is_signed) << 31;
    let x = step.rs1.value;
    SetLessThanImmediate {
        thread: Thread::fill(step.pc, step.clk),
        comparison: Comparison::fill(is_signed),
        registers: TwoRegisters::fill(step, &decoded),
        immediate: Word::from_u32(immediate),
        x_sign: F::from_u32((x & bias) >> 31),
        less_than: LessThan::fill(x ^ bias, immediate),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::SetLessThanImmediate)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::SetLessThanImmediate, rows, row)
}
