//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{Family, Step},
};

use super::ShiftImmediate;
use crate::{
    F,
    gadgets::{registers::TwoRegisters, shift::Shifted},
    instruction::{Thread, decoded},
    witness::source::{At, Extent, Sink, Source},
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> ShiftImmediate<F> {
    let decoded = decoded(step.pc, instruction);
    ShiftImmediate {
        thread: Thread::fill(step.pc, step.clk),
        registers: TwoRegisters::fill(step, &decoded),
        multiplier: F::from_u32(decoded.constants[0]),
        shifted: Shifted::fill(
            step.rs1.value,
            instruction.imm as u32 & 31,
            instruction.opcode != Opcode::Slli,
            instruction.opcode == Opcode::Srai,
        ),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::ShiftImmediate)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::ShiftImmediate, rows, row)
}
