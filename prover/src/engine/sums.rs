//! The LogUp columns: fractions of every message, summed along rows and over them.

use std::ops::Range;

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use rayon::prelude::*;
use zonda_circuits::{F, machine::Table, tape::Plan};
use zonda_kernels::{Group, Kernel, LINE, Lanes, Packed, Platform};

use super::{
    challenge::{ProverChallenge, all_invertible},
    lookup::{Lookups, Messages},
    rows::Tape,
    table::Cells,
};

/// Where an instance's LogUp columns go: the first half of the rows of a group, from a column on.
pub struct Place<'a> {
    /// The group.
    pub group: &'a mut Group,
    /// The first column.
    pub offset: usize,
}

/// Rows that one task computes.
const ROWS_PER_TASK: usize = 1 << 10;

impl Place<'_> {
    /// The lines of `width` columns of `height` rows, by task and block, and the place of the first
    /// column in the first block.
    fn tasks(&mut self, width: usize, height: usize) -> (Vec<Vec<&mut [u32]>>, usize) {
        let blocks = self.offset / LINE..(self.offset + width).div_ceil(LINE);
        let mut tasks: Vec<Vec<&mut [u32]>> = Vec::new();
        for block in &mut self.group.blocks_mut()[blocks] {
            let rows = block[..LINE * height].chunks_mut(LINE * ROWS_PER_TASK);
            for (task, lines) in rows.enumerate() {
                if tasks.len() <= task {
                    tasks.push(Vec::new());
                }
                tasks[task].push(lines);
            }
        }
        (tasks, self.offset % LINE)
    }
}

/// Fills the LogUp columns of one instance but the last of each chain (PROTOCOL, section 8.3).
/// Returns these, which are to run over the rows.
///
/// None if a denominator is zero, which has the probability of a lookup challenge being guessed.
pub fn fractions<E: ProverChallenge>(
    platform: Platform,
    table: Table,
    plan: &Plan,
    cells: &Cells<'_>,
    lookups: &Lookups<E>,
    mut place: Place<'_>,
) -> Option<Running> {
    let height = cells.height;
    let messages = Messages::new(plan, lookups);
    let (mut tasks, columns) = place.tasks(messages.pairs.len() * E::DEGREE, height);
    let width = messages.chains() * E::DEGREE;
    let mut totals = vec![0; height * width];
    let complete = tasks
        .par_iter_mut()
        .zip(totals.par_chunks_mut(ROWS_PER_TASK * width))
        .enumerate()
        .all(|(task, (lines, totals))| {
            let start = task * ROWS_PER_TASK;
            platform.run(Fractions::<E> {
                table,
                plan,
                messages: &messages,
                cells,
                rows: start..(start + ROWS_PER_TASK).min(height),
                lines,
                columns,
                totals,
                challenge: core::marker::PhantomData,
            })
        });
    let pairs = messages.pairs.iter().enumerate();
    let last = pairs.filter(|(_, pair)| pair.is_last);
    complete.then(|| Running {
        sums: totals,
        degree: E::DEGREE,
        columns: last.map(|(index, _)| index * E::DEGREE).collect(),
    })
}

/// The sums that run over the rows of an instance, one for each chain of messages.
pub struct Running {
    /// The coordinates of the sums, chain after chain, row by row: at first, of each row's fractions
    /// alone.
    sums: Vec<u32>,
    degree: usize,
    /// The first column of each among the instance's.
    columns: Vec<usize>,
}

impl Running {
    /// Turns the sums of each row into running sums along the domain, less an equal share of the
    /// claim on each row, so that they close. Returns the claims.
    pub fn close<E: ProverChallenge>(&mut self) -> Vec<E> {
        let width = self.degree * self.columns.len();
        let chains = (0..width).step_by(self.degree);
        chains.map(|first| close(&mut self.sums, width, first)).collect()
    }

    /// Writes the running sums; `place` is that of all columns of the instance.
    pub fn put(&self, place: Place<'_>) {
        let degree = self.degree;
        let width = degree * self.columns.len();
        let Place { group, offset } = place;
        for (chain, column) in self.columns.iter().enumerate() {
            let mut place = Place {
                group: &mut *group,
                offset: offset + column,
            };
            let (mut tasks, columns) = place.tasks(degree, self.sums.len() / width);
            let sums = self.sums.par_chunks(ROWS_PER_TASK * width);
            tasks.par_iter_mut().zip(sums).for_each(|(lines, sums)| {
                for (row, sums) in sums.chunks_exact(width).enumerate() {
                    let sum = &sums[chain * degree..][..degree];
                    for (index, value) in sum.iter().enumerate() {
                        let column = columns + index;
                        lines[column / LINE][LINE * row + column % LINE] = *value;
                    }
                }
            });
        }
    }
}

/// Partial sums along each row, and their totals.
struct Fractions<'a, 'b, E> {
    table: Table,
    plan: &'a Plan,
    messages: &'a Messages,
    cells: &'a Cells<'a>,
    rows: Range<usize>,
    /// These rows of the blocks, of which the first has the first column at `columns`.
    lines: &'a mut [&'b mut [u32]],
    columns: usize,
    totals: &'a mut [u32],
    challenge: core::marker::PhantomData<E>,
}

impl<E: ProverChallenge> Kernel for Fractions<'_, '_, E> {
    /// Whether every denominator has an inverse.
    type Output = bool;

    #[inline(always)]
    fn run<L: Lanes>(self) -> bool {
        let pairs = &self.messages.pairs[..];
        let totals_width = self.messages.chains() * E::DEGREE;
        let mut tape = Tape::<L>::new(
            self.table,
            self.plan,
            self.cells.periodic_width,
            self.cells.public,
        );
        let mut fractions: Vec<(E::Packed<L>, E::Packed<L>)> =
            vec![(E::Packed::<L>::ZERO, E::Packed::<L>::ZERO); pairs.len()];
        let mut products = vec![E::Packed::<L>::ZERO; pairs.len()];
        let mut lines = vec![0; L::WIDTH];

        for (chunk, row) in self.rows.clone().step_by(L::WIDTH).enumerate() {
            self.cells.load(row, &mut tape);
            tape.evaluate();
            // One inversion for all pairs of the row (Montgomery's trick).
            let mut product = E::Packed::<L>::ONE;
            let columns = pairs.iter().zip(&mut products);
            for (fraction, (pair, before)) in fractions.iter_mut().zip(columns) {
                *fraction = self.messages.pair(*pair, &tape.counts, &tape.fields);
                *before = product;
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
            let mut total = 0;
            for (index, (pair, (fraction, _))) in pairs.iter().zip(&fractions).enumerate() {
                sum += *fraction;
                for coordinate in 0..E::DEGREE {
                    sum.as_ref()[coordinate].store(&mut lines);
                    let row = chunk * L::WIDTH;
                    let (cells, first, stride) = if pair.is_last {
                        let first = row * totals_width + total + coordinate;
                        (&mut *self.totals, first, totals_width)
                    } else {
                        let column = self.columns + index * E::DEGREE + coordinate;
                        let block = &mut *self.lines[column / LINE];
                        (block, LINE * row + column % LINE, LINE)
                    };
                    let cells = cells[first..].iter_mut().step_by(stride);
                    for (cell, value) in cells.zip(&lines) {
                        *cell = *value;
                    }
                }
                if pair.is_last {
                    sum = E::Packed::<L>::ZERO;
                    total += E::DEGREE;
                }
            }
        }
        true
    }
}

/// [`Running::close`] for one chain, whose coordinates are from `first` on in each row of `width`.
fn close<E: ProverChallenge>(totals: &mut [u32], width: usize, first: usize) -> E {
    let height = totals.len() / width;
    let read = |totals: &[u32], row: usize| {
        E::from_coordinates_fn(|index| F::new(totals[row * width + first + index]))
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
        for coordinate in 0..E::DEGREE {
            totals[row * width + first + coordinate] = sum.coordinate(coordinate).as_canonical_u32();
        }
    }
    claim
}

#[cfg(test)]
mod tests {
    use zonda_circuits::bus::Bus;
    use zonda_kernels::Pool;
    use zonda_verifier::{QM31, Sextic};

    use super::{super::lookup::Fingerprints, *};

    /// A prover cannot choose its challenges. If one hits a message all the same, it has no proof.
    fn a_denominator_of_zero_is_reported<E: ProverChallenge>() {
        let table = Table::PowersOfTwo;
        let fixed: Vec<u32> = (0..16).flat_map(|row| [row % 8, 1 << (row % 8)]).collect();
        let cells = Cells {
            height: 16,
            trace: &[0; 16],
            trace_width: table.trace_width(),
            fixed: &fixed,
            fixed_width: table.fixed_width(),
            periodic: &[],
            periodic_width: 0,
            public: &[],
        };
        let plan = Plan::of(table);
        let beta = E::from_coordinates_fn(|index| F::from_usize(1000 + 7 * index));
        let sums = |offset: E| {
            let local = Fingerprints::new(offset, beta, 2);
            let global = Fingerprints::new(E::ZERO, E::ZERO, 0);
            let lookups = Lookups { local, global };
            let width = plan.messages.len().div_ceil(2) * E::DEGREE;
            let mut group = crate::engine::commit::empty(&Pool::new(), 4, width);
            let group = &mut group;
            let place = Place { group, offset: 0 };
            let platform = Platform::detect();
            let running = fractions::<E>(platform, table, &plan, &cells, &lookups, place);
            running.map(|mut running| running.close::<E>())
        };
        for exponent in 0..8 {
            let message = E::from_base(F::from_u32(Bus::PowerOfTwo as u32))
                + beta.mul_base(F::from_u32(exponent))
                + (beta * beta).mul_base(F::from_u32(1 << exponent));
            assert!(sums(-message).is_none());
            let near = sums(E::ONE - message).expect("no denominator is zero");
            assert!(near.iter().all(|claim| claim.is_zero()));
        }
    }

    #[test]
    fn denominators_of_zero_are_reported() {
        a_denominator_of_zero_is_reported::<QM31>();
        a_denominator_of_zero_is_reported::<Sextic>();
    }
}
