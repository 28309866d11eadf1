//! The rounds whose values are few: one element at a time.

use zonda_verifier::{
    Challenge,
    fractions::{Claim, Fraction, LayerProof, children_message, next},
    protocol::label,
    transcript::Transcript,
};

use super::weights::table;

/// The sumcheck of one depth, as far as it has got.
pub struct Sumcheck<'a, E> {
    /// The coordinates of the claim's point, those of the lowest bits first.
    pub coordinates: Vec<E>,
    /// What is still to be shown.
    pub sum: E,
    /// The challenge lambda.
    pub lambda: E,
    /// The rounds that were sent.
    pub rounds: Vec<[E; 2]>,
    /// Their challenges.
    pub challenges: Vec<E>,
    /// The transcript.
    pub transcript: &'a mut Transcript,
}

impl<'a, E: Challenge> Sumcheck<'a, E> {
    /// Draws lambda for a claim on the nodes of a depth.
    pub fn begin(claim: &Claim<E>, transcript: &'a mut Transcript) -> Self {
        let lambda: E = transcript.challenge(label::LAMBDA);
        Self {
            coordinates: claim.point.iter().rev().copied().collect(),
            sum: claim.value.numerator + lambda * claim.value.denominator,
            lambda,
            rounds: Vec::new(),
            challenges: Vec::new(),
            transcript,
        }
    }

    /// Sends the round's polynomial, given its value at 0 and the coefficient of its square, and draws the
    /// round's challenge. Nothing if the point has a coordinate of zero.
    pub fn round(&mut self, [at_zero, square]: [E; 2]) -> Option<E> {
        let coordinate = self.coordinates[self.rounds.len()];
        let slope = (self.sum - at_zero) * coordinate.try_inverse()?;
        let round = [slope, square];
        let r = self.transcript.exchange(label::TREE, &round);
        self.sum = next(self.sum, round, coordinate, r);
        self.rounds.push(round);
        self.challenges.push(r);
        Some(r)
    }

    /// The rounds that are left, over `nodes`: of each node its children, the first one's numerator with lambda
    /// times its denominator. Then the proof of the depth, and the claim on the next one.
    pub fn finish(mut self, mut nodes: Vec<[Fraction<E>; 2]>) -> Option<(LayerProof<E>, Claim<E>)> {
        debug_assert_eq!(
            nodes.len(),
            1 << (self.coordinates.len() - self.rounds.len())
        );
        while nodes.len() > 1 {
            let weights = table(&self.coordinates[self.rounds.len() + 1..]);
            let mut terms = [E::ZERO; 2];
            for (pair, weight) in nodes.chunks_exact(2).zip(&weights) {
                let difference = core::array::from_fn(|i| subtract(pair[1][i], pair[0][i]));
                terms[0] += *weight * numerator(&pair[0]);
                terms[1] += *weight * numerator(&difference);
            }
            let r = self.round(terms)?;
            nodes = nodes
                .chunks_exact(2)
                .map(|pair| core::array::from_fn(|i| line(pair[0][i], pair[1][i], r)))
                .collect();
        }
        let mut children = nodes[0];
        children[0].numerator -= self.lambda * children[0].denominator;
        let message = children_message(&children);
        let last = self.transcript.exchange(label::CHILDREN, &message);
        let mut point: Vec<E> = self.challenges.iter().rev().copied().collect();
        point.push(last);
        let value = line(children[0], children[1], last);
        let rounds = self.rounds;
        Some((LayerProof { rounds, children }, Claim { value, point }))
    }

    /// Puts lambda times the denominators into the first children's numerators.
    pub fn with_lambda(&self, mut nodes: Vec<[Fraction<E>; 2]>) -> Vec<[Fraction<E>; 2]> {
        for [first, _] in &mut nodes {
            first.numerator += self.lambda * first.denominator;
        }
        nodes
    }
}

/// Each node's children.
pub fn pairs<E: Challenge>(children: &[Fraction<E>]) -> Vec<[Fraction<E>; 2]> {
    children
        .chunks_exact(2)
        .map(|pair| [pair[0], pair[1]])
        .collect()
}

/// The numerator of a sum of two fractions.
fn numerator<E: Challenge>([a, b]: &[Fraction<E>; 2]) -> E {
    a.numerator * b.denominator + b.numerator * a.denominator
}

fn subtract<E: Challenge>(a: Fraction<E>, b: Fraction<E>) -> Fraction<E> {
    Fraction {
        numerator: a.numerator - b.numerator,
        denominator: a.denominator - b.denominator,
    }
}

/// The point at `at` of the line through `a`, at 0, and `b`, at 1.
pub fn line<E: Challenge>(a: Fraction<E>, b: Fraction<E>, at: E) -> Fraction<E> {
    Fraction {
        numerator: a.numerator + at * (b.numerator - a.numerator),
        denominator: a.denominator + at * (b.denominator - a.denominator),
    }
}
