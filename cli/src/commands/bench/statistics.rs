//! Medians, and how far samples are from them.

use serde::{Deserialize, Serialize};

/// Samples in four numbers.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The least sample.
    pub min: f64,
    /// The greatest sample.
    pub max: f64,
    /// The median absolute deviation from the median.
    pub deviation: f64,
}

impl Spread {
    /// The spread of samples; all zero of none.
    pub fn of(samples: &[f64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (Some(min), Some(max)) = (sorted.first(), sorted.last()) else {
            return Self::default();
        };
        let median = middle(&sorted);
        let mut deviations: Vec<_> = sorted
            .iter()
            .map(|sample| (sample - median).abs())
            .collect();
        deviations.sort_by(f64::total_cmp);
        Self {
            median,
            min: *min,
            max: *max,
            deviation: middle(&deviations),
        }
    }

    /// Whether some value is within both spreads, from the least to the greatest sample.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.min <= other.max && other.min <= self.max
    }
}

/// The middle one, or the mean of both.
fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    match sorted.get(half) {
        None => 0.0,
        Some(upper) if sorted.len() % 2 == 1 => *upper,
        Some(upper) => f64::midpoint(sorted[half - 1], *upper),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_of_few_samples() {
        let spread = |median, min, max, deviation| Spread {
            median,
            min,
            max,
            deviation,
        };
        assert_eq!(Spread::of(&[]), Spread::default());
        assert_eq!(Spread::of(&[3.0]), spread(3.0, 3.0, 3.0, 0.0));
        assert_eq!(Spread::of(&[4.0, 2.0]), spread(3.0, 2.0, 4.0, 1.0));
        let samples = [9.0, 1.0, 2.0, 4.0, 2.0];
        assert_eq!(Spread::of(&samples), spread(2.0, 1.0, 9.0, 1.0));
        let samples = [1.0, 100.0, 3.0, 2.0];
        assert_eq!(Spread::of(&samples), spread(2.5, 1.0, 100.0, 1.0));
    }

    #[test]
    fn spreads_overlap_or_do_not() {
        let [low, middle, high] = [[1.0, 2.0], [2.0, 3.0], [2.5, 4.0]].map(|s| Spread::of(&s));
        assert!(low.overlaps(&middle) && middle.overlaps(&low));
        assert!(middle.overlaps(&high) && high.overlaps(&high));
        assert!(!low.overlaps(&high) && !high.overlaps(&low));
    }
}
