//! The circle, its domains, and polynomials on them: section 5 of PROTOCOL.md.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::F;
use zonda_verifier::Challenge;

/// A point of the circle.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Point {
    pub x: F,
    pub y: F,
}

impl Point {
    fn plus(self, other: Self) -> Self {
        Self {
            x: self.x * other.x - self.y * other.y,
            y: self.x * other.y + self.y * other.x,
        }
    }

    fn times(self, mut factor: u32) -> Self {
        let (mut sum, mut power) = (
            Self {
                x: F::ONE,
                y: F::ZERO,
            },
            self,
        );
        while factor > 0 {
            if factor & 1 == 1 {
                sum = sum.plus(power);
            }
            power = power.plus(power);
            factor >>= 1;
        }
        sum
    }
}

/// The generator of the subgroup of order `2^k`.
fn generator(k: u32) -> Point {
    let whole = Point {
        x: F::from_u32(311_014_874),
        y: F::from_u32(1_584_694_829),
    };
    whole.times(1 << (31 - k))
}

/// The point at position `(c, l)` of `D(m)`.
pub fn point(m: u32, c: usize, l: usize) -> Point {
    let reversed = (0..m - 1).fold(0, |sum, bit| sum << 1 | (l as u32 >> bit & 1));
    let point = generator(m + 1).times(4 * reversed + 1);
    if c == 0 {
        point
    } else {
        Point {
            y: -point.y,
            ..point
        }
    }
}

/// The place in memory of position `t` of `D(m)`.
pub fn place(m: u32, t: usize) -> usize {
    let (c, l) = (t >> (m - 1), t % (1 << (m - 1)));
    2 * l + c
}

/// The values of all products of the variables: `basis[j]` is that of those whose bits are 1 in `j`.
fn basis<E: Challenge>(variables: &[E]) -> Vec<E> {
    variables.iter().fold(vec![E::ONE], |mut basis, variable| {
        basis.extend(basis.clone().into_iter().map(|product| product * *variable));
        basis
    })
}

/// `v_1` at `x`, `v_2`, and so on.
fn doublings(x: F, count: u32) -> impl Iterator<Item = F> {
    std::iter::successors(Some(x), |v| Some((*v * *v).double() - F::ONE)).take(count as usize)
}

fn combine<E: Challenge>(coefficients: &[E], variables: impl Iterator<Item = F>) -> E {
    let variables: Vec<E> = variables.map(E::from_base).collect();
    let products = basis(&variables).into_iter().zip(coefficients);
    products.map(|(product, c)| product * *c).sum()
}

/// The value at a point of the polynomial of `2^m` coefficients, by its definition.
pub fn evaluate<E: Challenge>(coefficients: &[E], at: Point) -> E {
    let m = coefficients.len().ilog2();
    combine(
        coefficients,
        std::iter::once(at.y).chain(doublings(at.x, m - 1)),
    )
}

/// The value at `x` of the polynomial in `x` alone that has `2^k` coefficients, by its definition.
pub fn evaluate_line<E: Challenge>(coefficients: &[E], x: F) -> E {
    combine(coefficients, doublings(x, coefficients.len().ilog2()))
}

/// What halvings divide by: of `D(m)`, the `y` of all pairs of positions; then the `x`, for each
/// domain that doubling leads to.
pub struct Halvings(Vec<Vec<F>>);

impl Halvings {
    pub fn new(m: u32) -> Self {
        let ys = (0..1 << (m - 1)).map(|l| point(m, 0, l).y).collect();
        let xs = (2..=m).rev().map(|m| {
            let pairs = (0..1 << (m - 1)).step_by(2);
            pairs.map(|l| point(m, 0, l).x).collect()
        });
        Self(std::iter::once(ys).chain(xs).collect())
    }

    /// The one of halving `depth`, of the pair `pair`.
    pub fn of(&self, depth: usize, pair: usize) -> F {
        self.0[depth][pair]
    }

    /// The polynomial of `coefficients`, a power of two of them, on the domain that `depth` halvings
    /// lead to: by place for depth 0, by `l` after it. `scale` multiplies by a number.
    pub fn values<A: PrimeCharacteristicRing + Copy>(
        &self,
        coefficients: &[A],
        depth: usize,
        scale: fn(A, F) -> A,
    ) -> Vec<A> {
        if let [constant] = coefficients {
            // There are twice as many points as coefficients.
            return vec![*constant; 2];
        }
        let (pairs, _) = coefficients.as_chunks::<2>();
        let half = |odd: usize| -> Vec<A> {
            let half: Vec<A> = pairs.iter().map(|pair| pair[odd]).collect();
            self.values(&half, depth + 1, scale)
        };
        let both = |(pair, (even, odd)): (usize, (A, A))| {
            let odd = scale(odd, self.of(depth, pair));
            [even + odd, even - odd]
        };
        let halves = half(0).into_iter().zip(half(1));
        halves.enumerate().flat_map(both).collect()
    }
}

#[cfg(test)]
mod tests {
    use zonda_verifier::QM31;

    use super::*;
    use crate::lift::lift;

    fn coefficients(m: u32) -> Vec<QM31> {
        (0..1 << m).map(crate::multilinear::some).collect()
    }

    #[test]
    fn domains_are_those_of_the_document() {
        assert_eq!(
            generator(31).times(1 << 30),
            Point {
                x: -F::ONE,
                y: F::ZERO
            }
        );
        for m in 2..8 {
            for t in 0..1 << m {
                let (c, l) = (t >> (m - 1), t % (1 << (m - 1)));
                let own = point(m, c, l);
                assert_eq!(own.x * own.x + own.y * own.y, F::ONE);
                let negative = point(m, c, l ^ 1);
                assert!(
                    m == 2 && l > 1
                        || negative
                            == Point {
                                x: -own.x,
                                y: -own.y
                            }
                );
                if m > 2 {
                    let (c, l) = (c, l >> 1);
                    assert_eq!(own.plus(own), point(m - 1, c, l));
                }
            }
        }
    }

    #[test]
    fn values_are_those_of_the_polynomial() {
        let m = 6;
        let coefficients = coefficients(m);
        let halvings = Halvings::new(m + 1);
        let values = halvings.values(&coefficients, 0, Challenge::mul_base);
        for t in 0..2 << m {
            let at = point(m + 1, t >> m, t % (1 << m));
            assert_eq!(values[place(m + 1, t)], evaluate(&coefficients, at));
        }
        // After some halvings.
        let line = &coefficients[..1 << (m - 2)];
        let values = halvings.values(line, 2, Challenge::mul_base);
        for (l, value) in values.into_iter().enumerate() {
            assert_eq!(value, evaluate_line(line, point(m, 0, l).x));
        }
    }

    #[test]
    fn lifted_polynomials_are_those_of_the_multiple() {
        let (m, q) = (3, 2);
        let coefficients = coefficients(m);
        let lifted = lift(&coefficients, q);
        for t in 0..2 << (m + q) {
            let at = point(m + q + 1, t >> (m + q), t % (1 << (m + q)));
            let below = at.times(1 << q);
            assert_eq!(evaluate(&lifted, at), evaluate(&coefficients, below));
            let (c, l) = (t >> (m + q), (t % (1 << (m + q))) >> q);
            assert_eq!(below, point(m + 1, c, l));
        }
    }
}
