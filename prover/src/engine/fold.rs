//! Folding a function on a domain by a challenge, several halvings at a time.

use p3_field::{PrimeCharacteristicRing, batch_multiplicative_inverse};
use rayon::prelude::*;
use zonda_circuits::F;
use zonda_kernels::{AllocationError, Pool};
use zonda_riscv_emu::allocate::{self, OutOfMemory};

use super::{
    challenge::ProverChallenge,
    lookup::coordinates,
    points::Points,
    quotient::{Coordinates, for_ranges},
};

/// The twiddles of every halving of D(`m`), inverted.
pub struct Twiddles {
    /// 1 / y by l, for halving the circle.
    y: Vec<F>,
    /// 1 / x for halving the line of l: one value per pair, the positions of both differ in the
    /// lowest bit. The line of half the size has the doubled points.
    x: Vec<Vec<F>>,
}

impl Twiddles {
    /// The twiddles of the domain of `points`, for `halvings` halvings.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn new(points: &Points, halvings: usize) -> Result<Self, OutOfMemory> {
        const VALUES_PER_TASK: usize = 1 << 12;
        let invert = |mut values: Vec<F>| {
            values.par_chunks_mut(VALUES_PER_TASK).for_each(|values| {
                let inverses = batch_multiplicative_inverse(values);
                values.copy_from_slice(&inverses);
            });
            values
        };
        let y = invert(allocate::collect(points.y.iter().map(|y| F::new(*y)))?);
        let mut line = allocate::collect(points.x.iter().map(|x| F::new(*x)))?;
        let mut x = Vec::new();
        for _ in 1..halvings {
            // Each line is half as long as the one before.
            for index in 0..line.len() / 2 {
                line[index] = line[2 * index];
            }
            line.truncate(line.len() / 2);
            x.push(invert(allocate::copied(&line)?));
            line.iter_mut()
                .for_each(|x| *x = x.square().double() - F::ONE);
        }
        Ok(Self { y, x })
    }

    /// The inverse twiddle of pair `pair` of halving `halving`.
    fn get(&self, halving: usize, pair: usize) -> F {
        match halving.checked_sub(1) {
            None => self.y[pair],
            Some(line) => self.x[line][pair],
        }
    }
}

/// Folds `values` by 2^`log_arity`, the first halving being number `halving` of the domain's
/// (PROTOCOL, section 8.7).
///
/// # Errors
/// If memory is refused.
pub fn fold<E: ProverChallenge>(
    pool: &Pool,
    values: &Coordinates,
    twiddles: &Twiddles,
    halving: usize,
    log_arity: usize,
    challenge: E,
) -> Result<Coordinates, AllocationError> {
    let arity = 1 << log_arity;
    let size = values[0].len() / arity;
    let challenges: Vec<E> = core::iter::successors(Some(challenge), |x| Some(x.square()))
        .take(log_arity)
        .collect();
    const LEAVES_PER_TASK: usize = 1 << 9;
    let folded = (0..E::DEGREE).map(|_| pool.take(size));
    let mut folded = folded.collect::<Result<Coordinates, _>>()?;
    for_ranges(&mut folded, LEAVES_PER_TASK, |leaves, columns| {
        for (place, leaf) in leaves.enumerate() {
            let mut entries = [E::ZERO; 8];
            for (slot, entry) in entries[..arity].iter_mut().enumerate() {
                *entry = E::from_coordinates_fn(|coordinate| {
                    F::new(values[coordinate][leaf * arity + slot])
                });
            }
            for (step, challenge) in challenges.iter().enumerate() {
                let pairs = arity >> (step + 1);
                for pair in 0..pairs {
                    let (a, b) = (entries[2 * pair], entries[2 * pair + 1]);
                    let twiddle = twiddles.get(halving + step, leaf * pairs + pair);
                    entries[pair] = a + b + *challenge * (a - b).mul_base(twiddle);
                }
            }
            for (column, value) in columns.iter_mut().zip(coordinates(&entries[0])) {
                column[place] = value;
            }
        }
    });
    Ok(folded)
}

/// The coefficients of a polynomial of half as many coefficients as there are `values`, which stand
/// on the line that is left after `halving` halvings.
pub fn coefficients<E: ProverChallenge>(
    values: &Coordinates,
    twiddles: &Twiddles,
    halving: usize,
) -> Vec<E> {
    let size = values[0].len();
    let mut entries: Vec<E> = (0..size)
        .map(|place| E::from_coordinates_fn(|coordinate| F::new(values[coordinate][place])))
        .collect();
    for layer in 0..size.ilog2() as usize {
        let stride = 1 << layer;
        for block in 0..size / (2 * stride) {
            let twiddle = twiddles.get(halving + layer, block);
            for place in 2 * stride * block..2 * stride * block + stride {
                let (a, b) = (entries[place], entries[place + stride]);
                entries[place] = (a + b).halve();
                entries[place + stride] = (a - b).mul_base(twiddle).halve();
            }
        }
    }
    debug_assert!(
        entries[size / 2..]
            .iter()
            .all(|coefficient| coefficient.is_zero())
    );
    entries.truncate(size / 2);
    entries
}
