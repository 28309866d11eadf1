//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    record::{Access, Service, TransferWord},
};

use super::Transfer;
use crate::{
    F, memory,
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The row of one word.
pub fn row(transfer: &TransferWord) -> Transfer<F> {
    let TransferWord {
        clk,
        is_output,
        word,
        offset,
        count,
        remaining,
        index,
    } = *transfer;
    let address = word.address.wrapping_mul(4).wrapping_add(offset.into());
    let goes_on = remaining > count.into();
    let bytes = |word: u32| word.to_le_bytes().map(F::from_u8);
    let [before_0, _, before_2, _] = bytes(word.before);
    let access = Access {
        value: word.before,
        previous_clk: word.previous_clk,
    };
    Transfer {
        is_output: F::from_bool(is_output),
        clk: F::from_u32(clk),
        address: Word::from_u32(address),
        carry: F::from_bool(goes_on && (address & 0xffff) + u32::from(count) == 1 << 16),
        remaining: F::from_u32(remaining),
        output_end: if is_output {
            F::from_u32(index.wrapping_add(remaining))
        } else {
            F::ZERO
        },
        moved: core::array::from_fn(|i| {
            F::from_bool((offset..offset + count).contains(&(i as u8)))
        }),
        offset: F::from_u8(offset),
        goes_on: F::from_bool(goes_on),
        word: memory::Access::fill(&access, clk.wrapping_add(2)),
        before: [before_0, before_2],
        after: bytes(word.after),
    }
}

/// How many rows there are: one for each word that moves.
pub const fn rows(extent: &Extent) -> usize {
    extent.served(Service::Transfer)
}

/// Adds the rows of the words that were moved.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    let moved = source
        .executed()
        .map_or(&[][..], |records| &records.transfers);
    rows.add(moved, row)
}
