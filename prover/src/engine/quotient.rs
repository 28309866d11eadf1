//! The constraints of all tables on the extended domains, combined and divided.

use std::ops::Range;

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use rayon::prelude::*;
use zonda_circuits::{F, machine::Table, tape::Plan};
use zonda_kernels::{Kernel, Lanes, Packed, Platform};

use super::{
    challenge::{ProverChallenge, Sum, splat},
    lookup::{Lookups, Messages, coordinates},
    rows::Tape,
    table::Extended,
};

/// Values of a challenge field on a domain, a column of canonical numbers for each coordinate.
pub type Coordinates = Vec<Vec<u32>>;

/// What the constraints of one instance need.
pub struct Instance<'a, E> {
    /// The table.
    pub table: Table,
    /// What the table says.
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

/// Adds the combined constraints of one instance to `sums`, over its extended domain.
pub fn add<E: ProverChallenge>(
    platform: Platform,
    instance: &Instance<'_, E>,
    lookups: &Lookups<E>,
    sums: &mut Coordinates,
) {
    let messages = Messages::new(instance.plan, lookups);
    let inverse = F::from_usize(1 << instance.log_height).inverse();
    let shares = instance.claims.iter().map(|claim| claim.mul_base(inverse));
    let shares: Vec<u32> = shares.flat_map(|share| row(&share)).collect();
    let powers: Vec<u32> = instance.powers.iter().flat_map(coordinates).collect();

    // Places in memory do not depend on each other: tasks take a share each.
    const PLACES_PER_TASK: usize = 1 << 9;
    for_ranges(sums, PLACES_PER_TASK, |places, sums| {
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
    columns: &mut [Vec<u32>],
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
    shares: &'a [u32],
    powers: &'a [u32],
    places: Range<usize>,
    sums: &'a mut [&'b mut [u32]],
}

impl<E: ProverChallenge> Kernel for Constraints<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let instance = self.instance;
        let degree = E::DEGREE;
        let mut tape = Tape::<L>::new(
            instance.table,
            instance.plan,
            instance.periodic.width,
            instance.public,
        );
        let mut sums = vec![L::splat(0); instance.sums.width];
        let shares: Vec<E::Packed<L>> = self.shares.chunks_exact(degree).map(splat).collect();
        let power = |index: usize| &self.powers[index * degree..(index + 1) * degree];
        let constraints = tape.constraints.len();

        for place in self.places.clone().step_by(L::WIDTH) {
            let (boundary, main) = tape.columns.split_at_mut(instance.boundary.width);
            instance.boundary.load(place, boundary);
            instance.main.load(place, main);
            instance.fixed.load(place, &mut tape.fixed);
            instance.periodic.load(place, &mut tape.periodic);
            instance.sums.load(place, &mut sums);
            tape.evaluate();

            // The table's own constraints, with one reduction for several products.
            let mut own = Sum::<L>::new();
            for (index, constraint) in tape.constraints.iter().enumerate() {
                own.add::<E::Packed<L>>(*constraint, power(index));
            }
            let mut sum: E::Packed<L> = own.reduce();

            // The pairs of messages.
            let mut before = E::Packed::<L>::ZERO;
            let mut shares = shares.iter();
            for (index, pair) in self.messages.pairs.iter().enumerate() {
                let column = E::Packed::<L>::from_coordinates(&sums[index * degree..][..degree]);
                let mut step = column - before;
                before = column;
                if pair.is_last {
                    let share = *shares.next().expect("every chain has a claim");
                    step = step - self.previous::<L>(place, index) + share;
                    before = E::Packed::<L>::ZERO;
                }
                let (numerator, denominator) =
                    self.messages
                        .pair::<L, E::Packed<L>>(*pair, &tape.counts, &tape.fields);
                let value = step * denominator - numerator;
                sum += value * splat::<L, E::Packed<L>>(power(constraints + index));
            }

            let at = place - self.places.start;
            for (coordinate, column) in self.sums.iter_mut().enumerate() {
                let cells = &mut column[at..at + L::WIDTH];
                (L::load(cells) + sum.as_ref()[coordinate]).store(cells);
            }
        }
    }
}

impl<E: ProverChallenge> Constraints<'_, '_, E> {
    /// The running sum in column `index` at the previous points of the trace domain's rotation.
    ///
    /// Natural order goes by bit-reversed l: up for points, down for conjugates. So the previous
    /// places of a vector of places are a vector of places too, but at the ends of the circle.
    #[inline(always)]
    fn previous<L: Lanes>(&self, place: usize, index: usize) -> E::Packed<L> {
        let sums = &self.instance.sums;
        let running = Extended {
            group: sums.group,
            offset: sums.offset + index * E::DEGREE,
            width: E::DEGREE,
        };
        // l has as many bits as the height.
        let bits = self.instance.log_height;
        let vector_bits = bits - (L::WIDTH / 2).ilog2() as usize;
        let vector = place / L::WIDTH;
        let last = (1 << vector_bits) - 1;
        let mut even = [L::splat(0); 6];
        let mut odd = [L::splat(0); 6];
        if vector == 0 || vector == last {
            let group = running.group.expect("every table has messages");
            for (coordinate, lanes) in even[..E::DEGREE].iter_mut().enumerate() {
                let column = running.offset + coordinate;
                let block = &group.blocks()[column / 16];
                *lanes = L::from_fn(|lane| {
                    let place = previous_place(place + lane, bits);
                    block[16 * place + column % 16]
                });
            }
            return E::Packed::<L>::from_coordinates(&even[..E::DEGREE]);
        }
        let reversed = reverse(vector, vector_bits);
        let down = reverse(reversed.wrapping_sub(1) & last, vector_bits);
        let up = reverse((reversed + 1) & last, vector_bits);
        running.load(down * L::WIDTH, &mut even[..E::DEGREE]);
        running.load(up * L::WIDTH, &mut odd[..E::DEGREE]);
        for (even, odd) in even.iter_mut().zip(odd) {
            *even = L::even_odd(*even, odd);
        }
        E::Packed::<L>::from_coordinates(&even[..E::DEGREE])
    }
}

fn row<E: ProverChallenge>(element: &E) -> Vec<u32> {
    coordinates(element).collect()
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

/// Adds values on a domain, lifted, to values on a domain of twice the size.
pub fn lift_into(small: &[Vec<u32>], large: &mut [Vec<u32>]) {
    const P: u32 = F::ORDER_U32;
    for (small, large) in small.iter().zip(large) {
        large
            .par_chunks_mut(1 << 12)
            .zip(small.par_chunks(1 << 11))
            .for_each(|(large, small)| {
                // Four places of the larger domain share two of the smaller.
                for (large, small) in large.chunks_exact_mut(4).zip(small.chunks_exact(2)) {
                    for (place, value) in large.iter_mut().enumerate() {
                        let sum = *value + small[place % 2];
                        *value = sum.min(sum.wrapping_sub(P));
                    }
                }
            });
    }
}

/// Divides values on the extended domain of the largest trace domain by its vanishing polynomial,
/// which takes one value on the first half of memory and its negation on the second.
pub fn divide(columns: &mut [Vec<u32>], log_height: usize) {
    let point = zonda_verifier::circle::point(log_height as u32 + 1, false, 0);
    let inverse = zonda_verifier::circle::vanishing(log_height as u32, point.x).inverse();
    for column in columns {
        let half = column.len() / 2;
        let (first, second) = column.split_at_mut(half);
        for (cells, factor) in [(first, inverse), (second, -inverse)] {
            cells.par_iter_mut().with_min_len(1 << 12).for_each(|cell| {
                *cell = (F::new(*cell) * factor).as_canonical_u32();
            });
        }
    }
}
