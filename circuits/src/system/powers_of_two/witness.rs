//! Filling the table from the counts of lookups.

use zonda_riscv_emu::allocate::OutOfMemory;

use super::POWERS;
use crate::witness::source::{At, Extent, Sink, Source};

/// How many rows there are: one for each power below 2^8.
pub const fn rows(_: &Extent) -> usize {
    POWERS
}

/// Adds the rows when the lookups are counted.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    match source.counted() {
        Some(counts) => rows.add(&counts.powers_of_two(), |row| *row),
        None => Ok(()),
    }
}
