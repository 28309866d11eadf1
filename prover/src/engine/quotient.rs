//! The constraints of all tables on the extended domains, combined and divided.

use std::ops::Range;

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use rayon::prelude::*;
use zonda_circuits::{F, machine::Table, tape::Plan};
use zonda_kernels::{AllocationError, Buffer, Group, Kernel, LINE, Lanes, Packed, Platform, Pool};

use super::{
    challenge::{ProverChallenge, Sum, Weight, splat, weight},
    lookup::{Lookups, Messages},
    rows::{Offsets, Tape, Window},
    table::Extended,
};
use crate::cancel::Cancel;

/// Values of a challenge field on a domain, a column of canonical numbers for each coordinate.
pub type Coordinates = Vec<Buffer>;

/// The inputs to the constraints of one instance.
pub struct Instance<'a, E> {
    /// The table.
    pub table: Table,
    /// The constraints and messages of the table.
    pub plan: &'a Plan,
    /// Logarithm of the height.
    pub log_height: usize,
    /// Preprocessed columns.
    pub fixed: Extended<'a>,
    /// Columns committed before the global challenge.
    pub boundary: Extended<'a>,
    /// Columns committed after it.
    pub main: Extended<'a>,
    /// LogUp columns.
    pub sums: Extended<'a>,
    /// Periodic columns.
    pub periodic: Extended<'a>,
    /// Public values.
    pub public: &'a [u32],
    /// The claimed sum of each chain of messages.
    pub claims: &'a [E],
    /// Powers of the constraint challenge, one per constraint.
    pub powers: &'a [E],
}

/// Adds the combined constraints of one instance to `sums`, over its extended domain; or some of
/// them, if the work is to stop.
pub fn add<E: ProverChallenge>(
    platform: Platform,
    instance: &Instance<'_, E>,
    lookups: &Lookups<E>,
    sums: &mut Coordinates,
    cancel: &Cancel,
) {
    let messages = Messages::new(instance.plan, lookups);
    let inverse = F::from_usize(1 << instance.log_height).inverse();
    let shares = instance.claims.iter();
    let shares: Vec<_> = shares
        .map(|claim| weight(&claim.mul_base(inverse)))
        .collect();
    let (own, of_pairs) = instance.powers.split_at(instance.plan.constraints);
    let mut powers: Vec<Weight> = own.iter().map(weight).collect();
    // A multiplication by a power is one by all multiples of it by the field's basis.
    let multiples = of_pairs.iter().flat_map(|power| {
        (0..E::DEGREE).map(|coordinate| {
            let element = E::from_coordinates_fn(|index| F::from_bool(index == coordinate));
            weight(&(*power * element))
        })
    });
    powers.extend(multiples);

    // Places in memory do not depend on each other: tasks take a share each.
    const PLACES_PER_TASK: usize = 1 << 9;
    for_ranges(sums, PLACES_PER_TASK, |places, sums| {
        if cancel.is_cancelled() {
            return;
        }
        platform.run(Constraints {
            instance,
            messages: &messages,
            shares: &shares,
            powers: &powers,
            places,
            sums,
        });
    });
}

/// Runs `work` on ranges of equal length of all coordinate columns, in parallel.
pub fn for_ranges(
    columns: &mut [Buffer],
    length: usize,
    work: impl Fn(Range<usize>, &mut [&mut [u32]]) + Sync,
) {
    let mut ranges: Vec<Vec<&mut [u32]>> = Vec::new();
    for column in columns {
        for (index, range) in column.chunks_mut(length).enumerate() {
            if ranges.len() <= index {
                ranges.push(Vec::new());
            }
            ranges[index].push(range);
        }
    }
    ranges
        .par_iter_mut()
        .enumerate()
        .for_each(|(index, columns)| {
            let start = index * length;
            let end = start + columns.first().map_or(0, |column| column.len());
            work(start..end, columns);
        });
}

struct Constraints<'a, 'b, E> {
    instance: &'a Instance<'a, E>,
    messages: &'a Messages,
    /// Each running sum's share of its claim.
    shares: &'a [Weight],
    /// Of the challenge: one for each of the table's constraints, then one for each coordinate of
    /// each pair's.
    powers: &'a [Weight],
    places: Range<usize>,
    sums: &'a mut [&'b mut [u32]],
}

impl<E: ProverChallenge> Kernel for Constraints<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let instance = self.instance;
        let degree = E::DEGREE;
        let pairs = &self.messages.pairs[..];
        // Few tables, and low ones, have columns of both kinds, which are put side by side.
        let has_both = instance.boundary.width > 0;
        let offsets = Offsets {
            trace: if has_both { 0 } else { instance.main.offset },
            fixed: instance.fixed.offset,
        };
        let mut tape = Tape::<L>::new(
            instance.table,
            instance.plan,
            offsets,
            instance.periodic.width,
            instance.public,
        );
        let mut sums = Window::<L>::new(instance.sums.offset, instance.sums.width);
        let mut boundary = instance.boundary.window();
        let mut main = instance.main.window();
        let (own, of_pairs) = self.powers.split_at(tape.constraints.len());

        for place in self.places.clone().step_by(L::WIDTH) {
            if has_both {
                instance.boundary.load(place, &mut boundary);
                instance.main.load(place, &mut main);
                let columns = tape.columns.columns_mut();
                let (before, after) = columns.split_at_mut(instance.boundary.width);
                before.copy_from_slice(boundary.columns());
                after.copy_from_slice(main.columns());
            } else {
                instance.main.load(place, &mut tape.columns);
            }
            instance.fixed.load(place, &mut tape.fixed);
            instance.periodic.load(place, &mut tape.periodic);
            instance.sums.load(place, &mut sums);
            for (index, pair) in pairs.iter().enumerate() {
                if pair.is_last {
                    self.prefetch_previous::<L>(place, index);
                }
            }
            tape.evaluate();

            // All constraints with one reduction for several products.
            let mut sum = Sum::<L>::new();
            for (constraint, power) in tape.constraints.iter().zip(own) {
                sum.add::<E::Packed<L>>(*constraint, power);
            }
            let mut before = E::Packed::<L>::ZERO;
            let mut shares = self.shares.iter();
            let columns = sums.columns().chunks_exact(degree);
            let columns = columns.zip(of_pairs.chunks_exact(degree));
            for (index, (pair, (column, powers))) in pairs.iter().zip(columns).enumerate() {
                let column = E::Packed::<L>::from_coordinates(column);
                let mut step = column - before;
                before = column;
                if pair.is_last {
                    let share = splat::<L, E::Packed<L>>(shares.next().expect("one per chain"));
                    step = step - self.previous(place, index) + share;
                    before = E::Packed::<L>::ZERO;
                }
                let (counts, fields) = (&tape.counts, &tape.fields);
                let value: E::Packed<L> = self.messages.constraint(*pair, step, counts, fields);
                for (coordinate, power) in value.as_ref().iter().zip(powers) {
                    sum.add::<E::Packed<L>>(*coordinate, power);
                }
            }

            let sum: E::Packed<L> = sum.reduce();
            let at = place - self.places.start;
            for (lanes, column) in sum.as_ref().iter().zip(self.sums.iter_mut()) {
                let cells = &mut column[at..at + L::WIDTH];
                (L::load(cells) + *lanes).store(cells);
            }
        }
    }
}

impl<E: ProverChallenge> Constraints<'_, '_, E> {
    /// The running sum of pair `index` at the previous points of the trace domain's rotation.
    #[inline(always)]
    fn previous<L: Lanes>(&self, place: usize, index: usize) -> E::Packed<L> {
        let first = self.instance.sums.offset + index * E::DEGREE;
        let (first, lane) = (first / LINE, first % LINE);
        let group = self.instance.sums.group.expect("every table has messages");
        let places = self.previous_places::<L>(place);

        // A challenge's coordinates stand in two blocks at most.
        let mut running = [[L::splat(0); LINE]; 2];
        let count = (lane + E::DEGREE).div_ceil(LINE);
        let blocks = &group.blocks()[first..first + count];
        for (columns, block) in running.iter_mut().zip(blocks) {
            let mut lines = [0; LINE * LINE];
            for (line, place) in lines.chunks_exact_mut(LINE).zip(&places[..L::WIDTH]) {
                line.copy_from_slice(&block[LINE * place..][..LINE]);
            }
            *columns = L::load_columns(&lines, LINE);
        }
        E::Packed::<L>::from_coordinates(&running.as_flattened()[lane..lane + E::DEGREE])
    }

    /// Asks for what [`Self::previous`] will read.
    #[inline(always)]
    fn prefetch_previous<L: Lanes>(&self, place: usize, index: usize) {
        let first = self.instance.sums.offset + index * E::DEGREE;
        let Some(group) = self.instance.sums.group else {
            return;
        };
        let block: &[u32] = &group.blocks()[first / LINE];
        for place in &self.previous_places::<L>(place)[..L::WIDTH] {
            L::prefetch(block, LINE * place);
        }
    }

    /// The previous places of a vector of places.
    ///
    /// Natural order goes by bit-reversed l: up for points, down for conjugates. So they are those
    /// of two vectors, in turn, but at the ends of the circle.
    #[inline(always)]
    fn previous_places<L: Lanes>(&self, place: usize) -> [usize; LINE] {
        // l has as many bits as the height.
        let bits = self.instance.log_height;
        let vector_bits = bits - (L::WIDTH / 2).ilog2() as usize;
        let vector = place / L::WIDTH;
        let last = (1 << vector_bits) - 1;
        let reversed = reverse(vector, vector_bits);
        let down = L::WIDTH * reverse(reversed.wrapping_sub(1) & last, vector_bits);
        let up = L::WIDTH * reverse((reversed + 1) & last, vector_bits);
        let at_ends = vector == 0 || vector == last;
        let mut places = [0; LINE];
        let mut lane = 0;
        while lane < L::WIDTH {
            places[lane] = if at_ends {
                previous_place(place + lane, bits)
            } else if lane % 2 == 0 {
                down + lane
            } else {
                up + lane
            };
            lane += 1;
        }
        places
    }
}

/// The place of the point before the one at `place`, by the trace domain's generator; l has `bits`
/// bits, and the extended domain has twice the points of the trace domain.
fn previous_place(place: usize, bits: usize) -> usize {
    let mask = (1 << bits) - 1;
    let reversed = reverse(place / 2, bits);
    let l = if place.is_multiple_of(2) {
        reverse(reversed.wrapping_sub(1) & mask, bits)
    } else {
        reverse((reversed + 1) & mask, bits)
    };
    2 * l + place % 2
}

fn reverse(x: usize, bits: usize) -> usize {
    x.reverse_bits() >> (usize::BITS as usize - bits)
}

/// Zeros on a domain of `size` points.
///
/// # Errors
/// If memory is refused.
pub fn zeros<E: ProverChallenge>(pool: &Pool, size: usize) -> Result<Coordinates, AllocationError> {
    (0..E::DEGREE).map(|_| pool.take_zeroed(size)).collect()
}

/// Values on a domain, lifted to the domain of twice the size.
///
/// # Errors
/// If memory is refused.
pub fn lift(pool: &Pool, small: &Coordinates) -> Result<Coordinates, AllocationError> {
    small.iter().map(|small| lift_column(pool, small)).collect()
}

fn lift_column(pool: &Pool, small: &[u32]) -> Result<Buffer, AllocationError> {
    let mut large = pool.take(2 * small.len())?;
    large
        .par_chunks_mut(1 << 14)
        .zip(small.par_chunks(1 << 13))
        .for_each(|(large, small)| {
            // Four places of the larger domain share two of the smaller.
            for (large, small) in large.chunks_exact_mut(4).zip(small.chunks_exact(2)) {
                large[..2].copy_from_slice(small);
                large[2..].copy_from_slice(small);
            }
        });
    Ok(large)
}

/// Divides values on the extended domain of the largest trace domain by its vanishing polynomial,
/// which takes one value on the first half of memory and its negation on the second. Returns them as
/// the columns of a group.
///
/// # Errors
/// If memory is refused.
pub fn divide(
    platform: Platform,
    pool: &Pool,
    values: &Coordinates,
    log_height: usize,
) -> Result<Group, AllocationError> {
    let point = zonda_verifier::circle::point(log_height as u32 + 1, false, 0);
    let inverse = zonda_verifier::circle::vanishing(log_height as u32, point.x).inverse();
    let size = 2 << log_height;
    const PLACES_PER_TASK: usize = 1 << 10;
    let mut lines = pool.take(LINE * size)?;
    lines
        .par_chunks_mut(LINE * PLACES_PER_TASK)
        .enumerate()
        .for_each(|(task, lines)| {
            let start = task * PLACES_PER_TASK;
            platform.run(Scale {
                values,
                start,
                factor: inverse.as_canonical_u32(),
                lines,
            });
        });
    Ok(Group::from_blocks(size, values.len(), vec![lines]))
}

/// Columns as lines: the first half times a factor, the second times its negation.
struct Scale<'a> {
    values: &'a Coordinates,
    start: usize,
    factor: u32,
    lines: &'a mut [u32],
}

impl Kernel for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let half = self.values[0].len() / 2;
        let first = L::splat(self.factor);
        let lines = self.lines.chunks_exact_mut(LINE * L::WIDTH);
        for (vector, lines) in lines.enumerate() {
            let place = self.start + vector * L::WIDTH;
            let factor = if place < half { first } else { -first };
            let mut columns = [L::splat(0); LINE];
            for (lanes, column) in columns.iter_mut().zip(self.values) {
                *lanes = L::load(&column[place..]) * factor;
            }
            L::store_columns(&columns, lines, LINE);
        }
    }
}
