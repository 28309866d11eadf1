//! The DEEP composition: one function for all columns and both out-of-domain points.

use std::ops::Range;

use zonda_kernels::{Group, Kernel, Lanes, Packed, Platform};
use zonda_verifier::circle::Point;

use super::{
    challenge::ProverChallenge,
    lookup::coordinates,
    points::Points,
    quotient::{Coordinates, for_ranges},
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
            let mut wide = <E::Packed<L> as Packed<L>>::Wide::default();
            let mut column = start;
            let mut terms = 0;
            while column < end {
                let (block, lane) = (column / 16, column % 16);
                let count = (16 - lane).min(end - column);
                let lines = &self.group.block(block)[16 * place..16 * (place + L::WIDTH)];
                let loaded = L::load_columns(lines, 16);
                for (index, lanes) in loaded[lane..lane + count].iter().enumerate() {
                    if terms == E::Packed::<L>::TERMS {
                        wide = E::Packed::<L>::fold(wide);
                        terms = 0;
                    }
                    terms += 1;
                    let power = (column - start + index) * E::DEGREE;
                    let power = &self.powers[power..power + E::DEGREE];
                    wide = E::Packed::<L>::accumulate(wide, *lanes, power);
                }
                column += count;
            }
            let sum = E::Packed::<L>::reduce(wide);
            let at = place - self.places.start;
            for (coordinate, column) in self.sums.iter_mut().enumerate() {
                let cells = &mut column[at..at + L::WIDTH];
                (L::load(cells) + sum.coordinate(coordinate)).store(cells);
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
/// conjugate), on the largest extended domain (PROTOCOL, section 6). None if a point of the domain
/// is on such a line.
pub fn divide<E: ProverChallenge>(
    platform: Platform,
    points: &Points,
    opened: &[Opened<'_, E>],
) -> Option<Coordinates> {
    let size = 2 * points.x.len();
    let mut sums = vec![vec![0; size]; E::DEGREE];
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
    complete.into_inner().then_some(sums)
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
        let splat = |element: &E| {
            let coordinates: Vec<u32> = coordinates(element).collect();
            E::Packed::<L>::splat(&coordinates)
        };
        let mut complete = true;
        for opened in self.opened {
            let Point { x, y } = opened.point;
            let x_factor = y.conjugate() - y;
            let y_factor = x.conjugate() - x;
            // (x - x_Z) x_factor - (y - y_Z) y_factor, as a linear function.
            let constant = splat(&(y * y_factor - x * x_factor));
            let (x_factor, y_factor) = (splat(&x_factor), splat(&-y_factor));
            let (slope, line) = (splat(&opened.line.0), splat(&opened.line.1));
            for place in self.places.clone().step_by(L::WIDTH) {
                let half = place / 2;
                let x = L::from_fn(|lane| self.points.x[half + lane / 2]);
                let y = L::from_fn(|lane| self.points.y[half + lane / 2]);
                let y = L::even_odd(y, -y);
                let divisor = x_factor.mul_lanes(x).add(y_factor.mul_lanes(y)).add(constant);
                let columns: [L; 6] = core::array::from_fn(|coordinate| {
                    opened
                        .columns
                        .get(coordinate)
                        .map_or(L::splat(0), |column| L::load(&column[place..]))
                });
                let value = E::Packed::<L>::from_coordinates(&columns[..E::DEGREE])
                    .sub(slope.mul_lanes(y))
                    .sub(line);
                let Some(inverse) = divisor.inverse() else {
                    complete = false;
                    continue;
                };
                let value = value.mul(inverse);
                let at = place - self.places.start;
                for (coordinate, column) in self.sums.iter_mut().enumerate() {
                    let cells = &mut column[at..at + L::WIDTH];
                    (L::load(cells) + value.coordinate(coordinate)).store(cells);
                }
            }
        }
        complete
    }
}

/// Challenge powers: `count` of them, from the power 0 on.
pub fn powers<E: ProverChallenge>(challenge: E, count: usize) -> Vec<E> {
    core::iter::successors(Some(E::ONE), |power| Some(*power * challenge))
        .take(count)
        .collect()
}
