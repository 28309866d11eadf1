//! The LogUp columns: fractions of every message, summed along rows and over them.

use std::ops::Range;

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use rayon::prelude::*;
use zonda_circuits::{F, machine::Table, tape::Plan};
use zonda_kernels::{Buffer, Group, Kernel, LINE, Lanes, P, Packed, Platform, Pool};

use super::{
    challenge::{ProverChallenge, all_invertible},
    lookup::{Lookups, Messages},
    prove::EngineError,
    rows::{Offsets, Tape, Window},
    table::Cells,
};
use crate::cancel::Cancel;

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

/// The last column of a chain of an instance's messages, before and after it is the running sum: of
/// each row the sum of its fractions.
///
/// A column for each coordinate. The domain's natural order takes turns between points and
/// conjugates: the point at row `2l` (in memory) is followed by the conjugate at row
/// `height - 1 - 2l`. So the first half holds the points by `l` and the second half, at the same
/// places, what follows them.
pub struct Totals<E> {
    columns: Vec<Buffer>,
    /// The sum of all.
    claim: E,
    /// Its first column's place among the instance's.
    first: usize,
}

/// Fills the LogUp columns of one instance but the last of each chain of messages (PROTOCOL, section
/// 8.3). Returns these as they are before the running sums.
///
/// # Errors
/// If the work is to stop, memory is refused, or a denominator is zero, which has the probability of
/// a lookup challenge being guessed.
#[expect(
    clippy::too_many_arguments,
    reason = "what is computed with, from and to"
)]
pub fn fractions<E: ProverChallenge>(
    platform: Platform,
    pool: &Pool,
    table: Table,
    plan: &Plan,
    cells: &Cells<'_>,
    lookups: &Lookups<E>,
    mut place: Place<'_>,
    cancel: &Cancel,
) -> Result<Vec<Totals<E>>, EngineError> {
    let height = cells.height;
    let messages = Messages::new(plan, lookups);
    // The last column is always another's: a running sum.
    let width = (messages.pairs.len() - 1) * E::DEGREE;
    let (mut tasks, first) = place.tasks(width, height);
    let chains = messages.chains();
    let columns = (0..chains * E::DEGREE).map(|_| pool.take(height));
    let mut columns = columns.collect::<Result<Vec<_>, _>>()?;
    let mut totals: Vec<Vec<[&mut [u32]; 2]>> = Vec::new();
    totals.resize_with(height.div_ceil(ROWS_PER_TASK), Vec::new);
    for column in &mut columns {
        let (points, conjugates) = column.split_at_mut(height / 2);
        let points = points.chunks_mut(ROWS_PER_TASK / 2);
        let conjugates = conjugates.rchunks_mut(ROWS_PER_TASK / 2);
        for (task, halves) in totals.iter_mut().zip(points.zip(conjugates)) {
            task.push(halves.into());
        }
    }
    // A table of one pair has no other columns.
    tasks.resize_with(totals.len(), Vec::new);
    let zeros = || vec![E::ZERO; chains];
    let claims = tasks
        .par_iter_mut()
        .zip(&mut totals)
        .enumerate()
        .map(|(task, (lines, totals))| {
            cancel.check().ok()?;
            let start = task * ROWS_PER_TASK;
            platform.run(Fractions::<E> {
                table,
                plan,
                messages: &messages,
                cells,
                rows: start..(start + ROWS_PER_TASK).min(height),
                lines,
                first,
                totals,
                challenge: core::marker::PhantomData,
            })
        })
        .try_reduce(zeros, |sums, more| {
            Some(
                sums.into_iter()
                    .zip(more)
                    .map(|(sum, more)| sum + more)
                    .collect(),
            )
        });
    cancel.check()?;
    let claims = claims.ok_or(EngineError::Challenge)?;
    let pairs = messages.pairs.iter().enumerate();
    let last = pairs
        .filter(|(_, pair)| pair.is_last)
        .map(|(index, _)| index);
    let mut columns = columns.into_iter();
    let chains = claims.into_iter().zip(last).map(|(claim, index)| Totals {
        columns: columns.by_ref().take(E::DEGREE).collect(),
        claim,
        first: index * E::DEGREE,
    });
    Ok(chains.collect())
}

/// Turns the sums of the rows into the running sum along the domain, less an equal share of the
/// claim on each row, so that it closes. Returns the claim.
pub fn run<E: ProverChallenge>(platform: Platform, totals: &mut Totals<E>) -> E {
    let height = totals.columns[0].len();
    let share = totals.claim.mul_base(F::from_usize(height).inverse());
    let columns = totals.columns.par_iter_mut().enumerate();
    columns.for_each(|(coordinate, column)| {
        platform.run(Running {
            column,
            share: share.coordinate(coordinate).as_canonical_u32(),
        });
    });
    totals.claim
}

/// Writes a running sum; `place` is that of all columns of the instance.
pub fn put<E: ProverChallenge>(mut place: Place<'_>, running: &Totals<E>) {
    place.offset += running.first;
    let height = running.columns[0].len();
    let (mut tasks, first) = place.tasks(E::DEGREE, height);
    tasks.par_iter_mut().enumerate().for_each(|(task, lines)| {
        for (coordinate, column) in running.columns.iter().enumerate() {
            let (points, conjugates) = column.split_at(height / 2);
            let (block, lane) = ((first + coordinate) / LINE, (first + coordinate) % LINE);
            let start = task * ROWS_PER_TASK / 2;
            let rows = points[start..]
                .iter()
                .zip(conjugates.iter().rev().skip(start));
            let pairs = lines[block].chunks_exact_mut(2 * LINE);
            for (pair, (point, conjugate)) in pairs.zip(rows) {
                pair[lane] = *point;
                pair[LINE + lane] = *conjugate;
            }
        }
    });
}

/// Partial sums along each row, and their totals.
struct Fractions<'a, 'b, E> {
    table: Table,
    plan: &'a Plan,
    messages: &'a Messages,
    cells: &'a Cells<'a>,
    rows: Range<usize>,
    /// These rows of the blocks, of which the first has the first column at `first`.
    lines: &'a mut [&'b mut [u32]],
    first: usize,
    /// Of each chain and coordinate the totals of points, and of conjugates backwards.
    totals: &'a mut [[&'b mut [u32]; 2]],
    challenge: core::marker::PhantomData<E>,
}

/// Vectors of rows that share one inversion.
const VECTORS: usize = 4;

impl<E: ProverChallenge> Kernel for Fractions<'_, '_, E> {
    /// The sums of all rows' totals, if every denominator has an inverse.
    type Output = Option<Vec<E>>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Option<Vec<E>> {
        let pairs = self.messages.pairs.len();
        let mut tape = Tape::<L>::new(
            self.table,
            self.plan,
            Offsets::default(),
            self.cells.periodic_width,
            self.cells.public,
        );
        let one = E::Packed::<L>::ONE;
        // Of each pair: numerator, denominator, and the product of all denominators before.
        let mut fractions = vec![[one; 3]; pairs * VECTORS];
        let mut sums = Window::<L>::new(self.first, (pairs - 1) * E::DEGREE);
        let mut claims = vec![E::Packed::<L>::ZERO; self.messages.chains()];

        for start in self.rows.clone().step_by(VECTORS * L::WIDTH) {
            let end = self.rows.end.min(start + VECTORS * L::WIDTH);
            let fractions = &mut fractions[..(end - start) / L::WIDTH * pairs];
            // One inversion for all of them (Montgomery's trick).
            let mut product = one;
            for (vector, fractions) in fractions.chunks_exact_mut(pairs).enumerate() {
                self.cells.load(start + vector * L::WIDTH, &mut tape);
                tape.evaluate();
                for (pair, fraction) in self.messages.pairs.iter().zip(fractions) {
                    let (numerator, denominator) =
                        self.messages.pair(*pair, &tape.counts, &tape.fields);
                    *fraction = [numerator, denominator, product];
                    product *= denominator;
                }
            }
            let mut inverse = product.inverse();
            if !all_invertible(inverse) {
                return None;
            }
            for fraction in fractions.iter_mut().rev() {
                let [numerator, denominator, before] = *fraction;
                fraction[0] = numerator * (inverse * before);
                inverse *= denominator;
            }
            for (vector, fractions) in fractions.chunks_exact(pairs).enumerate() {
                let row = start - self.rows.start + vector * L::WIDTH;
                let mut sum = E::Packed::<L>::ZERO;
                let mut chain = 0;
                let columns = sums.columns_mut();
                let pairs = self.messages.pairs.iter().zip(fractions);
                for (index, (pair, [fraction, ..])) in pairs.enumerate() {
                    sum += *fraction;
                    if !pair.is_last {
                        let column = &mut columns[index * E::DEGREE..][..E::DEGREE];
                        column.copy_from_slice(sum.as_ref());
                        continue;
                    }
                    claims[chain] += sum;
                    let totals = &mut self.totals[chain * E::DEGREE..][..E::DEGREE];
                    for (lanes, [points, conjugates]) in sum.as_ref().iter().zip(totals) {
                        let mut words = [0; LINE];
                        lanes.store(&mut words);
                        let points = points[row / 2..].iter_mut();
                        let conjugates = conjugates.iter_mut().rev().skip(row / 2);
                        let pairs = words[..L::WIDTH].chunks_exact(2);
                        for (pair, (point, conjugate)) in pairs.zip(points.zip(conjugates)) {
                            *point = pair[0];
                            *conjugate = pair[1];
                        }
                    }
                    sum = E::Packed::<L>::ZERO;
                    chain += 1;
                }
                for (block, (columns, lines)) in
                    sums.blocks.iter().zip(&mut *self.lines).enumerate()
                {
                    let first = sums.first.saturating_sub(LINE * block);
                    let end = (sums.first + sums.width - LINE * block).min(LINE);
                    let lines = &mut lines[LINE * row..];
                    L::store_columns_between(columns, lines, LINE, first, end);
                }
            }
        }
        let total = |claim: &E::Packed<L>| {
            let lane =
                |lane| E::from_coordinates_fn(|index| F::new(claim.as_ref()[index].lane(lane)));
            (0..L::WIDTH).map(lane).sum()
        };
        Some(claims.iter().map(total).collect())
    }
}

/// The running sum of one coordinate, less a share for each row.
///
/// The natural order of places is that of their bits, reversed: halves take turns. So sums of
/// neighbours are sums of halves, the running sum of those, in the same order, is that of every
/// second place, and the others lack what comes after them.
struct Running<'a> {
    column: &'a mut [u32],
    share: u32,
}

impl Kernel for Running<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let column = self.column;
        let share = L::splat(self.share);
        for words in column.chunks_exact_mut(L::WIDTH) {
            (L::load(words) - share).store(words);
        }
        let mut size = column.len();
        while size > 1 {
            let start = column.len() - size;
            let (first, second) = column[start..].split_at_mut(size / 2);
            add_halves::<L>(first, second);
            size /= 2;
        }
        while size < column.len() {
            size *= 2;
            let start = column.len() - size;
            let (first, second) = column[start..].split_at_mut(size / 2);
            subtract_halves::<L>(first, second);
        }
    }
}

/// `(x, y)` becomes `(y, x + y)`.
#[inline(always)]
fn add_halves<L: Lanes>(first: &mut [u32], second: &mut [u32]) {
    if first.len() < L::WIDTH {
        for (x, y) in first.iter_mut().zip(second) {
            let sum = *x + *y;
            (*x, *y) = (*y, sum.min(sum.wrapping_sub(P)));
        }
        return;
    }
    let second = second.chunks_exact_mut(L::WIDTH);
    for (x, y) in first.chunks_exact_mut(L::WIDTH).zip(second) {
        let (a, b) = (L::load(x), L::load(y));
        b.store(x);
        (a + b).store(y);
    }
}

/// `(x, y)` becomes `(y - x, y)`.
#[inline(always)]
fn subtract_halves<L: Lanes>(first: &mut [u32], second: &[u32]) {
    if first.len() < L::WIDTH {
        for (x, y) in first.iter_mut().zip(second) {
            let difference = y.wrapping_sub(*x);
            *x = difference.min(difference.wrapping_add(P));
        }
        return;
    }
    let second = second.chunks_exact(L::WIDTH);
    for (x, y) in first.chunks_exact_mut(L::WIDTH).zip(second) {
        (L::load(y) - L::load(x)).store(x);
    }
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
            let mut group = crate::engine::commit::empty(&Pool::new(), 4, width).unwrap();
            let group = &mut group;
            let place = Place { group, offset: 0 };
            let platform = Platform::detect();
            let pool = Pool::new();
            let cancel = Cancel::new();
            let mut totals = fractions::<E>(
                platform, &pool, table, &plan, &cells, &lookups, place, &cancel,
            )?;
            Ok::<_, EngineError>(run::<E>(platform, &mut totals[0]))
        };
        for exponent in 0..8 {
            let message = E::from_base(F::from_u32(Bus::PowerOfTwo as u32))
                + beta.mul_base(F::from_u32(exponent))
                + (beta * beta).mul_base(F::from_u32(1 << exponent));
            assert_eq!(sums(-message), Err(EngineError::Challenge));
            let near = sums(E::ONE - message).expect("no denominator is zero");
            assert!(near.is_zero());
        }
    }

    #[test]
    fn denominators_of_zero_are_reported() {
        a_denominator_of_zero_is_reported::<QM31>();
        a_denominator_of_zero_is_reported::<Sextic>();
    }
}
