//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{self, Family, MemoryStep, destination},
    semantics::{Load, effective_address, load},
};

use super::LoadStoreMisaligned;
use crate::{
    F,
    gadgets::address::Address,
    instruction::Thread,
    memory::Access,
    witness::source::{At, Extent, Sink, Source},
};

/// The row of one executed instruction.
pub fn row(step: &MemoryStep<2>, instruction: &Instruction) -> LoadStoreMisaligned<F> {
    let MemoryStep { step, words } = step;
    let opcode = instruction.opcode;
    let is = |other| F::from_bool(opcode == other);
    let is_store = matches!(opcode, Opcode::Sw | Opcode::Sh);
    let (register, operand) = if is_store {
        (instruction.rs2, Access::fill(&step.rs2, step.clk + 1))
    } else {
        (
            destination(instruction.rd),
            Access::fill(&step.rd, step.clk + 3),
        )
    };
    let memory = words.map(|word| {
        let found = record::Access {
            value: word.before,
            previous_clk: word.previous_clk,
        };
        Access::fill(&found, step.clk + 2)
    });
    let double = |[low, high]: [u32; 2]| u64::from(low) | u64::from(high) << 32;
    let before = double(words.map(|word| word.before));
    let after = double(words.map(|word| word.after));
    let offset = effective_address(step.rs1.value, instruction.imm) & 3;
    let result = match opcode {
        Opcode::Lw => load(Load::Lw, before, offset),
        Opcode::Lh => load(Load::Lh, before, offset),
        Opcode::Lhu => load(Load::Lhu, before, offset),
        _ => step.rs2.value,
    };
    LoadStoreMisaligned {
        thread: Thread::fill(step.pc, step.clk),
        is_lw: is(Opcode::Lw),
        is_lh: is(Opcode::Lh),
        is_lhu: is(Opcode::Lhu),
        is_sw: is(Opcode::Sw),
        rs1: F::from_u8(instruction.rs1),
        register: F::from_u8(register),
        address: Address::fill(step.rs1.value, instruction.imm),
        offset: [1, 2].map(|place| F::from_bool(offset == place)),
        wraps: F::from_bool(words[0].address == (1 << 30) - 1),
        base: Access::fill(&step.rs1, step.clk),
        operand,
        memory,
        before: before.to_le_bytes().map(F::from_u8),
        after: after.to_le_bytes().map(F::from_u8),
        result: result.to_le_bytes().map(F::from_u8),
        sign: F::from_bool(opcode == Opcode::Lh && result >> 31 == 1),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::LoadStoreMisaligned)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::LoadStoreMisaligned, rows, row)
}
