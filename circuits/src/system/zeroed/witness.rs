//! Filling the table from what a run leaves.

use alloc::vec::Vec;
use core::ops::Range;

use p3_field::PrimeCharacteristicRing;

use zonda_riscv_emu::allocate::OutOfMemory;

use super::{InBoundary, Zeroed};
use crate::{
    F,
    bus::SPACE_RAM,
    machine::Image,
    system::boundary::Left,
    system::gaps,
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The content of a word's row.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The word's final state.
    pub left: Left,
    /// The smallest address that may still be opened, as the chain has it.
    pub from: [u32; 2],
    /// The gap of the image in which it lies.
    pub gap: Range<u32>,
}

impl Opening {
    /// The chain's message after the word: see [`ZeroedRange`](crate::machine::ZeroedRange).
    pub const fn next(&self) -> [u32; 2] {
        let [low, high] = limbs(self.left.address);
        [low + 1, high]
    }
}

const fn limbs(address: u32) -> [u32; 2] {
    [address & 0xffff, address >> 16]
}

/// Whether a place that a run touches is a word of memory that the image does not fill.
pub fn is_zeroed(image: &Image, left: &Left) -> bool {
    left.space == SPACE_RAM && !image.fills(left.address)
}

/// A word of which no row of the table can speak: the image opens it, it lies in a hole, past the end
/// of memory, or out of order, or it is no word of memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "word {address:#x} of space {space} cannot be opened as a zeroed word: it lies in no gap of the \
     program's image, or before the word that is opened before it"
)]
pub struct NotZeroed {
    /// What the word is of: see [`crate::bus`].
    pub space: u32,
    /// Its address.
    pub address: u32,
}

/// The words of `left` as one chain, which begins at the first word of memory: what a run leaves of
/// those that [`is_zeroed`], by ascending address.
///
/// # Errors
/// [`NotZeroed`] for a word in no gap of the image, or not in that order.
pub fn openings(image: &Image, left: &[Left]) -> Result<Vec<Opening>, NotZeroed> {
    let gaps = gaps::ranges(image);
    let mut gaps = gaps.as_slice();
    let (mut from, mut least) = ([0, 0], 0);
    let opening = |left: &Left| {
        let Left { space, address, .. } = *left;
        while let [first, rest @ ..] = gaps
            && first.end <= address
        {
            gaps = rest;
        }
        let gap = gaps.first().filter(|gap| gap.contains(&address));
        match gap {
            Some(gap) if space == SPACE_RAM && least <= address => {
                let opening = Opening {
                    left: *left,
                    from,
                    gap: gap.clone(),
                };
                (from, least) = (opening.next(), address + 1);
                Ok(opening)
            }
            _ => Err(NotZeroed { space, address }),
        }
    };
    left.iter().map(opening).collect()
}

/// The row of one word.
pub fn row(opening: &Opening) -> (InBoundary<F>, Zeroed<F>) {
    let Opening { left, from, gap } = opening;
    let [low, _] = limbs(left.address);
    let word = InBoundary {
        address: Word::from_u32(left.address),
        last: Word::from_u32(left.value),
        owner: F::from_u32(left.owner),
    };
    let [from_low, from_high] = *from;
    let place = Zeroed {
        from: Word {
            lo: F::from_u32(from_low),
            hi: F::from_u32(from_high),
        },
        start: Word::from_u32(gap.start),
        end: Word::from_u32(gap.end),
        borrow_from: F::from_bool(low < from_low),
        borrow_start: F::from_bool(low < limbs(gap.start)[0]),
        borrow_end: F::from_bool(limbs(gap.end)[0] < low + 1),
    };
    (word, place)
}

/// How many rows there are: one for each word that is opened.
pub fn rows(extent: &Extent) -> usize {
    extent.zeroed
}

/// Adds the columns that are committed before the global challenge.
pub fn fill_boundary<I: At>(
    source: &Source<'_, I>,
    rows: &mut impl Sink,
) -> Result<(), OutOfMemory> {
    rows.add(source.boundary.zeroed, |opening| row(opening).0)
}

/// Adds the rows when the shard has ended.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    match source.ended() {
        Some(_) => rows.add(source.boundary.zeroed, row),
        None => Ok(()),
    }
}
