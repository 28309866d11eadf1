//! Filling the table.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::{self, OutOfMemory},
    instruction::Instruction,
};

use super::InBoundary;
use crate::{
    F,
    instruction::decoded,
    witness::source::{At, Extent, Sink, Source},
};

/// The row of an instruction, without the count of its executions.
pub fn row(pc: u32, instruction: &Instruction) -> InBoundary<F> {
    let decoded = decoded(pc, instruction).map(F::from_u32);
    InBoundary {
        pc: F::from_u32(pc),
        operation: decoded.operation,
        rd: decoded.rd,
        rs1: decoded.rs1,
        rs2: decoded.rs2,
        constants: decoded.constants,
    }
}

/// How many rows there are: one for each instruction that the shard executes.
pub const fn rows(extent: &Extent) -> usize {
    extent.pcs
}

/// Adds the columns that are committed before the global challenge.
pub fn fill_boundary<I: At>(
    source: &Source<'_, I>,
    rows: &mut impl Sink,
) -> Result<(), OutOfMemory> {
    rows.add(source.boundary.pcs, |pc| {
        row(*pc, &source.instruction_at(*pc))
    })
}

/// Adds the rows when the executions are counted.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    let Some(counts) = source.counted() else {
        return Ok(());
    };
    let (pcs, times) = (source.boundary.pcs, counts.instructions());
    assert_eq!(pcs.len(), times.len(), "an instruction, a count");
    let executed = pcs.iter().copied().zip(times.iter().copied());
    let executed: Vec<(u32, u32)> = allocate::collect(executed)?;
    rows.add(&executed, |(pc, times)| {
        (row(*pc, &source.instruction_at(*pc)), F::from_u32(*times))
    })
}
