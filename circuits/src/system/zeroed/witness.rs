//! Filling the table from execution records.

use alloc::vec::Vec;
use core::ops::Range;

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::record::{FinalWord, Records};

use super::Zeroed;
use crate::{F, machine::Image, system::gaps, word::Word};

/// What a row says of a word.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The word at the end of the run.
    pub word: FinalWord,
    /// The address opened before this one.
    pub previous: Option<u32>,
    /// The gap of the image in which it lies.
    pub gap: Range<u32>,
}

/// The words that a run touches and the image does not fill, by ascending address.
pub fn openings(image: &Image, records: &Records) -> Vec<Opening> {
    let gaps = gaps::ranges(image);
    let mut gaps = gaps.as_slice();
    let mut previous = None;
    let opening = |word: &FinalWord| {
        while let [first, rest @ ..] = gaps
            && first.end <= word.address
        {
            gaps = rest;
        }
        let gap = gaps.first()?;
        gap.contains(&word.address).then(|| Opening {
            word: *word,
            previous: previous.replace(word.address),
            gap: gap.clone(),
        })
    };
    records.memory.iter().filter_map(opening).collect()
}

/// The row of one word.
pub fn row(opening: &Opening) -> Zeroed<F> {
    let Opening {
        word: FinalWord {
            address,
            value,
            clk,
        },
        previous,
        gap,
    } = opening;
    let low = |address: u32| address & 0xffff;
    Zeroed {
        active: F::ONE,
        address: Word::from_u32(*address),
        from: from(*previous),
        start: Word::from_u32(gap.start),
        end: Word::from_u32(gap.end),
        borrow_from: F::from_bool(
            previous.is_some_and(|previous| low(*address) < low(previous) + 1),
        ),
        borrow_start: F::from_bool(low(*address) < low(gap.start)),
        borrow_end: F::from_bool(low(gap.end) < low(*address) + 1),
        last: Word::from_u32(*value),
        last_clk: F::from_u32(*clk),
    }
}

/// The message of the chain after the address `previous`.
pub fn from(previous: Option<u32>) -> Word<F> {
    previous.map_or(Word::default(), |previous| {
        let Word { lo, hi } = Word::from_u32(previous);
        Word {
            lo: lo + F::ONE,
            hi,
        }
    })
}
