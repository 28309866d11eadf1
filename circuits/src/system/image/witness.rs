//! Filling the table from the final state of a run.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::{self, OutOfMemory},
    record::REGISTERS,
};

use super::{InBoundary, count};
use crate::{
    F,
    bus::{SPACE_OUTPUT_LENGTH, SPACE_RAM, SPACE_REGISTER},
    machine,
    system::boundary::Left,
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The rows, in the order of the preprocessed ones. `left` is the final state of all that the run
/// touches, by ascending space and address.
///
/// # Errors
/// If the system refuses the memory.
pub fn all(image: &machine::Image, left: &[Left]) -> Result<Vec<InBoundary<F>>, OutOfMemory> {
    let row = |space: u32, address: u32| {
        let found = left.binary_search_by_key(&(space, address), |left| (left.space, left.address));
        found.map_or_else(
            |_| InBoundary::default(),
            |index| InBoundary {
                touched: F::ONE,
                last: Word::from_u32(left[index].value),
                owner: F::from_u32(left[index].owner),
            },
        )
    };
    let registers = (0..REGISTERS as u32).map(|number| row(SPACE_REGISTER, number));
    let output_length = [row(SPACE_OUTPUT_LENGTH, 0)];
    let words = image
        .words
        .iter()
        .map(|(address, _)| row(SPACE_RAM, *address));
    allocate::collect(registers.chain(output_length).chain(words))
}

/// How many rows there are: one for each register, the output length, and each word that the file fills.
pub fn rows(extent: &Extent) -> usize {
    count(extent.image)
}

/// Adds the columns that are committed before the global challenge: all that there are.
pub fn fill_boundary<I: At>(
    source: &Source<'_, I>,
    rows: &mut impl Sink,
) -> Result<(), OutOfMemory> {
    match &source.boundary.program {
        Some(used) => rows.add(&all(source.image, used.left)?, |row| *row),
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
