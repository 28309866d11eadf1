//! The DEEP composition: one function for all columns and both out-of-domain points.

use std::ops::Range;

use zonda_kernels::{AllocationError, Group, Kernel, LINE, Lanes, Packed, Platform, Pool};
use zonda_verifier::circle::Point;

use super::{
    challenge::{ProverChallenge, Sum, invert_all, splat},
    lookup::coordinates,
    points::Points,
    quotient::{self, Coordinates, for_ranges},
};

/// Adds `sum of powers * columns` of adjacent columns of a group to `sums`.
pub fn combine<E: ProverChallenge>(
    platform: Platform,
    group: &Group,
    columns: Range<usize>,
    powers: &[E],
    sums: &mut Coordinates,
) {
    let powers: Vec<u32> = powers.iter().flat_map(coordinates).collect();
    const PLACES_PER_TASK: usize = 1 << 10;
    for_ranges(sums, PLACES_PER_TASK, |places, sums| {
        platform.run(Combine::<E> {
            group,
            columns: columns.clone(),
            powers: &powers,
            places,
            sums,
            challenge: core::marker::PhantomData,
        });
    });
}

struct Combine<'a, 'b, E> {
    group: &'a Group,
    columns: Range<usize>,
    powers: &'a [u32],
    places: Range<usize>,
    sums: &'a mut [&'b mut [u32]],
    challenge: core::marker::PhantomData<E>,
}

impl<E: ProverChallenge> Kernel for Combine<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Range { start, end } = self.columns;
        for place in self.places.clone().step_by(L::WIDTH) {
            let mut sum = Sum::<L>::new();
            let mut column = start;
            while column < end {
                let (block, lane) = (column / LINE, column % LINE);
                let count = (LINE - lane).min(end - column);
                let words: &[u32] = &self.group.blocks()[block];
                let next = LINE * (place + L::WIDTH);
                for ahead in 0..L::WIDTH {
                    L::prefetch(words, next + LINE * ahead);
                }
                let loaded = L::load_columns(&words[LINE * place..next], LINE);
                for (index, lanes) in loaded[lane..lane + count].iter().enumerate() {
                    let power = (column - start + index) * E::DEGREE;
                    sum.add::<E::Packed<L>>(*lanes, &self.powers[power..]);
                }
                column += count;
            }
            let sum: E::Packed<L> = sum.reduce();
            let at = place - self.places.start;
            for (coordinate, column) in self.sums.iter_mut().enumerate() {
                let cells = &mut column[at..at + L::WIDTH];
                (L::load(cells) + sum.as_ref()[coordinate]).store(cells);
            }
        }
    }
}

/// One out-of-domain point: the batched columns opened there, and their line.
pub struct Opened<'a, E> {
    /// The point.
    pub point: Point<E>,
    /// The batched columns on the largest extended domain.
    pub columns: &'a Coordinates,
    /// The batched lines through the opened values: slope and constant.
    pub line: (E, E),
}

/// The slope and the constant of `sum of power * line` for lines in y through `value` at the point
/// and its conjugate at the conjugate.
pub fn line<'a, E: ProverChallenge>(
    point: &Point<E>,
    values: impl IntoIterator<Item = (&'a E, &'a E)>,
) -> (E, E) {
    let span = (point.y.conjugate() - point.y).inverse();
    let (mut slope, mut constant) = (E::ZERO, E::ZERO);
    for (power, value) in values {
        let a = (value.conjugate() - *value) * span;
        slope += *power * a;
        constant += *power * (*value - a * point.y);
    }
    (slope, constant)
}

/// The sum over the out-of-domain points of (columns - line) / (the line through the point and its
/// conjugate), on the largest extended domain (PROTOCOL, section 8.6). None if a point of the domain
/// is on such a line.
///
/// # Errors
/// If memory is refused.
pub fn divide<E: ProverChallenge>(
    platform: Platform,
    pool: &Pool,
    points: &Points,
    opened: &[Opened<'_, E>],
) -> Result<Option<Coordinates>, AllocationError> {
    let size = 2 * points.x.len();
    let mut sums = quotient::zeros::<E>(pool, size)?;
    let complete = core::sync::atomic::AtomicBool::new(true);
    for_ranges(&mut sums, 1 << 10, |places, sums| {
        let done = platform.run(Divide {
            points,
            opened,
            places,
            sums,
        });
        if !done {
            complete.store(false, core::sync::atomic::Ordering::Relaxed);
        }
    });
    Ok(complete.into_inner().then_some(sums))
}

struct Divide<'a, 'b, E> {
    points: &'a Points,
    opened: &'a [Opened<'a, E>],
    places: Range<usize>,
    sums: &'a mut [&'b mut [u32]],
}

impl<E: ProverChallenge> Kernel for Divide<'_, '_, E> {
    type Output = bool;

    #[inline(always)]
    fn run<L: Lanes>(self) -> bool {
        /// Vectors that share one inversion.
        const VECTORS: usize = 16;
        let mut inverses = [E::Packed::<L>::ZERO; VECTORS];
        let mut products = [E::Packed::<L>::ZERO; VECTORS];
        let mut ordinates = [L::splat(0); VECTORS];
        let mut complete = true;
        for opened in self.opened {
            let Point { x, y } = opened.point;
            let x_factor = y.conjugate() - y;
            let y_factor = x.conjugate() - x;
            // (x - x_Z) x_factor - (y - y_Z) y_factor, as a linear function.
            let constant: E::Packed<L> = splat(&row(&(y * y_factor - x * x_factor)));
            let x_factor: E::Packed<L> = splat(&row(&x_factor));
            let y_factor: E::Packed<L> = splat(&row(&-y_factor));
            let slope: E::Packed<L> = splat(&row(&opened.line.0));
            let line: E::Packed<L> = splat(&row(&opened.line.1));
            for first in self.places.clone().step_by(VECTORS * L::WIDTH) {
                let count = ((self.places.end - first) / L::WIDTH).min(VECTORS);
                let inverses = &mut inverses[..count];
                for (vector, divisor) in inverses.iter_mut().enumerate() {
                    let half = (first + vector * L::WIDTH) / 2;
                    let x = twice::<L>(&self.points.x[half..]);
                    let y = twice::<L>(&self.points.y[half..]);
                    let y = L::even_odd(y, -y);
                    ordinates[vector] = y;
                    *divisor = x_factor * x + y_factor * y + constant;
                }
                complete &= invert_all(inverses, &mut products);
                for (vector, inverse) in inverses.iter().enumerate() {
                    let place = first + vector * L::WIDTH;
                    let mut value = E::Packed::<L>::ZERO;
                    for (lanes, column) in value.as_mut().iter_mut().zip(opened.columns) {
                        *lanes = L::load(&column[place..]);
                    }
                    let value = (value - slope * ordinates[vector] - line) * *inverse;
                    let at = place - self.places.start;
                    for (coordinate, column) in self.sums.iter_mut().enumerate() {
                        let cells = &mut column[at..at + L::WIDTH];
                        (L::load(cells) + value.as_ref()[coordinate]).store(cells);
                    }
                }
            }
        }
        complete
    }
}

/// Half as many words as there are lanes, each in two neighbours.
#[inline(always)]
fn twice<L: Lanes>(from: &[u32]) -> L {
    let mut words = [0; LINE];
    for (pair, word) in words[..L::WIDTH].chunks_exact_mut(2).zip(from) {
        pair.fill(*word);
    }
    L::load(&words)
}

fn row<E: ProverChallenge>(element: &E) -> Vec<u32> {
    coordinates(element).collect()
}

/// Challenge powers: `count` of them, from the power 0 on.
pub fn powers<E: ProverChallenge>(challenge: E, count: usize) -> Vec<E> {
    core::iter::successors(Some(E::ONE), |power| Some(*power * challenge))
        .take(count)
        .collect()
}
