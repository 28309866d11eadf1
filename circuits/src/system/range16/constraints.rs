//! The messages of the table.

use p3_field::PrimeCharacteristicRing;

use super::{Fixed, Range16};
use crate::{
    F,
    builder::{Builder, Circuit},
    bus::Bus,
};

/// States the table's messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let fixed: Fixed<B::Var> = circuit.fixed();
    let row: Range16<B::Var> = circuit.row();
    circuit.provide(
        Bus::Range16,
        "value",
        row.multiplicity,
        [fixed.value.into()],
    );
}

/// How many rows there are.
pub const ROWS: usize = 1 << 16;

/// A preprocessed row: its number.
pub fn fixed(row: usize) -> Fixed<F> {
    Fixed {
        value: F::from_u32(row as u32),
    }
}
