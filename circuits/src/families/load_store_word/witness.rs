//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{self, Family, MemoryStep, destination},
};

use super::LoadStoreWord;
use crate::{
    F,
    gadgets::address::Address,
    instruction::Thread,
    memory::Access,
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The row of one executed instruction.
pub fn row(step: &MemoryStep<1>, instruction: &Instruction) -> LoadStoreWord<F> {
    let MemoryStep {
        step,
        words: [word],
    } = step;
    let is_load = instruction.opcode == Opcode::Lw;
    let (register, operand) = if is_load {
        (
            destination(instruction.rd),
            Access::fill(&step.rd, step.clk + 3),
        )
    } else {
        (instruction.rs2, Access::fill(&step.rs2, step.clk + 1))
    };
    let memory = record::Access {
        value: word.before,
        previous_clk: word.previous_clk,
    };
    LoadStoreWord {
        thread: Thread::fill(step.pc, step.clk),
        is_load: F::from_bool(is_load),
        rs1: F::from_u8(instruction.rs1),
        register: F::from_u8(register),
        address: Address::fill(step.rs1.value, instruction.imm),
        base: Access::fill(&step.rs1, step.clk),
        operand,
        memory: Access::fill(&memory, step.clk + 2),
        result: Word::from_u32(word.after),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::LoadStoreWord)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::LoadStoreWord, rows, row)
}
