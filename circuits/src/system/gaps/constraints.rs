//! The messages of the table.

use alloc::vec::Vec;
use core::ops::Range;

use p3_field::PrimeCharacteristicRing;

use super::{Fixed, Gaps};
use crate::{
    F,
    builder::{Builder, Circuit},
    bus::Bus,
    machine::Image,
    word::Word,
};

/// How many words memory has.
const WORDS: u32 = 1 << 30;

/// States the table's messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let Fixed { start, end } = circuit.fixed::<Fixed<B::Var>>();
    let row: Gaps<B::Var> = circuit.row();
    circuit.provide(
        Bus::Gap,
        "range",
        row.multiplicity,
        [
            start.lo.into(),
            start.hi.into(),
            end.lo.into(),
            end.hi.into(),
        ],
    );
}

/// The maximal ranges of word addresses that are not in the image, in ascending order.
pub fn ranges(image: &Image) -> Vec<Range<u32>> {
    let mut ranges = Vec::new();
    let mut from = 0;
    for (address, _) in &image.words {
        if from < *address {
            ranges.push(from..*address);
        }
        from = address + 1;
    }
    if from < WORDS {
        ranges.push(from..WORDS);
    }
    ranges
}

/// The preprocessed rows: [`ranges`].
pub fn fixed(image: &Image) -> Vec<Fixed<F>> {
    let limbs = |address: u32| {
        Word {
            lo: address & 0xffff,
            hi: address >> 16,
        }
        .map(F::from_u32)
    };
    ranges(image)
        .into_iter()
        .map(|range| Fixed {
            start: limbs(range.start),
            end: limbs(range.end),
        })
        .collect()
}
