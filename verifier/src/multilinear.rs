//! Multilinear polynomials: `eq`, extensions, and rounds of sums of products.

use alloc::{vec, vec::Vec};

use crate::challenge::Challenge;

/// `eq(a, b)` of two points with as many coordinates. What one of them has too many does not count.
pub fn eq<E: Challenge>(a: &[E], b: &[E]) -> E {
    let factors = a.iter().zip(b).map(|(a, b)| eq_bit(*a, *b));
    factors.product()
}

/// `(1 - a) (1 - b) + a b`.
#[inline]
pub fn eq_bit<E: Challenge>(a: E, b: E) -> E {
    let product = a * b;
    E::ONE - a - b + product + product
}

/// `eq(point, index)`: bit 0 of the index belongs to the first coordinate.
pub fn eq_index<E: Challenge>(point: &[E], index: usize) -> E {
    let factors = point.iter().enumerate().map(|(bit, coordinate)| {
        if is_set(index, bit) {
            *coordinate
        } else {
            E::ONE - *coordinate
        }
    });
    factors.product()
}

/// Whether a bit of an index is 1.
#[inline]
pub fn is_set(index: usize, bit: usize) -> bool {
    index.checked_shr(bit as u32).unwrap_or_default() & 1 == 1
}

/// `eq(point, index)` for all indices.
pub fn table<E: Challenge>(point: &[E]) -> Vec<E> {
    let mut table = vec![E::ONE];
    for coordinate in point {
        let high: Vec<E> = table.iter().map(|weight| *weight * *coordinate).collect();
        let low = table.iter_mut().zip(&high);
        low.for_each(|(weight, high)| *weight -= *high);
        table.extend(high);
    }
    table
}

/// The extension, at `point`, of the function with these values. Values that are not there are zero, and those that
/// the point has no coordinates for do not count.
pub fn extension<E: Challenge>(values: &[E], point: &[E]) -> E {
    let mut values = values.to_vec();
    for coordinate in point {
        let pair = |pair: &[E]| match pair {
            [even, odd] => *even + *coordinate * (*odd - *even),
            [even] => *even - *coordinate * *even,
            _ => E::ZERO,
        };
        values = values.chunks(2).map(pair).collect();
    }
    values.first().copied().unwrap_or_default()
}

/// The claim after a round of a sum of products. The round's polynomial is `s`, with `s(0)` and the coefficient of
/// its square in `round`, and the claim before is `sum = s(0) + s(1)`.
///
/// So every `round` is a polynomial that agrees with the claim.
#[inline]
pub fn next<E: Challenge>(sum: E, round: [E; 2], r: E) -> E {
    let [at_zero, square] = round;
    at_zero + r * (sum - at_zero.double() - square + square * r)
}

/// `sum over j below count of gamma^j eq(point, first + j)`, given `gamma^(2^i)` for the bits i of an index.
///
/// Above the highest bit in which the first index differs from the last, all have the same bits. In that bit those
/// of the lower half are 0: the sum over them is one from the first index up; the other is one up to the last index.
pub fn consecutive<E: Challenge>(powers: &[E], point: &[E], first: usize, count: usize) -> E {
    let Some(last) = count
        .checked_sub(1)
        .and_then(|rest| first.checked_add(rest))
    else {
        return E::ZERO;
    };
    let Some(top) = (first ^ last).checked_ilog2() else {
        return eq_index(point, first);
    };
    let top = top as usize;
    let (mut all, mut from, mut to) = (E::ONE, E::ONE, E::ONE);
    // gamma to the power of what the first index lacks to the next multiple of 2^bit.
    let mut ahead = powers.first().copied().unwrap_or_default();
    for (bit, (one, power)) in point.iter().zip(powers).enumerate().take(top) {
        let zero = E::ONE - *one;
        let higher = *one * *power;
        from = if is_set(first, bit) {
            *one * from
        } else {
            zero * from + *one * ahead * all
        };
        to = if is_set(last, bit) {
            zero * all + higher * to
        } else {
            zero * to
        };
        if !is_set(first, bit) {
            ahead *= *power;
        }
        all *= zero + higher;
    }
    let Some((one, above)) = point.get(top..).and_then(<[E]>::split_first) else {
        return E::ZERO;
    };
    let same = first
        .checked_shr(top as u32)
        .unwrap_or_default()
        .wrapping_shr(1);
    let sum = (E::ONE - *one) * from + *one * ahead * to;
    sum * eq_index(above, same)
}

#[cfg(test)]
mod tests {
    use p3_field::PrimeCharacteristicRing;
    use p3_mersenne_31::QM31;
    use zonda_circuits::F;

    use super::*;

    fn point(count: usize) -> Vec<QM31> {
        (0..count)
            .map(|i| QM31::from_coordinates_fn(|k| F::from_usize(100 * i + 7 * k + 3)))
            .collect()
    }

    #[test]
    fn tables_are_eq() {
        let point = point(5);
        let table = table(&point);
        for (index, weight) in table.iter().enumerate() {
            assert_eq!(*weight, eq_index(&point, index));
            let bits: Vec<_> = (0..5)
                .map(|bit| QM31::from_usize(index >> bit & 1))
                .collect();
            assert_eq!(*weight, eq(&point, &bits));
        }
        let values = super::tests::point(32);
        let sum: QM31 = values.iter().zip(&table).map(|(v, w)| *v * *w).sum();
        assert_eq!(extension(&values, &point), sum);
        let sum: QM31 = values
            .iter()
            .zip(&table)
            .take(19)
            .map(|(v, w)| *v * *w)
            .sum();
        assert_eq!(extension(&values[..19], &point), sum);
    }

    #[test]
    fn runs_of_indices_are_summed() {
        let point = point(6);
        let gamma = QM31::from_u32(77) + point[3];
        let powers: Vec<QM31> = core::iter::successors(Some(gamma), |power| Some(power.square()))
            .take(6)
            .collect();
        for first in 0..64 {
            let mut sum = QM31::ZERO;
            for (count, power) in gamma.powers().take(65 - first).enumerate() {
                assert_eq!(consecutive(&powers, &point, first, count), sum);
                if first + count < 64 {
                    sum += power * eq_index(&point, first + count);
                }
            }
        }
    }
}
