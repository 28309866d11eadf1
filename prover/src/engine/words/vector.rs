//! Coefficients: 2^k elements of the challenge field, a column of words for each coordinate.
//!
//! Sixteen consecutive coefficients are a line. The lowest four bits of a coefficient's index are bound together: one
//! pass sums up all lines, each times its weight, and one folds lines.

use rayon::prelude::*;
use zonda_circuits::F;
use zonda_kernels::{
    AllocationError, Buffer, Kernel, LINE, Lanes, P as ORDER, Packed, Platform, Pool,
};
use zonda_verifier::{
    Challenge,
    multilinear::{extension, table},
};

use crate::engine::{
    challenge::{MAX_DEGREE, ProverChallenge, add_words},
    tree::Weights,
};

/// The logarithm of the elements of a line.
pub const LOG_LINE: usize = 4;

/// Below 2^8 coefficients there are fewer lines than lanes.
const LOG_SMALL: u32 = 7;

/// Lines that one task folds.
const LINES_PER_TASK: usize = 1 << 8;

/// Elements that one task adds up, at most.
const WORDS_PER_TASK: usize = 1 << 12;

/// 2^k elements.
#[derive(Debug)]
pub struct Vector {
    coordinates: Vec<Buffer>,
    log_count: u32,
}

impl Vector {
    /// Elements with arbitrary contents.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn take(pool: &Pool, degree: usize, log_count: u32) -> Result<Self, AllocationError> {
        Self::of_columns(degree, log_count, |words| pool.take(words))
    }

    /// Zeros.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn take_zeroed(
        pool: &Pool,
        degree: usize,
        log_count: u32,
    ) -> Result<Self, AllocationError> {
        Self::of_columns(degree, log_count, |words| pool.take_zeroed(words))
    }

    fn of_columns(
        degree: usize,
        log_count: u32,
        column: impl Fn(usize) -> Result<Buffer, AllocationError>,
    ) -> Result<Self, AllocationError> {
        let coordinates = (0..degree).map(|_| column(1 << log_count));
        Ok(Self {
            coordinates: coordinates.collect::<Result<_, _>>()?,
            log_count,
        })
    }

    /// The logarithm of the number of elements.
    pub const fn log_count(&self) -> u32 {
        self.log_count
    }

    /// The coordinates.
    pub fn coordinates(&self) -> &[Buffer] {
        &self.coordinates
    }

    /// Whether it is faster to take the elements one by one.
    pub const fn is_small(&self) -> bool {
        self.log_count <= LOG_SMALL
    }

    /// Consecutive elements, `count` of them at a time, to be written: of each the coordinates.
    pub fn tasks(&mut self, count: usize) -> Vec<Vec<&mut [u32]>> {
        let mut tasks: Vec<Vec<&mut [u32]>> = Vec::new();
        tasks.resize_with((1 << self.log_count) / count, Vec::new);
        for column in &mut self.coordinates {
            for (task, words) in tasks.iter_mut().zip(column.chunks_exact_mut(count)) {
                task.push(words);
            }
        }
        tasks
    }

    /// All elements.
    pub fn elements<E: Challenge>(&self) -> Vec<E> {
        let element = |index: usize| E::from_coordinates_fn(|k| F::new(self.coordinates[k][index]));
        (0..1 << self.log_count).map(element).collect()
    }

    fn of_elements<E: ProverChallenge>(
        pool: &Pool,
        elements: &[E],
    ) -> Result<Self, AllocationError> {
        let mut vector = Self::take(pool, E::DEGREE, elements.len().ilog2())?;
        for (index, element) in elements.iter().enumerate() {
            let weight = crate::engine::challenge::weight(element);
            for (column, word) in vector.coordinates.iter_mut().zip(weight) {
                column[index] = word;
            }
        }
        Ok(vector)
    }

    /// For each value of the lowest `group` bits of the index, at most four, the extension of the elements with
    /// these bits at `point`, the coordinates of all other bits.
    pub fn sums<E: ProverChallenge>(
        &self,
        platform: Platform,
        group: usize,
        point: &[E],
    ) -> Vec<E> {
        debug_assert_eq!(group + point.len(), self.log_count as usize);
        if self.is_small() {
            return by_residue(&self.elements(), group, point);
        }
        let (within, above) = point.split_at(LOG_LINE - group);
        let weights = Weights::new(above);
        let low: Vec<E::Scalar> = weights.low.iter().map(E::scalar).collect();
        let high: Vec<E::Scalar> = weights.high.iter().map(E::scalar).collect();
        let tasks = (0..high.len()).into_par_iter();
        let sums = tasks.map(|index| {
            platform.run(Sums::<E> {
                coordinates: &self.coordinates,
                first: low.len() * index,
                low: &low,
                high: &high[index],
            })
        });
        let zero = || [[0; LINE]; MAX_DEGREE];
        let sums = sums.reduce(zero, |mut sums, others| {
            add_words(sums.as_flattened_mut(), others.as_flattened());
            sums
        });
        let lane = |lane: usize| E::from_coordinates_fn(|k| F::new(sums[k][lane]));
        let lanes: Vec<E> = (0..LINE).map(lane).collect();
        by_residue(&lanes, group, within)
    }

    /// Combines each 2^g consecutive elements with these 2^g weights, at most sixteen.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn fold<E: ProverChallenge>(
        &self,
        platform: Platform,
        pool: &Pool,
        weights: &[E],
    ) -> Result<Self, AllocationError> {
        let group = weights.len().ilog2();
        if self.is_small() {
            let elements: Vec<E> = self.elements();
            let folded = elements.chunks_exact(weights.len()).map(|elements| {
                let terms = elements.iter().zip(weights);
                terms.map(|(element, weight)| *element * *weight).sum()
            });
            return Self::of_elements(pool, &folded.collect::<Vec<E>>());
        }
        let mut folded = Self::take(pool, E::DEGREE, self.log_count - group)?;
        let weights: Vec<E::Scalar> = weights.iter().map(E::scalar).collect();
        let lines = LINES_PER_TASK.min(1 << (self.log_count as usize - LOG_LINE));
        let tasks = folded.tasks((LINE * lines) >> group);
        tasks.into_par_iter().enumerate().for_each(|(task, to)| {
            platform.run(Fold::<E> {
                coordinates: &self.coordinates,
                first: lines * task,
                lines,
                weights: &weights,
                to,
            });
        });
        Ok(folded)
    }

    /// Adds the lifted elements of another vector, each times `factor`: coefficients of the function at `2^q P`.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn add_lifted<E: ProverChallenge>(
        &mut self,
        platform: Platform,
        pool: &Pool,
        other: &Self,
        factor: E,
    ) -> Result<(), AllocationError> {
        let lift = self.log_count - other.log_count;
        let count = WORDS_PER_TASK.min(1 << other.log_count);
        let scalar = factor.scalar();
        if lift == 0 {
            let tasks = self.tasks(count).into_par_iter().enumerate();
            tasks.for_each(|(task, to)| {
                platform.run(AddScaled::<E> {
                    from: &other.coordinates,
                    first: count * task,
                    scalar: &scalar,
                    to,
                });
            });
            return Ok(());
        }
        let mut scaled = Self::take_zeroed(pool, E::DEGREE, other.log_count)?;
        scaled.add_lifted(platform, pool, other, factor)?;
        let columns = self.coordinates.par_iter_mut().zip(&scaled.coordinates);
        columns.for_each(|(to, from)| {
            let to = to.par_chunks_exact_mut(count << lift);
            to.zip(from.par_chunks_exact(count))
                .for_each(|(to, from)| add_lifted(to, from, lift));
        });
        Ok(())
    }
}

/// Adds the lifted words of one coordinate.
fn add_lifted(to: &mut [u32], from: &[u32], lift: u32) {
    let add = |to: &mut u32, x: u32| add_words(core::slice::from_mut(to), &[x]);
    let last = (2 << lift) - 1;
    for (to, pair) in to.chunks_exact_mut(2 << lift).zip(from.chunks_exact(2)) {
        add(&mut to[0], pair[0]);
        // A product with a power of two is a rotation of 31 bits.
        let up = lift % 31;
        let odd = ((pair[1] << up) & ORDER) | (pair[1] >> (31 - up));
        add(&mut to[last], odd);
    }
}

/// Of a table of values the extensions of the even and of the odd ones; `rest` are the coordinates of all bits but the
/// lowest, and of others.
pub fn extensions_of_halves<E: Challenge>(values: &[E], rest: &[E]) -> [E; 2] {
    let bits = values.len().ilog2() as usize - 1;
    [0, 1].map(|first| {
        let half: Vec<E> = values.iter().skip(first).step_by(2).copied().collect();
        extension(&half, &rest[..bits])
    })
}

/// For each value of the lowest `group` bits, the extension of the values with these bits.
fn by_residue<E: Challenge>(values: &[E], group: usize, point: &[E]) -> Vec<E> {
    let weights = table(point);
    let mut sums = vec![E::ZERO; 1 << group];
    for (values, weight) in values.chunks_exact(1 << group).zip(&weights) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += *weight * *value;
        }
    }
    sums
}

/// Sums of lines, each times its weight.
struct Sums<'a, E: ProverChallenge> {
    coordinates: &'a [Buffer],
    /// The first line.
    first: usize,
    /// The weights of lines.
    low: &'a [E::Scalar],
    /// The weight of all of them.
    high: &'a E::Scalar,
}

impl<E: ProverChallenge> Kernel for Sums<'_, E> {
    type Output = [[u32; LINE]; MAX_DEGREE];

    #[inline(always)]
    fn run<L: Lanes>(self) -> Self::Output {
        let words = LINE * self.first..LINE * (self.first + self.low.len());
        let mut columns: [&[u32]; MAX_DEGREE] = [&[]; MAX_DEGREE];
        for (column, coordinate) in columns.iter_mut().zip(self.coordinates) {
            *column = &coordinate[words.clone()];
        }
        let mut sums = [[0; LINE]; MAX_DEGREE];
        let mut part = 0;
        while part < LINE / L::WIDTH {
            let mut sum = E::Packed::<L>::wide_zero();
            for (line, weight) in self.low.iter().enumerate() {
                let at = LINE * line + L::WIDTH * part;
                let element = E::Packed::<L>::load(&columns[..E::DEGREE], at);
                sum = element.scale_add(weight, E::Packed::<L>::fold(sum));
            }
            let sum = E::Packed::<L>::reduce(sum).scale(self.high);
            let mut k = 0;
            while k < E::DEGREE {
                sum.as_ref()[k].store(&mut sums[k][L::WIDTH * part..]);
                k += 1;
            }
            part += 1;
        }
        sums
    }
}

/// Combines elements within lines.
struct Fold<'a, E: ProverChallenge> {
    coordinates: &'a [Buffer],
    first: usize,
    lines: usize,
    weights: &'a [E::Scalar],
    to: Vec<&'a mut [u32]>,
}

impl<E: ProverChallenge> Kernel for Fold<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let mut to = self.to;
        let per_line = LINE / self.weights.len();
        let mut line = 0;
        while line < self.lines {
            let from = LINE * (self.first + line);
            let mut columns = [[L::ZERO; LINE]; MAX_DEGREE];
            let mut k = 0;
            while k < E::DEGREE {
                columns[k] = L::load_columns(&self.coordinates[k][from..], LINE);
                k += 1;
            }
            let mut folded = [[L::ZERO; LINE]; MAX_DEGREE];
            let mut group = 0;
            while group < per_line {
                let mut sum = E::Packed::<L>::wide_zero();
                for (index, weight) in self.weights.iter().enumerate() {
                    let mut element = E::Packed::<L>::ZERO;
                    let mut k = 0;
                    while k < E::DEGREE {
                        element.as_mut()[k] = columns[k][self.weights.len() * group + index];
                        k += 1;
                    }
                    sum = element.scale_add(weight, E::Packed::<L>::fold(sum));
                }
                let sum = E::Packed::<L>::reduce(sum);
                let mut k = 0;
                while k < E::DEGREE {
                    folded[k][group] = sum.as_ref()[k];
                    k += 1;
                }
                group += 1;
            }
            let mut k = 0;
            while k < E::DEGREE {
                let to = &mut to[k][per_line * line..];
                if per_line == 1 {
                    folded[k][0].store(to);
                } else {
                    L::store_columns_between(&folded[k], to, per_line, 0, per_line);
                }
                k += 1;
            }
            line += L::WIDTH;
        }
    }
}

/// Adds elements, each times a scalar.
struct AddScaled<'a, E: ProverChallenge> {
    from: &'a [Buffer],
    first: usize,
    scalar: &'a E::Scalar,
    to: Vec<&'a mut [u32]>,
}

impl<E: ProverChallenge> Kernel for AddScaled<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let mut to = self.to;
        let count = to.first().map_or(0, |to| to.len());
        let mut at = 0;
        while at < count {
            let (mut sum, mut other) = (E::Packed::<L>::ZERO, E::Packed::<L>::ZERO);
            let mut k = 0;
            while k < E::DEGREE {
                sum.as_mut()[k] = L::load(&to[k][at..]);
                other.as_mut()[k] = L::load(&self.from[k][self.first + at..]);
                k += 1;
            }
            let sum = sum.add_scaled(other, self.scalar);
            let mut k = 0;
            while k < E::DEGREE {
                sum.as_ref()[k].store(&mut to[k][at..]);
                k += 1;
            }
            at += L::WIDTH;
        }
    }
}
