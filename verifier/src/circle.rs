//! The circle `x^2 + y^2 = 1`, its domains, and the order in which they stand.
//!
//! Section 5 of the protocol. The domain of `2^m` points consists of the odd multiples of the
//! generator of order `2^(m + 1)`. A position `t` has a top bit c, which conjugates, and low bits l.

use alloc::vec::Vec;
use core::ops::{Add, Sub};

use p3_field::{PrimeCharacteristicRing, extension::ComplexExtendable};
use zonda_circuits::F;

use crate::challenge::Challenge;

/// The base-two logarithm of the number of points over the base field.
pub const LOG_ORDER: u32 = 31;

/// A point of the circle; addition is that of angles.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Point<E> {
    /// The cosine.
    pub x: E,
    /// The sine.
    pub y: E,
}

impl<E: PrimeCharacteristicRing + Copy> Point<E> {
    /// The neutral element.
    pub const ZERO: Self = Self {
        x: E::ONE,
        y: E::ZERO,
    };

    /// Twice the point.
    #[must_use]
    pub fn double(self) -> Self {
        Self {
            x: double_x(self.x),
            y: (self.x * self.y).double(),
        }
    }

    /// `2^count` times the point.
    #[must_use]
    pub fn double_times(self, count: u32) -> Self {
        (0..count).fold(self, |point, _| point.double())
    }

    /// `factor` times the point.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        (0..u32::BITS).rev().fold(Self::ZERO, |sum, bit| {
            let double = sum.double();
            if factor.checked_shr(bit).unwrap_or_default() & 1 == 1 {
                double + self
            } else {
                double
            }
        })
    }

    /// The mirror image: minus the point.
    #[must_use]
    pub fn mirror(self) -> Self {
        Self {
            x: self.x,
            y: -self.y,
        }
    }
}

impl<E: PrimeCharacteristicRing + Copy> Add for Point<E> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            x: self.x * other.x - self.y * other.y,
            y: self.x * other.y + self.y * other.x,
        }
    }
}

impl<E: PrimeCharacteristicRing + Copy> Sub for Point<E> {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            x: self.x * other.x + self.y * other.y,
            y: self.y * other.x - self.x * other.y,
        }
    }
}

impl Point<F> {
    /// The generator of the subgroup of order `2^log_order`, which must be at most
    /// `2^`[`LOG_ORDER`]: twice it generates the subgroup half as large.
    pub fn generator(log_order: u32) -> Self {
        let generator = F::circle_two_adic_generator(log_order.min(LOG_ORDER) as usize);
        Self {
            x: generator.real(),
            y: generator.imag(),
        }
    }

    /// The same point over a challenge field.
    pub fn lift<E: Challenge>(self) -> Point<E> {
        Point {
            x: E::from_base(self.x),
            y: E::from_base(self.y),
        }
    }
}

/// The x of twice a point with this x.
#[inline]
pub fn double_x<E: PrimeCharacteristicRing + Copy>(x: E) -> E {
    x.square().double() - E::ONE
}

/// `v_h` at a point with this x: the polynomial that vanishes on the domain of `2^h` points, for `h
/// >= 1`.
pub fn vanishing<E: PrimeCharacteristicRing + Copy>(log_size: u32, x: E) -> E {
    (1..log_size).fold(x, |x, _| double_x(x))
}

/// The point of the domain of `2^log_size` points at c = `conjugate`, l = `low`: it is
/// `(4 b + 1) G` for the generator G of order `2^(log_size + 1)` and b the reversed bits of l, so
/// bit j of l adds the generator of order `2^(j + 1)`.
pub fn point(log_size: u32, conjugate: bool, low: u32) -> Point<F> {
    let mut point = Point::generator(log_size.saturating_add(1));
    for bit in 0..log_size.saturating_sub(1).min(LOG_ORDER) {
        if low.wrapping_shr(bit) & 1 == 1 {
            point = point + Point::generator(bit.saturating_add(1));
        }
    }
    if conjugate { point.mirror() } else { point }
}

/// The points of the domain of `2^log_size` points with c = 0, in the order of l.
pub fn half_domain(log_size: u32) -> Vec<Point<F>> {
    let mut points = Vec::from([Point::generator(log_size.saturating_add(1))]);
    for bit in 1..log_size {
        let turn = Point::generator(bit);
        let turned: Vec<_> = points.iter().map(|point| *point + turn).collect();
        points.extend(turned);
    }
    points
}

/// The point of the domain of `2^log_size` points at position `t`.
pub fn point_at(log_size: u32, position: usize) -> Point<F> {
    let (conjugate, low) = split(log_size, position);
    point(log_size, conjugate, low as u32)
}

/// The parts (c, l) of a position in a domain of `2^log_size` points.
pub const fn split(log_size: u32, position: usize) -> (bool, usize) {
    let top = 1_usize.wrapping_shl(log_size.saturating_sub(1));
    (position & top != 0, position & !top)
}

/// The place in memory of a position of a domain of `2^log_size` points: `w = 2 l + c`.
pub const fn place(log_size: u32, position: usize) -> usize {
    let (conjugate, low) = split(log_size, position);
    low.wrapping_shl(1) | conjugate as usize
}

/// The position of a place in memory: the inverse of [`place`].
pub const fn position(log_size: u32, place: usize) -> usize {
    let top = (place & 1).wrapping_shl(log_size.saturating_sub(1));
    (place >> 1) | top
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generators_halve() {
        for log_order in 1..=LOG_ORDER {
            let generator = Point::generator(log_order);
            assert_eq!(generator.double(), Point::generator(log_order - 1));
            assert_eq!(generator.x.square() + generator.y.square(), F::ONE);
        }
        assert_eq!(Point::generator(0), Point::ZERO);
    }

    #[test]
    fn domains_are_the_odd_multiples() {
        for log_size in 1..8 {
            let generator = Point::generator(log_size + 1);
            let size = 1 << log_size;
            let points: Vec<_> = (0..size).map(|t| point_at(log_size, t)).collect();
            for i in 0..size as u32 {
                assert!(points.contains(&generator.times(2 * i + 1)));
            }
            for (t, point) in points.iter().enumerate() {
                assert_eq!(vanishing(log_size, point.x), F::ZERO);
                assert_eq!(position(log_size, place(log_size, t)), t);
            }
        }
    }

    #[test]
    fn points_are_as_specified() {
        for log_size in 1..10_u32 {
            let bits = log_size - 1;
            let half = half_domain(log_size);
            assert_eq!(half.len(), 1 << bits);
            for (low, point) in (0_u32..).zip(half) {
                let reversed = low.reverse_bits().checked_shr(32 - bits).unwrap_or(0);
                let expected = Point::generator(log_size + 1).times(4 * reversed + 1);
                assert_eq!(point, expected);
                assert_eq!(super::point(log_size, false, low), expected);
            }
        }
    }

    #[test]
    fn doubling_drops_the_lowest_bit() {
        for log_size in 2..8 {
            for t in 0..1_usize << log_size {
                let point = point_at(log_size, t);
                assert_eq!(point.double(), point_at(log_size - 1, t >> 1));
                let opposite = point_at(log_size, t ^ (1 << (log_size - 1)));
                assert_eq!(point.mirror(), opposite);
                if log_size > 1 {
                    let (c, low) = split(log_size, t);
                    let turned = super::point(log_size, c, low as u32 ^ 1);
                    assert_eq!((-point.x, -point.y), (turned.x, turned.y));
                }
            }
        }
    }

    #[test]
    fn vanishing_takes_two_values_on_the_extension() {
        let values: Vec<_> = (0..64).map(|t| vanishing(5, point_at(6, t).x)).collect();
        assert!(values.iter().all(|v| *v == values[0] || *v == -values[0]));
        assert_ne!(values[0], F::ZERO);
    }
}
