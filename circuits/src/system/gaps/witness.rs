//! Filling the table from the counts of lookups.

use zonda_riscv_emu::allocate::OutOfMemory;

use super::ranges;
use crate::witness::source::{At, Extent, Sink, Source};

/// How many rows there are: one for each gap of the image.
pub fn rows(extent: &Extent) -> usize {
    ranges(extent.image).len()
}

/// Adds the rows when the lookups are counted.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    match (source.counted(), &source.part.zeroed) {
        (Some(counts), Some(_)) => rows.add(&counts.gaps(), |row| *row),
        _ => Ok(()),
    }
}
