//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{self, Family, MemoryStep, destination},
    semantics::effective_address,
};

use super::LoadStoreSubword;
use crate::{
    F,
    gadgets::address::Address,
    instruction::Thread,
    memory::Access,
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The row of one executed instruction.
pub fn row(step: &MemoryStep<1>, instruction: &Instruction) -> LoadStoreSubword<F> {
    let MemoryStep {
        step,
        words: [word],
    } = step;
    let opcode = instruction.opcode;
    let is_store = matches!(opcode, Opcode::Sb | Opcode::Sh);
    let is_half = matches!(opcode, Opcode::Lh | Opcode::Lhu | Opcode::Sh);
    let is_signed = matches!(opcode, Opcode::Lb | Opcode::Lh);
    let (register, operand) = if is_store {
        (instruction.rs2, Access::fill(&step.rs2, step.clk + 1))
    } else {
        (
            destination(instruction.rd),
            Access::fill(&step.rd, step.clk + 3),
        )
    };
    let memory = record::Access {
        value: word.before,
        previous_clk: word.previous_clk,
    };
    let offset = effective_address(step.rs1.value, instruction.imm) & 3;
    let (high_limb, high_byte) = (offset >> 1, offset & 1);
    let limb = word.before >> (16 * high_limb) & 0xffff;
    let loaded = limb >> (8 * high_byte);
    let result = match opcode {
        Opcode::Lb => loaded as i8 as u32,
        Opcode::Lbu => loaded & 0xff,
        Opcode::Lh => loaded as i16 as u32,
        Opcode::Lhu => loaded,
        _ => step.rs2.value,
    };
    let [first, second, ..] = result.to_le_bytes();
    let (top, rest) = if is_half {
        (second, first)
    } else {
        (first, second)
    };
    LoadStoreSubword {
        thread: Thread::fill(step.pc, step.clk),
        is_load: F::from_bool(!is_store),
        is_half: F::from_bool(is_half),
        is_signed: F::from_bool(is_signed),
        rs1: F::from_u8(instruction.rs1),
        register: F::from_u8(register),
        address: Address::fill(step.rs1.value, instruction.imm),
        high_limb: F::from_u32(high_limb),
        high_byte: F::from_u32(high_byte),
        base: Access::fill(&step.rs1, step.clk),
        operand,
        memory: Access::fill(&memory, step.clk + 2),
        low: F::from_u32(limb & 0xff),
        high: F::from_u32(limb >> 8),
        top: F::from_u8(top),
        rest: F::from_u8(rest),
        sign: F::from_u8(top >> 7),
        result: Word::from_u32(result),
        word: Word::from_u32(word.after),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::LoadStoreSubword)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::LoadStoreSubword, rows, row)
}
