//! How the quads of a level are weighted, round by round.

use zonda_verifier::fractions::Fraction;

use super::{
    levels::{Segments, Slots},
    sum::{CLASSES, Eq, Sums},
    weights::{Weights, table},
};
use crate::engine::challenge::ProverChallenge;

/// The weights of quads in the rounds of one level.
pub struct Weighting<'a, E: ProverChallenge> {
    slots: &'a Slots,
    lambda: E,
    /// The coordinates of the claim's point, those of the lowest bits first.
    coordinates: Vec<E>,
    /// How many of them are those of rows.
    rows: usize,
    /// `eq` of the index of quads in their segments.
    weights: Weights<E>,
    /// Whether segments are slots.
    by_slot: bool,
    /// `eq` of each segment.
    segments: Vec<E>,
    /// The same by class, prepared.
    classes: Vec<[E::Scalar; CLASSES]>,
    /// `eq` of each lane.
    lanes: Vec<E>,
}

impl<'a, E: ProverChallenge> Weighting<'a, E> {
    /// For the nodes above level `level`, whose claim has these coordinates.
    pub fn new(
        slots: &'a Slots,
        lambda: E,
        coordinates: &[E],
        level: usize,
        by_slot: bool,
    ) -> Self {
        let blocks = coordinates.len() - 5;
        let mut weighting = Self {
            slots,
            lambda,
            coordinates: coordinates.to_vec(),
            rows: slots.row_bits as usize - 5 - level.min(slots.row_bits as usize - 5),
            weights: Weights::new(&[]),
            by_slot,
            segments: Vec::new(),
            classes: Vec::new(),
            lanes: table(&coordinates[blocks..blocks + 4]),
        };
        weighting.enter(0, by_slot);
        weighting
    }

    /// Segments are slots, or the local and the global ones, from round `round` on.
    fn enter(&mut self, round: usize, by_slot: bool) {
        let blocks = self.coordinates.len() - 5;
        let scope = self.coordinates[blocks + 4];
        let scopes = [E::ONE - scope, scope];
        self.by_slot = by_slot;
        if by_slot {
            let weights = table(&self.coordinates[self.rows..blocks]);
            let local = self.slots.local;
            let slot = |slot: usize| match slot.checked_sub(local) {
                None => scopes[0] * weights[slot],
                Some(global) => scopes[1] * weights[global],
            };
            self.segments = (0..self.slots.all.len()).map(slot).collect();
            self.weights = Weights::new(&self.coordinates[round + 1..self.rows]);
        } else {
            self.segments = scopes.to_vec();
            self.weights = Weights::new(&self.coordinates[round + 1..blocks]);
        }
        let classes = |weight: &E| [*weight, *weight * self.lambda].map(|weight| weight.scalar());
        self.classes = self.segments.iter().map(classes).collect();
    }

    /// Goes on to a round, whose segments are of this sort.
    pub fn next(&mut self, round: usize, by_slot: bool) {
        if by_slot == self.by_slot {
            self.weights.drop_first();
        } else {
            self.enter(round, by_slot);
        }
    }

    /// The weights of the round.
    pub fn eq(&self) -> Eq<E> {
        Eq::new(&self.weights, &self.classes)
    }

    /// The weight of all quads that are there: of the others, none has a numerator, and all denominators are 1.
    fn present(&self, segments: &Segments) -> E {
        let mut last = (usize::MAX, E::ZERO);
        let weights = self.segments.iter().enumerate();
        weights
            .map(|(segment, weight)| {
                let quads = segments.quads_of(segment);
                if last.0 != quads {
                    last = (quads, self.weights.below(quads));
                }
                *weight * last.1
            })
            .sum()
    }

    /// The polynomial of the first round from what was summed: at 0, and the coefficient of its square. The round
    /// binds the bit that tells the two nodes apart on whose line the claim is: at 0 it has the first one's value.
    pub fn first_polynomial(&self, sums: &Sums<1>, first: Fraction<E>) -> [E; 2] {
        let [square] = sums.total(&self.lanes);
        [first.numerator + self.lambda * first.denominator, square]
    }

    /// The polynomial of a later round from what was summed over the quads of these segments.
    pub fn polynomial(&self, sums: &Sums<2>, segments: &Segments) -> [E; 2] {
        let [at_zero, square] = sums.total(&self.lanes);
        let absent = E::ONE - self.present(segments);
        [at_zero + self.lambda * absent, square]
    }
}
