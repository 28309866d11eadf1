//! The point at which the sum over rows ends: the weight of each row.

use alloc::vec::Vec;

use crate::challenge::Challenge;
use crate::multilinear::{eq, extension, table};

/// Bits of a lane.
pub const LANE_BITS: usize = 4;

/// Bits that the first round of the sum over rows binds together.
pub const SKIPPED_BITS: usize = 3;

/// Bits of a row in its page that are neither.
pub const INNER_BITS: usize = 3;

/// The weight `W` of rows: `eq` of the lane, times a number for the skipped bits, times `eq` of the rest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowPoint<E> {
    /// The coordinates of the bits 0 to 3.
    pub lanes: [E; LANE_BITS],
    /// The weights of the bits 4 to 6, which add up to 1.
    pub skipped: [E; 1 << SKIPPED_BITS],
    /// The coordinates of the bits from 7 on.
    pub rest: Vec<E>,
}

impl<E: Challenge> RowPoint<E> {
    /// The coordinates of the bits 7 to 9.
    pub fn inner(&self) -> &[E] {
        self.rest.get(..INNER_BITS).unwrap_or_default()
    }

    /// The coordinates of the bits of a page.
    pub fn pages(&self) -> &[E] {
        self.rest.get(INNER_BITS..).unwrap_or_default()
    }

    /// The weights of the rows of a page, without its own.
    pub fn low_weights(&self) -> Vec<E> {
        let inner = table(self.inner());
        let lanes = table(&self.lanes);
        let outer = inner
            .iter()
            .flat_map(|inner| self.skipped.iter().map(|skipped| *inner * *skipped));
        outer
            .flat_map(|outer| lanes.iter().map(move |lane| outer * *lane))
            .collect()
    }

    /// The extension of these weights, at a point of ten coordinates: w~.
    pub fn low_weight(&self, at: &[E]) -> E {
        let (lanes, at) = at.split_at_checked(LANE_BITS).unwrap_or_default();
        let (skipped, inner) = at.split_at_checked(SKIPPED_BITS).unwrap_or_default();
        eq(&self.lanes, lanes) * extension(&self.skipped, skipped) * eq(self.inner(), inner)
    }
}

#[cfg(test)]
mod tests {
    use p3_field::PrimeCharacteristicRing;
    use p3_mersenne_31::QM31;

    use super::*;

    #[test]
    fn the_extension_is_that_of_the_weights() {
        let element = |i: usize| QM31::from_usize(17 * i * i + 5 * i + 3);
        let point = RowPoint {
            lanes: core::array::from_fn(element),
            skipped: core::array::from_fn(|i| element(i + 4)),
            rest: (12..21).map(element).collect(),
        };
        let weights = point.low_weights();
        assert_eq!(weights.len(), 1024);
        assert_eq!(point.pages().len(), 6);
        let at: Vec<_> = (30..40).map(element).collect();
        assert_eq!(point.low_weight(&at), extension(&weights, &at));
        for index in [0, 1, 16, 100, 128, 1023] {
            let bits: Vec<_> = (0..10)
                .map(|bit| QM31::from_usize(index >> bit & 1))
                .collect();
            assert_eq!(point.low_weight(&bits), weights[index]);
        }
    }
}
