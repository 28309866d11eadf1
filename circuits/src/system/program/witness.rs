//! Filling the table.

use p3_field::PrimeCharacteristicRing;

use super::InBoundary;
use crate::F;

/// The row of an instruction that so many shards execute.
pub fn row(shards: u32) -> InBoundary<F> {
    InBoundary {
        multiplicity: F::from_u32(shards),
    }
}
