//! The nodes of the first round of the sum over rows, which binds three bits at once.
//!
//! Section 8.4 of the protocol: the bits number eight nodes, and a polynomial of degree 21 is sent by its
//! values at 22.

use alloc::vec::Vec;

use p3_field::{Field, PrimeCharacteristicRing};
use zonda_circuits::F;

use crate::challenge::Challenge;
use crate::{multilinear::is_set, point::SKIPPED_BITS};

/// The degree of constraints, and of counts and fields of messages, in columns.
pub const DEGREE: usize = 3;

/// How many nodes the skipped bits number.
pub const NODES: usize = 1 << SKIPPED_BITS;

/// How many values fix the polynomial of the first round: it has degree `DEGREE (NODES - 1)`.
pub const SKIP_VALUES: usize = DEGREE * (NODES - 1) + 1;

/// Point `index` of the first round: 1, -1, 2, -2, and so on. The first eight stand for the skipped bits.
pub fn node(index: usize) -> F {
    let magnitude = F::from_usize(index.wrapping_shr(1).saturating_add(1));
    if is_set(index, 0) {
        -magnitude
    } else {
        magnitude
    }
}

/// The values at `at` of the Lagrange polynomials of the first `count` nodes.
pub fn lagrange<E: Challenge>(count: usize, at: E) -> Vec<E> {
    let nodes: Vec<F> = (0..count).map(node).collect();
    let distances: Vec<E> = nodes.iter().map(|x| at - E::from_base(*x)).collect();
    // Products of the distances of all nodes before, and of all nodes after.
    let mut after: Vec<E> = distances
        .iter()
        .rev()
        .scan(E::ONE, |product, distance| {
            Some(core::mem::replace(product, *product * *distance))
        })
        .collect();
    after.reverse();
    let mut before = E::ONE;
    let all = nodes.iter().zip(&distances).zip(&after);
    all.enumerate()
        .map(|(index, ((own, distance), after))| {
            let others = nodes
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index);
            let scale: F = others.map(|(_, other)| *own - *other).product();
            // The nodes differ.
            let scale = scale.try_inverse().unwrap_or_default();
            let value = (before * *after).mul_base(scale);
            before *= *distance;
            value
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use p3_mersenne_31::QM31;

    use super::*;

    #[test]
    fn polynomials_are_what_they_are_at_their_nodes() {
        let first: Vec<F> = (0..5).map(node).collect();
        assert_eq!(first, [1, -1, 2, -2, 3].map(F::from_i32));
        assert_eq!(node(SKIP_VALUES - 1), F::from_i32(-11));
        let polynomial = |x: QM31, degree: u64| -> QM31 {
            (0..=degree)
                .map(|i| x.exp_u64(i) * QM31::from_u64(3 * i * i + 5))
                .sum()
        };
        let at = QM31::from_coordinates_fn(|k| F::from_usize(1000 + 77 * k));
        for count in [1, NODES, SKIP_VALUES] {
            let lagrange = lagrange(count, at);
            let value = |degree: u64| -> QM31 {
                let nodes = (0..count).map(|i| QM31::from_base(node(i)));
                let terms = nodes.zip(&lagrange);
                terms.map(|(x, l)| *l * polynomial(x, degree)).sum()
            };
            let degree = count as u64 - 1;
            assert_eq!(value(degree), polynomial(at, degree));
            assert_ne!(value(degree + 1), polynomial(at, degree + 1));
        }
    }
}
