//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{Family, Step, destination},
};

use super::AddSub;
use crate::{
    F,
    instruction::Thread,
    memory::Access,
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> AddSub<F> {
    AddSub {
        thread: Thread::fill(step.pc, step.clk),
        is_add: F::from_bool(instruction.opcode == Opcode::Add),
        rd: F::from_u8(destination(instruction.rd)),
        rs1: F::from_u8(instruction.rs1),
        rs2: F::from_u8(instruction.rs2),
        x: Access::fill(&step.rs1, step.clk),
        y: Access::fill(&step.rs2, step.clk + 1),
        old: Access::fill(&step.rd, step.clk + 3),
        result: Word::from_u32(match instruction.opcode {
            Opcode::Sub => step.rs1.value.wrapping_sub(step.rs2.value),
            _ => step.rs1.value.wrapping_add(step.rs2.value),
        }),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::AddSub)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::AddSub, rows, row)
}
