//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{Family, Step},
};

use super::Bitwise;
use crate::{
    F,
    gadgets::{logic::Logic, registers::ThreeRegisters},
    instruction::{Thread, decoded},
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> Bitwise<F> {
    const LOW_BYTES: u32 = 0x00ff_00ff;
    let [x, y] = [step.rs1.value, step.rs2.value];
    Bitwise {
        thread: Thread::fill(step.pc, step.clk),
        logic: Logic::fill(instruction.opcode),
        registers: ThreeRegisters::fill(step, &decoded(step.pc, instruction)),
        x_low: Word::from_u32(x & LOW_BYTES),
        y_low: Word::from_u32(y & LOW_BYTES),
        and: (x & y).to_le_bytes().map(F::from_u8),
        result: Word::from_u32(match instruction.opcode {
            Opcode::Or => x | y,
            Opcode::Xor => x ^ y,
            _ => x & y,
        }),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::Bitwise)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::Bitwise, rows, row)
}
