//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{Family, Step},
};

use super::Shift;
use crate::{
    F,
    gadgets::{registers::ThreeRegisters, shift::Shifted},
    instruction::{Thread, decoded},
    witness::source::{At, Extent, Sink, Source},
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> Shift<F> {
    let is_right = instruction.opcode != Opcode::Sll;
    let amount = step.rs2.value & 31;
    let exponent = if is_right { !amount & 7 } else { amount & 7 };
    Shift {
        thread: Thread::fill(step.pc, step.clk),
        registers: ThreeRegisters::fill(step, &decoded(step.pc, instruction)),
        multiple: F::from_u32((step.rs2.value & 0xffff) >> 5),
        exponent: F::from_u32(exponent),
        power: F::from_u32(1 << exponent),
        shifted: Shifted::fill(
            step.rs1.value,
            amount,
            is_right,
            instruction.opcode == Opcode::Sra,
        ),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::Shift)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::Shift, rows, row)
}
