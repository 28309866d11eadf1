//! Every column at the out-of-domain points.

use std::ops::Range;

use p3_field::{Field, PrimeCharacteristicRing};
use rayon::prelude::*;
use zonda_circuits::F;
use zonda_kernels::{Buffer, Group, Kernel, LINE, Lanes, Packed, Platform, Pool};
use zonda_verifier::circle::{self, Point, vanishing};

use super::{
    challenge::{ProverChallenge, Sum, invert_all, splat, weight},
    points::Points,
    prove::EngineError,
};

/// Weights that turn the values of a polynomial of 2^`log_height` coefficients on the first half of
/// its extended domain's memory into its value at `at`: coordinates, one weight after the other.
///
/// That half is a twin coset: with every point its conjugate, and x-coordinates x_l, the zeros of
/// v(x) - v(x_0) for the v that vanishes on the trace domain. Writing f = f0(x) + y f1(x) and
/// interpolating f0 and f1 gives the weight
/// `(v(x_Z) - v(x_0)) / (N Y) * (y_Z ± y_l) / (x_Z - x_l)`, with + for the point (x_l, y_l), - for
/// its conjugate, and Y the y-coordinate of N/2 times any point with c = 0.
///
/// # Errors
/// If `at` has the x-coordinate of a point of the domain, or memory is refused.
pub fn weights<E: ProverChallenge>(
    platform: Platform,
    pool: &Pool,
    log_height: usize,
    points: &Points,
    at: &Point<E>,
) -> Result<Buffer, EngineError> {
    let half = 1 << (log_height - 1);
    let start = circle::point(log_height as u32 + 1, false, 0);
    let constant = vanishing(log_height as u32, start.x);
    let start = start.double_times(log_height as u32 - 1);
    let scale = (start.y * F::from_usize(1 << log_height)).try_inverse();
    let scale = scale.ok_or(EngineError::Challenge)?;
    let scale = (vanishing(log_height as u32, at.x) - E::from_base(constant)).mul_base(scale);

    const POINTS_PER_TASK: usize = 1 << 10;
    let mut weights = pool.take(2 * half * E::DEGREE)?;
    weights
        .par_chunks_mut(2 * POINTS_PER_TASK * E::DEGREE)
        .enumerate()
        .map(|(task, weights)| {
            let start = task * POINTS_PER_TASK;
            let is_done = platform.run(Weights {
                x: &points.x[start..],
                y: &points.y[start..],
                at,
                scale,
                weights,
            });
            is_done.then_some(())
        })
        .collect::<Option<()>>()
        .ok_or(EngineError::Challenge)?;
    Ok(weights)
}

/// Weights of some points and their conjugates.
struct Weights<'a, E> {
    /// Coordinates of the points, and of as many more as make vectors full.
    x: &'a [u32],
    y: &'a [u32],
    at: &'a Point<E>,
    scale: E,
    weights: &'a mut [u32],
}

impl<E: ProverChallenge> Kernel for Weights<'_, E> {
    /// Whether `at` has no point's x-coordinate.
    type Output = bool;

    #[inline(always)]
    fn run<L: Lanes>(self) -> bool {
        /// Vectors that share one inversion.
        const VECTORS: usize = 16;
        let [at_x, at_y, scale] = [self.at.x, self.at.y, self.scale]
            .map(|element| splat::<L, E::Packed<L>>(&weight(&element)));
        let mut inverses = [E::Packed::<L>::ZERO; VECTORS];
        let mut products = [E::Packed::<L>::ZERO; VECTORS];
        let row = 2 * E::DEGREE;
        let points = self.weights.len() / row;
        for first in (0..points).step_by(VECTORS * L::WIDTH) {
            let count = (points - first).div_ceil(L::WIDTH).min(VECTORS);
            let inverses = &mut inverses[..count];
            for (vector, difference) in inverses.iter_mut().enumerate() {
                *difference = at_x.sub_lanes(L::load(&self.x[first + vector * L::WIDTH..]));
            }
            if !invert_all(inverses, &mut products) {
                return false;
            }
            for (vector, inverse) in inverses.iter().enumerate() {
                let start = first + vector * L::WIDTH;
                let y = L::load(&self.y[start..]);
                let factor = *inverse * scale;
                let point = factor * at_y.add_lanes(y);
                let conjugate = factor * (-at_y).add_lanes(y);
                let mut columns = [L::splat(0); LINE];
                columns[..E::DEGREE].copy_from_slice(point.as_ref());
                columns[E::DEGREE..row].copy_from_slice(conjugate.as_ref());
                let rest = &mut self.weights[start * row..];
                if start + L::WIDTH <= points {
                    L::store_columns_between(&columns, rest, row, 0, row);
                } else {
                    let mut lines = [0; LINE * LINE];
                    L::store_columns_between(&columns, &mut lines, row, 0, row);
                    rest.copy_from_slice(&lines[..rest.len()]);
                }
            }
        }
        true
    }
}

/// Some columns of a group at the point of `weights`, in order.
pub fn open<E: ProverChallenge>(
    platform: Platform,
    group: &Group,
    columns: Range<usize>,
    weights: &[u32],
) -> Vec<E> {
    let height = weights.len() / E::DEGREE;
    // Blocks and ranges of rows are independent: their sums are added.
    const ROWS_PER_TASK: usize = 1 << 12;
    let tasks = height.div_ceil(ROWS_PER_TASK);
    let blocks = columns.start / 16..columns.end.div_ceil(16);
    let skipped = columns.start % 16;
    let sums: Vec<Vec<E>> = blocks
        .into_par_iter()
        .map(|block| {
            (0..tasks)
                .into_par_iter()
                .map(|task| {
                    let start = task * ROWS_PER_TASK;
                    let end = (start + ROWS_PER_TASK).min(height);
                    platform.run(Dot::<E> {
                        lines: &group.blocks()[block][16 * start..16 * end],
                        weights: &weights[E::DEGREE * start..E::DEGREE * end],
                        challenge: core::marker::PhantomData,
                    })
                })
                .reduce(
                    || vec![E::ZERO; 16],
                    |a, b| a.into_iter().zip(b).map(|(a, b)| a + b).collect(),
                )
        })
        .collect();
    sums.into_iter()
        .flatten()
        .skip(skipped)
        .take(columns.len())
        .collect()
}

/// The weighted sum of lines of 16 columns.
struct Dot<'a, E> {
    lines: &'a [u32],
    weights: &'a [u32],
    challenge: core::marker::PhantomData<E>,
}

impl<E: ProverChallenge> Kernel for Dot<'_, E> {
    type Output = Vec<E>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Vec<E> {
        let mut sums = Vec::with_capacity(16);
        for first in (0..16).step_by(L::WIDTH) {
            let mut sum = Sum::<L>::new();
            let lines = self.lines.chunks_exact(16);
            let weights = self.weights.chunks_exact(E::DEGREE);
            for (line, weight) in lines.zip(weights) {
                sum.add::<E::Packed<L>>(L::load(&line[first..]), weight);
            }
            let sum: E::Packed<L> = sum.reduce();
            for lane in 0..L::WIDTH {
                sums.push(E::from_coordinates_fn(|coordinate| {
                    F::new(sum.as_ref()[coordinate].lane(lane))
                }));
            }
        }
        sums
    }
}
