//! Filling the table.

use p3_field::PrimeCharacteristicRing;

use super::InBoundary;
use crate::F;

/// The row of an instruction that so many rows of shards hold.
pub fn row(uses: u32) -> InBoundary<F> {
    InBoundary {
        multiplicity: F::from_u32(uses),
    }
}
