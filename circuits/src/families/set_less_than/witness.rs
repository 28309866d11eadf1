//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{Family, Step},
};

use super::SetLessThan;
use crate::{
    F,
    gadgets::{
        less_than::{Comparison, LessThan},
        registers::ThreeRegisters,
    },
    instruction::{Thread, decoded},
    witness::source::{At, Extent, Sink, Source},
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> SetLessThan<F> {
    let is_signed = instruction.opcode == Opcode::Slt;
    let bias = u32::from(is_signed) << 31;
    let [x, y] = [step.rs1.value, step.rs2.value];
    SetLessThan {
        thread: Thread::fill(step.pc, step.clk),
        comparison: Comparison::fill(is_signed),
        registers: ThreeRegisters::fill(step, &decoded(step.pc, instruction)),
        x_sign: F::from_u32((x & bias) >> 31),
        y_sign: F::from_u32((y & bias) >> 31),
        less_than: LessThan::fill(x ^ bias, y ^ bias),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::SetLessThan)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::SetLessThan, rows, row)
}
