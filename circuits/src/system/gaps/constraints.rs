//! The messages of the table.

use alloc::vec::Vec;
use core::ops::Range;

use p3_field::PrimeCharacteristicRing;

use super::{Fixed, Gaps};
use crate::{
    F,
    builder::{Builder, Circuit},
    bus::Bus,
    machine::{Image, ZeroedRange},
    word::Word,
};

/// How many words memory has.
const WORDS: u32 = 1 << 30;

/// States the table's messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let Fixed {
        start,
        end,
        is_first,
    } = circuit.fixed::<Fixed<B::Var>>();
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

    // One chain of zeroed words, from where to where the verifier knows.
    let [from_lo, from_hi, to_lo, to_hi] = [0, 1, 2, 3].map(|index| circuit.public(index));
    circuit.send_if(Bus::ZeroedFrom, "from", is_first, [from_lo, from_hi]);
    circuit.receive_if(Bus::ZeroedFrom, "to", is_first, [to_lo, to_hi]);
}

/// The public values: both ends of the range.
pub fn public(range: &ZeroedRange) -> Vec<F> {
    let ends = [range.from, range.to];
    ends.as_flattened()
        .iter()
        .map(|limb| F::from_u32(*limb))
        .collect()
}

/// The maximal ranges of word addresses that are neither in the image nor in a hole, in ascending
/// order.
pub fn ranges(image: &Image) -> Vec<Range<u32>> {
    let mut ranges = Vec::new();
    let mut holes = image.holes.iter().peekable();
    let mut from = 0;
    // The gap before a word, or before the end of memory, without the holes that begin in it.
    let mut gap = |end: u32, next: u32| {
        while let Some(hole) = holes.next_if(|hole| hole.start < end) {
            if from < hole.start {
                ranges.push(from..hole.start);
            }
            from = from.max(hole.end);
        }
        if from < end {
            ranges.push(from..end);
        }
        from = from.max(next);
    };
    for (address, _) in &image.words {
        gap(*address, address + 1);
    }
    gap(WORDS, WORDS);
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
        .enumerate()
        .map(|(row, range)| Fixed {
            start: limbs(range.start),
            end: limbs(range.end),
            is_first: F::from_bool(row == 0),
        })
        .collect()
}
