//! The messages of the table.

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

/// How many rows there are.
pub const ROWS: usize = 1 << 16;

/// A preprocessed row; the pair `(a, b)` is in row `2^8 a + b`.
pub fn fixed(row: usize) -> Fixed<F> {
    let [a, b] = [row >> 8, row & 0xff].map(|byte| byte as u32);
    Fixed {
        a: F::from_u32(a),
        b: F::from_u32(b),
        and: F::from_u32(a & b),
    }
}
