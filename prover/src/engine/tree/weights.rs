//! `eq` of an index with a point, in two factors.

use zonda_verifier::Challenge;

/// `eq(point, index)` for all indices, bit 0 of the index belonging to the first coordinate.
pub fn table<E: Challenge>(point: &[E]) -> Vec<E> {
    let mut table = vec![E::ONE];
    for coordinate in point {
        let half = table.len();
        table.reserve(half);
        for index in 0..half {
            let high = table[index] * *coordinate;
            table.push(high);
            table[index] -= high;
        }
    }
    table
}

/// `eq` of the lower half of the bits, and of the upper half.
#[derive(Clone, Debug)]
pub struct Weights<E> {
    /// `eq` of the lower bits.
    pub low: Vec<E>,
    /// `eq` of the upper bits.
    pub high: Vec<E>,
    /// Sums of `low` up to each index.
    low_sums: Vec<E>,
    /// Sums of `high` up to each index.
    high_sums: Vec<E>,
}

impl<E: Challenge> Weights<E> {
    /// The weights of all indices of `point.len()` bits.
    pub fn new(point: &[E]) -> Self {
        let (low, high) = point.split_at(point.len() / 2);
        let mut weights = Self {
            low: table(low),
            high: table(high),
            low_sums: Vec::new(),
            high_sums: Vec::new(),
        };
        weights.sum_up();
        weights
    }

    /// The weights of the indices without bit 0: sums of neighbours.
    pub fn drop_first(&mut self) {
        let shrinking = if self.low.len() > 1 {
            &mut self.low
        } else {
            &mut self.high
        };
        *shrinking = shrinking.chunks(2).map(|pair| pair[0] + pair[1]).collect();
        self.sum_up();
    }

    /// The sum of the weights of the indices below `end`.
    pub fn below(&self, end: usize) -> E {
        let (high, low) = (end >> self.log_low(), end % self.low.len());
        let part = self.high.get(high).map_or(E::ZERO, |high| *high);
        self.high_sums[high] + part * self.low_sums[low]
    }

    /// How many bits the lower half has.
    pub fn log_low(&self) -> u32 {
        self.low.len().ilog2()
    }

    fn sum_up(&mut self) {
        let sums = |weights: &[E]| {
            let mut sum = E::ZERO;
            let sums = weights.iter().map(|weight| {
                sum += *weight;
                sum
            });
            core::iter::once(E::ZERO).chain(sums).collect()
        };
        self.low_sums = sums(&self.low);
        self.high_sums = sums(&self.high);
    }
}

#[cfg(test)]
mod tests {
    use p3_field::PrimeCharacteristicRing;
    use zonda_circuits::F;
    use zonda_verifier::QM31;

    use super::*;

    #[test]
    fn weights_are_eq() {
        let point: Vec<QM31> = (0..7)
            .map(|i| QM31::from_coordinates_fn(|k| F::from_usize(100 * i + 7 * k + 3)))
            .collect();
        let mut weights = Weights::new(&point);
        for first in 0..point.len() {
            let all = table(&point[first..]);
            let log_low = weights.log_low();
            let mut sum = QM31::ZERO;
            for (index, weight) in all.iter().enumerate() {
                let (low, high) = (index % weights.low.len(), index >> log_low);
                assert_eq!(*weight, weights.low[low] * weights.high[high]);
                assert_eq!(sum, weights.below(index));
                sum += *weight;
            }
            assert_eq!(weights.below(all.len()), QM31::ONE);
            weights.drop_first();
        }
    }
}
