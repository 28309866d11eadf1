//! The messages of the table.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;

use super::{Bytes, Fixed};
use crate::{
    F,
    builder::{Builder, Circuit},
    bus::Bus,
};

/// States the table's messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let Fixed { a, b, and } = circuit.fixed::<Fixed<B::Var>>();
    let row: Bytes<B::Var> = circuit.row();
    circuit.provide(
        Bus::BytePair,
        "pair",
        row.pair_multiplicity,
        [a.into(), b.into()],
    );
    circuit.provide(
        Bus::And,
        "and",
        row.and_multiplicity,
        [a.into(), b.into(), and.into()],
    );
}

/// The preprocessed rows, 2^16 of them; the pair `(a, b)` is in row `2^8 a + b`.
pub fn fixed() -> Vec<Fixed<F>> {
    (0..1_u32 << 16)
        .map(|row| [row >> 8, row & 0xff])
        .map(|[a, b]| Fixed {
            a: F::from_u32(a),
            b: F::from_u32(b),
            and: F::from_u32(a & b),
        })
        .collect()
}
