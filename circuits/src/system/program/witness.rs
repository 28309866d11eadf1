//! Filling the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::allocate::OutOfMemory;

use super::InBoundary;
use crate::{
    F,
    witness::source::{At, Extent, Sink, Source},
};

/// The row of an instruction that so many rows of shards hold.
pub fn row(uses: u32) -> InBoundary<F> {
    InBoundary {
        multiplicity: F::from_u32(uses),
    }
}

/// How many rows there are: one for each instruction of the program.
pub fn rows(extent: &Extent) -> usize {
    extent.image.text.len()
}

/// Adds the columns that are committed before the global challenge: all that there are.
pub fn fill_boundary<I: At>(
    source: &Source<'_, I>,
    rows: &mut impl Sink,
) -> Result<(), OutOfMemory> {
    match &source.boundary.program {
        Some(used) => rows.add(used.uses, |uses| row(*uses)),
        None => Ok(()),
    }
}

/// Adds the rows when the shard has ended.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    match source.ended() {
        Some(_) => fill_boundary(source, rows),
        None => Ok(()),
    }
}
