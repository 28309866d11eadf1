//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{self, Family, Step, destination},
};

use super::Jump;
use crate::{
    F,
    instruction::{Thread, decoded},
    memory::Access,
    witness::source::{At, Extent, Sink, Source},
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> Jump<F> {
    let is_jalr = instruction.opcode == Opcode::Jalr;
    let x = if is_jalr {
        step.rs1
    } else {
        record::Access {
            value: 0,
            previous_clk: step.clk - 1,
        }
    };
    let sum = i64::from(x.value) + i64::from(instruction.imm);
    Jump {
        thread: Thread::fill(step.pc, step.clk),
        is_jalr: F::from_bool(is_jalr),
        rd: F::from_u8(destination(instruction.rd)),
        rs1: F::from_u8(instruction.rs1),
        x: Access::fill(&x, step.clk),
        old: Access::fill(&step.rd, step.clk + 3),
        link_hi: F::from_u32((step.pc + 4) >> 16),
        constant: F::from_u32(decoded(step.pc, instruction).constants[0]),
        wraps: F::from_bool(is_jalr && sum >= 1 << 32),
        bit: F::from_bool(is_jalr && sum & 1 == 1),
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::Jump)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::Jump, rows, row)
}
