//! The messages of the table.

use alloc::vec::Vec;

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

/// The preprocessed rows, 2^16 of them.
pub fn fixed() -> Vec<Fixed<F>> {
    (0..1 << 16)
        .map(|value| Fixed {
            value: F::from_u32(value),
        })
        .collect()
}
