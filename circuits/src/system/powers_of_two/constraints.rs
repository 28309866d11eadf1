//! The messages of the table.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;

use super::{Fixed, PowersOfTwo};
use crate::{
    F,
    builder::{Builder, Circuit},
    bus::Bus,
};

/// States the table's messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let fixed: Fixed<B::Var> = circuit.fixed();
    let row: PowersOfTwo<B::Var> = circuit.row();
    circuit.provide(
        Bus::PowerOfTwo,
        "power",
        row.multiplicity,
        [fixed.exponent.into(), fixed.power.into()],
    );
}

/// The preprocessed rows: the eight powers, twice, to make up the smallest height.
pub fn fixed() -> Vec<Fixed<F>> {
    (0..16)
        .map(|row| row % 8)
        .map(|exponent| Fixed {
            exponent: F::from_u32(exponent),
            power: F::from_u32(1 << exponent),
        })
        .collect()
}
