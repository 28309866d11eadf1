//! The messages of the table.

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

/// How many powers there are: one in each row.
pub const POWERS: usize = 8;

/// A preprocessed row.
pub fn fixed(row: usize) -> Fixed<F> {
    let exponent = row as u32;
    Fixed {
        exponent: F::from_u32(exponent),
        power: F::from_u32(1 << exponent),
    }
}
