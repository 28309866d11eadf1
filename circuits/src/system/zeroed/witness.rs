//! Filling the table from what a run leaves.

use alloc::vec::Vec;
use core::ops::Range;

use p3_field::PrimeCharacteristicRing;

use super::{InBoundary, Zeroed};
use crate::{F, bus::SPACE_RAM, machine::Image, system::boundary::Left, system::gaps, word::Word};

/// What a row says of a word.
#[derive(Clone, Debug)]
pub struct Opening {
    /// What the run leaves of it.
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

/// The words that a run touches and the image does not fill, by ascending address: one chain.
/// `left` is what the run leaves, by ascending space and address.
pub fn openings(image: &Image, left: &[Left]) -> Vec<Opening> {
    let gaps = gaps::ranges(image);
    let mut gaps = gaps.as_slice();
    let mut from = [0, 0];
    let opening = |left: &Left| {
        while let [first, rest @ ..] = gaps
            && first.end <= left.address
        {
            gaps = rest;
        }
        let gap = gaps.first()?;
        gap.contains(&left.address).then(|| {
            let opening = Opening {
                left: *left,
                from,
                gap: gap.clone(),
            };
            from = opening.next();
            opening
        })
    };
    let words = left.iter().filter(|left| left.space == SPACE_RAM);
    words.filter_map(opening).collect()
}

/// The row of one word.
pub fn row(opening: &Opening) -> (InBoundary<F>, Zeroed<F>) {
    let Opening { left, from, gap } = opening;
    let [low, _] = limbs(left.address);
    let word = InBoundary {
        active: F::ONE,
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
