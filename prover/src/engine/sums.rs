//! The LogUp columns: fractions of every message, summed along rows and over them.

use std::ops::Range;

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use rayon::prelude::*;
use zonda_circuits::{F, machine::Table, tape::Plan};
use zonda_kernels::{Kernel, Lanes, Packed, Platform};

use super::{
    challenge::{ProverChallenge, all_invertible},
    lookup::{Fingerprints, Messages},
    rows::Tape,
    table::Cells,
};

/// The LogUp columns of one instance over its rows, and what they add up to.
pub struct Sums<E> {
    /// Row-major, `width` columns: the coordinates of all columns but the last.
    pub partial: Vec<u32>,
    /// Row-major, DEGREE columns: the coordinates of the running sum.
    pub running: Vec<u32>,
    /// The sum over all rows and messages.
    pub claim: E,
}

/// Fills the LogUp columns of one instance (PROTOCOL, section 3).
///
/// # Errors
/// If a denominator is zero, which has the probability of a lookup challenge being guessed.
pub fn sums<E: ProverChallenge>(
    platform: Platform,
    table: Table,
    plan: &Plan,
    cells: &Cells<'_>,
    challenges: &Fingerprints<E>,
) -> Option<Sums<E>> {
    let height = cells.height;
    let messages = Messages::new(plan, challenges);
    let width = (messages.pairs() - 1) * E::DEGREE;
    let mut partial = vec![0; height * width];
    let mut running = vec![0; height * E::DEGREE];

    // Rows do not depend on each other: tasks take a share each.
    const ROWS_PER_TASK: usize = 1 << 10;
    let tasks = height.div_ceil(ROWS_PER_TASK);
    let mut partials: Vec<&mut [u32]> = if width == 0 {
        (0..tasks).map(|_| Default::default()).collect()
    } else {
        partial.chunks_mut(ROWS_PER_TASK * width).collect()
    };
    let complete = partials
        .par_iter_mut()
        .zip(running.par_chunks_mut(ROWS_PER_TASK * E::DEGREE))
        .enumerate()
        .all(|(task, (partial, totals))| {
            let start = task * ROWS_PER_TASK;
            platform.run(Fractions::<E> {
                table,
                plan,
                messages: &messages,
                cells,
                rows: start..(start + ROWS_PER_TASK).min(height),
                partial,
                totals,
                challenge: core::marker::PhantomData,
            })
        });
    if !complete {
        return None;
    }
    let claim = run(&mut running, height);
    Some(Sums {
        partial,
        running,
        claim,
    })
}

/// Partial sums along each row, and their totals.
struct Fractions<'a, E> {
    table: Table,
    plan: &'a Plan,
    messages: &'a Messages,
    cells: &'a Cells<'a>,
    rows: Range<usize>,
    partial: &'a mut [u32],
    totals: &'a mut [u32],
    challenge: core::marker::PhantomData<E>,
}

impl<E: ProverChallenge> Kernel for Fractions<'_, E> {
    /// Whether every denominator has an inverse.
    type Output = bool;

    #[inline(always)]
    fn run<L: Lanes>(self) -> bool {
        let pairs = self.messages.pairs();
        let mut tape = Tape::<L>::new(
            self.table,
            self.plan,
            self.cells.periodic_width,
            self.cells.public,
        );
        let mut fractions: Vec<(E::Packed<L>, E::Packed<L>)> =
            vec![(E::Packed::<L>::ZERO, E::Packed::<L>::ZERO); pairs];
        let mut products = vec![E::Packed::<L>::ZERO; pairs];
        let partial_width = (pairs - 1) * E::DEGREE;
        let mut lines = vec![0; L::WIDTH];

        for (chunk, row) in self.rows.clone().step_by(L::WIDTH).enumerate() {
            self.cells.load(row, &mut tape);
            tape.evaluate();
            // One inversion for all pairs of the row (Montgomery's trick).
            let mut product = E::Packed::<L>::ONE;
            for (pair, fraction) in fractions.iter_mut().enumerate() {
                *fraction = self.messages.pair(pair, &tape.counts, &tape.fields);
                products[pair] = product;
                product *= fraction.1;
            }
            let mut inverse = product.inverse();
            if !all_invertible(inverse) {
                return false;
            }
            for (fraction, before) in fractions.iter_mut().zip(&products).rev() {
                let own = inverse * *before;
                inverse *= fraction.1;
                fraction.0 *= own;
            }
            let mut sum = E::Packed::<L>::ZERO;
            for (pair, (fraction, _)) in fractions.iter().enumerate() {
                sum += *fraction;
                for coordinate in 0..E::DEGREE {
                    sum.as_ref()[coordinate].store(&mut lines);
                    let (cells, width, column) = if pair + 1 < pairs {
                        let column = pair * E::DEGREE + coordinate;
                        (&mut *self.partial, partial_width, column)
                    } else {
                        (&mut *self.totals, E::DEGREE, coordinate)
                    };
                    let start = chunk * L::WIDTH * width + column;
                    for (lane, value) in lines.iter().enumerate() {
                        cells[start + lane * width] = *value;
                    }
                }
            }
        }
        true
    }
}

/// Turns the totals of the rows into the running sum along the domain, less an equal share of the
/// claim on each row, so that it closes. Returns the claim.
fn run<E: ProverChallenge>(totals: &mut [u32], height: usize) -> E {
    let degree = E::DEGREE;
    let read = |totals: &[u32], row: usize| {
        E::from_coordinates_fn(|index| F::new(totals[row * degree + index]))
    };
    let claim: E = (0..height)
        .into_par_iter()
        .with_min_len(1 << 12)
        .map(|row| read(totals, row))
        .sum();
    let share = claim.mul_base(F::from_usize(height).inverse());
    let log_half = height.ilog2() - 1;
    let mut sum = E::ZERO;
    for index in 0..height {
        // The point of natural index 2e is (c, l) = (0, bitrev(e)); its neighbour before the end of
        // the circle, 2^h - 1 - 2e, is its conjugate.
        let (even, conjugate) = if index % 2 == 0 {
            (index / 2, 0)
        } else {
            ((height - 1 - index) / 2, 1)
        };
        let l = if log_half == 0 {
            0
        } else {
            even.reverse_bits() >> (usize::BITS - log_half)
        };
        let row = 2 * l + conjugate;
        sum += read(totals, row) - share;
        for coordinate in 0..degree {
            totals[row * degree + coordinate] = sum.coordinate(coordinate).as_canonical_u32();
        }
    }
    claim
}

#[cfg(test)]
mod tests {
    use zonda_circuits::bus::Bus;
    use zonda_verifier::{QM31, Sextic};

    use super::*;

    /// A prover cannot choose its challenges. If one hits a message all the same, it has no proof.
    fn a_denominator_of_zero_is_reported<E: ProverChallenge>() {
        let table = Table::PowersOfTwo;
        let fixed: Vec<u32> = (0..16).flat_map(|row| [row % 8, 1 << (row % 8)]).collect();
        let cells = Cells {
            height: 16,
            main: &[0; 16],
            main_width: table.width(),
            fixed: &fixed,
            fixed_width: table.fixed_width(),
            periodic: &[],
            periodic_width: 0,
            public: &[],
        };
        let plan = Plan::of(table);
        let beta = E::from_coordinates_fn(|index| F::from_usize(1000 + 7 * index));
        let sums = |offset: E| {
            let challenges = Fingerprints::new(offset, beta, 2);
            sums::<E>(Platform::detect(), table, &plan, &cells, &challenges)
        };
        for exponent in 0..8 {
            let message = E::from_base(F::from_u32(Bus::PowerOfTwo as u32))
                + beta.mul_base(F::from_u32(exponent))
                + (beta * beta).mul_base(F::from_u32(1 << exponent));
            assert!(sums(-message).is_none());
            let near = sums(E::ONE - message).expect("no denominator is zero");
            assert!(near.claim.is_zero());
        }
    }

    #[test]
    fn denominators_of_zero_are_reported() {
        a_denominator_of_zero_is_reported::<QM31>();
        a_denominator_of_zero_is_reported::<Sextic>();
    }
}
