//! Weights of pages, and rounds of sums of products whose factors are few.

use rayon::prelude::*;
use zonda_verifier::{Challenge, layout::Layout, multilinear::table};

/// The weights of a phase's pages: `gamma^i` for column `i` of all values, times `eq` of the page in its column.
pub fn weights<E: Challenge>(layout: &Layout, phase: usize, rows: &[E], gamma: E) -> Vec<E> {
    let powers: Vec<E> = gamma.powers().take(layout.values()).collect();
    let rows = table(rows);
    let sequence = &layout.phases[phase].sequence;
    let mut weights = Vec::with_capacity(sequence.pages);
    for chunk in &sequence.chunks {
        debug_assert_eq!(chunk.start, weights.len());
        let first = layout.value(chunk.table, phase);
        let rows = &rows[chunk.first..chunk.first + (1 << chunk.log_pages)];
        for power in &powers[first..first + chunk.columns] {
            weights.extend(rows.iter().map(|row| *power * *row));
        }
    }
    weights
}

/// A sum of products of two multilinear polynomials each, by their values, of which those that are not there are
/// zero.
pub struct Products<E> {
    terms: Vec<[Vec<E>; 2]>,
}

/// Pairs that one task takes.
const PAIRS_PER_TASK: usize = 1 << 10;

impl<E: Challenge> Products<E> {
    /// The products of these pairs.
    pub const fn new(terms: Vec<[Vec<E>; 2]>) -> Self {
        Self { terms }
    }

    /// How many products there are.
    pub const fn len(&self) -> usize {
        self.terms.len()
    }

    /// The second factor of a product, when all its variables are bound.
    pub fn second(&self, index: usize) -> E {
        let [_, values] = &self.terms[index];
        debug_assert_eq!(values.len(), 1);
        values[0]
    }

    /// The polynomial of the lowest bit: its value at 0, and the coefficient of its square.
    pub fn round(&self) -> [E; 2] {
        let mut sums = [E::ZERO; 2];
        for [a, b] in &self.terms {
            let a = a.par_chunks(2 * PAIRS_PER_TASK);
            let tasks = a.zip(b.par_chunks(2 * PAIRS_PER_TASK)).map(|(a, b)| {
                let mut sums = [E::ZERO; 2];
                for (a, b) in a.chunks(2).zip(b.chunks(2)) {
                    let [a, c] = pair(a);
                    let [b, d] = pair(b);
                    sums[0] += a * b;
                    sums[1] += (c - a) * (d - b);
                }
                sums
            });
            let [at_zero, square] = tasks.reduce(|| [E::ZERO; 2], |[a, b], [c, d]| [a + c, b + d]);
            sums[0] += at_zero;
            sums[1] += square;
        }
        sums
    }

    /// Binds the lowest bit.
    pub fn bind(&mut self, r: E) {
        for values in self.terms.as_flattened_mut() {
            let chunks = values.par_chunks(2).with_min_len(PAIRS_PER_TASK);
            *values = chunks
                .map(|values| {
                    let [a, b] = pair(values);
                    a + r * (b - a)
                })
                .collect();
        }
    }
}

/// Two values, of which the second may be missing.
fn pair<E: Challenge>(values: &[E]) -> [E; 2] {
    [values[0], values.get(1).copied().unwrap_or_default()]
}
