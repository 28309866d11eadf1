//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{Family, Step},
};

use super::BitwiseImmediate;
use crate::{
    F,
    gadgets::{logic::Logic, registers::TwoRegisters},
    instruction::{Thread, decoded},
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> BitwiseImmediate<F> {
    let decoded = decoded(step.pc, instruction);
    let [low, high, sign, _] = decoded.constants.map(F::from_u32);
    let (x, y) = (step.rs1.value, instruction.imm as u32);
    let [and_low, and_high, ..] = (x & y).to_le_bytes();
    BitwiseImmediate {
        thread: Thread::fill(step.pc, step.clk),
        logic: Logic::fill(instruction.opcode),
        registers: TwoRegisters::fill(step, &decoded),
        immediate: [low, high],
        sign,
        x_low: F::from_u32(x & 0xff),
        and: [and_low, and_high].map(F::from_u8),
        result: Word::from_u32(match instruction.opcode {
            Opcode::Ori => x | y,
            Opcode::Xori => x ^ y,
            _ => x & y,
        }),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::BitwiseImmediate)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::BitwiseImmediate, rows, row)
}
