//! Polynomials from their values on a domain: at another point, or as coefficients.
//!
//! Section 5 of the protocol. Values stand in the order of memory. A polynomial of `2^h`
//! coefficients is a sum over all products of y, `v_1 = x`, `v_2`, ..., `v_(h - 1)`.

use alloc::vec::Vec;

use p3_field::{PrimeCharacteristicRing, batch_multiplicative_inverse};
use zonda_circuits::F;

use crate::{
    challenge::Challenge,
    circle::{Point, double_x, half_domain},
    cost::Operations,
    lengths::{self, LengthError},
};

/// The divisors of the difference of two neighbours, per layer of a transform: y for the first, x of
/// ever smaller domains for the others.
#[derive(Clone, Debug)]
pub struct Twiddles(Vec<Vec<F>>);

impl Twiddles {
    /// The twiddles of the domain of `2^log_size` points.
    pub fn new(log_size: u32) -> Self {
        let half = half_domain(log_size);
        let mut layers = Vec::from([half.iter().map(|point| point.y).collect()]);
        let mut line: Vec<F> = half.iter().map(|point| point.x).collect();
        for _ in 1..log_size {
            let even: Vec<F> = line.iter().copied().step_by(2).collect();
            line = even.iter().map(|x| double_x(*x)).collect();
            layers.push(even);
        }
        Self(layers)
    }

    /// The inverses of all twiddles, which are not zero.
    #[must_use]
    pub fn invert(&self) -> Self {
        let invert = |layer: &Vec<F>| batch_multiplicative_inverse(layer);
        Self(self.0.iter().map(invert).collect())
    }
}

/// Makes coefficients of the values on a domain, given its inverted twiddles.
pub fn coefficients(values: &mut [F], inverted: &Twiddles) {
    for (stride, layer) in strides().zip(&inverted.0) {
        butterflies(values, stride, layer, |a, b, inverse| {
            ((a + b).halve(), ((a - b) * inverse).halve())
        });
    }
}

/// Makes values on a domain of coefficients, given its twiddles.
pub fn values(coefficients: &mut [F], twiddles: &Twiddles) {
    let layers: Vec<_> = strides().zip(&twiddles.0).collect();
    for (stride, layer) in layers.into_iter().rev() {
        butterflies(coefficients, stride, layer, |a, b, twiddle| {
            let b = b * twiddle;
            (a + b, a - b)
        });
    }
}

/// The polynomials with these values on the domain of `2^log_size` points, at one point: each
/// layer of the inverse transform is followed at once by that layer of the evaluation.
///
/// # Errors
/// If a column has another number of values.
pub fn evaluate<E: Challenge>(
    columns: &[Vec<F>],
    log_size: u32,
    at: Point<E>,
    operations: &mut Operations,
) -> Result<Vec<E>, LengthError> {
    let size = 1_usize.checked_shl(log_size).unwrap_or(0);
    for column in columns {
        lengths::check("values of a column", size, column.len())?;
    }
    let inverted = Twiddles::new(log_size).invert();
    let Some((first, others)) = inverted.0.split_first() else {
        return Ok(columns.iter().map(|_| E::ZERO).collect());
    };
    let mut factors = Vec::new();
    let mut x = at.x;
    for _ in others {
        factors.push(x);
        x = double_x(x);
    }
    // Points and inverses of all twiddles, at four and three products.
    operations.multiply_base(first.len().saturating_mul(10));
    let evaluate = |column: &Vec<F>| {
        let pairs = column.chunks_exact(2).zip(first);
        let mut values: Vec<E> = pairs
            .filter_map(|(pair, inverse)| match pair {
                [a, b] => Some(at.y.mul_base((*a - *b) * *inverse) + E::from_base(*a + *b)),
                _ => None,
            })
            .collect();
        operations.scale(values.len());
        operations.multiply_base(values.len());
        for (layer, factor) in others.iter().zip(&factors) {
            let pairs = values.chunks_exact(2).zip(layer);
            values = pairs
                .filter_map(|(pair, inverse)| match pair {
                    [a, b] => Some(*a + *b + *factor * (*a - *b).mul_base(*inverse)),
                    _ => None,
                })
                .collect();
            operations.scale(values.len());
            operations.multiply(values.len());
        }
        let sum = values.first().copied().unwrap_or_default();
        sum.div_2exp_u64(u64::from(log_size))
    };
    Ok(columns.iter().map(evaluate).collect())
}

/// Applies `butterfly` to all pairs at a distance of `stride`, with the twiddle of their block.
fn butterflies(
    values: &mut [F],
    stride: usize,
    twiddles: &[F],
    butterfly: impl Fn(F, F, F) -> (F, F),
) {
    let blocks = values.chunks_exact_mut(stride.saturating_mul(2));
    for (block, twiddle) in blocks.zip(twiddles) {
        let Some((low, high)) = block.split_at_mut_checked(stride) else {
            continue;
        };
        for (a, b) in low.iter_mut().zip(high) {
            (*a, *b) = butterfly(*a, *b, *twiddle);
        }
    }
}

fn strides() -> impl Iterator<Item = usize> {
    (0..usize::BITS).map(|bit| 1_usize.wrapping_shl(bit))
}

#[cfg(test)]
mod tests {
    use p3_mersenne_31::QM31;

    use super::*;
    use crate::circle::{point_at, position};

    /// The value of a polynomial by its definition.
    fn direct<E: Challenge>(coefficients: &[F], at: Point<E>) -> E {
        let mut basis = Vec::from([E::ONE]);
        let mut factor = at.y;
        let mut x = at.x;
        while basis.len() < coefficients.len() {
            let products: Vec<_> = basis.iter().map(|b| *b * factor).collect();
            basis.extend(products);
            factor = x;
            x = double_x(x);
        }
        let terms = basis.iter().zip(coefficients);
        terms.map(|(b, c)| b.mul_base(*c)).sum()
    }

    fn some(count: usize) -> Vec<F> {
        (1..=count as u64)
            .map(|i| F::from_u64(i * i * 0x1234_5678_9abc))
            .collect()
    }

    #[test]
    fn values_are_those_of_the_polynomial() {
        for log_size in 1..8 {
            let size = 1 << log_size;
            let expected = some(size);
            let twiddles = Twiddles::new(log_size);
            let mut array = expected.clone();
            values(&mut array, &twiddles);
            for (w, value) in array.iter().enumerate() {
                let point = point_at(log_size, position(log_size, w));
                assert_eq!(
                    direct(&expected, point.lift::<QM31>()),
                    QM31::from_base(*value)
                );
            }
            coefficients(&mut array, &twiddles.invert());
            assert_eq!(array, expected);
        }
    }

    #[test]
    fn evaluation_is_that_of_the_interpolant() {
        for log_size in 1..8 {
            let column = some(1 << log_size);
            let tau = QM31::from_coordinates_fn(|i| F::from_usize(i * 1000 + 3));
            let at = Point::from_parameter(tau).unwrap();
            let mut array = column.clone();
            coefficients(&mut array, &Twiddles::new(log_size).invert());
            let got = evaluate(&[column], log_size, at, &mut Operations::default()).unwrap();
            assert_eq!(got, [direct(&array, at)]);
        }
    }
}
