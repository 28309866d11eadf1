//! Products of 32-bit words as sums of byte products, each below p.

use p3_field::PrimeCharacteristicRing;

use crate::builder::{Builder, constant};

/// `a_0 + 2^8 a_1`: the limb with the bytes `a_0` and `a_1`.
#[inline(always)]
pub fn limb<B: Builder>(low: B::Expr, high: B::Expr) -> B::Expr {
    low + high * constant::<B>(1 << 8)
}

/// The sums `s_k` of all `a_i b_j` with `i + j = k`, in pairs that stand 16 bits apart:
/// `s_0 + 2^8 s_1`, `s_2 + 2^8 s_3`, `s_4 + 2^8 s_5`, `s_6`.
///
/// - Assumes: `a_0..a_2` and `b_0..b_2` are in `[0, 2^8)`, `a_3` and `b_3` in `[-2^7, 2^8)`.
/// - Then `a b` is the sum of these four values times `1, 2^16, 2^32, 2^48`, over the integers, and
///   they lie within
///   - `[0, 255^2 (1 + 2^9)]`, that is `[0, 2^25)`;
///   - `[-2^8 * 2 * 128 * 255, 255^2 (3 + 2^10)]`, within `(-2^24, 2^26 - 2^16)`;
///   - `[-(2 + 2^9) 128 * 255, 255^2 (3 + 2^9)]`, within `(-2^24 - 2^16, 2^25)`;
///   - `[-128 * 255, 255^2]`, within `(-2^15, 2^16)`.
/// - Degree 2. No column, no constraint.
#[inline(always)]
pub fn products<B: Builder>(a: &[B::Expr; 4], b: &[B::Expr; 4]) -> [B::Expr; 4] {
    let [a0, a1, a2, a3] = a;
    let [b0, b1, b2, b3] = b;
    let s0 = product(a0, b0);
    let s1 = product(a0, b1) + product(a1, b0);
    let s2 = product(a0, b2) + product(a1, b1) + product(a2, b0);
    let s3 = product(a0, b3) + product(a1, b2) + product(a2, b1) + product(a3, b0);
    let s4 = product(a1, b3) + product(a2, b2) + product(a3, b1);
    let s5 = product(a2, b3) + product(a3, b2);
    let s6 = product(a3, b3);
    [limb::<B>(s0, s1), limb::<B>(s2, s3), limb::<B>(s4, s5), s6]
}

#[inline(always)]
fn product<E: PrimeCharacteristicRing>(a: &E, b: &E) -> E {
    a.clone() * b.clone()
}

/// [`products`] of plain integers.
#[cfg(feature = "witness")]
pub fn integer_products(a: [i64; 4], b: [i64; 4]) -> [i64; 4] {
    let mut sums = [0; 8];
    for (i, a) in a.into_iter().enumerate() {
        for (j, b) in b.into_iter().enumerate() {
            sums[i + j] += a * b;
        }
    }
    core::array::from_fn(|k| sums[2 * k] + (sums[2 * k + 1] << 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_products_stay_within_the_stated_bounds() {
        let extremes = [[0, 0, 0, -128], [255, 255, 255, -128], [255; 4], [0; 4]];
        for a in extremes {
            for b in extremes {
                let products = integer_products(a, b);
                let value =
                    |x: [i64; 4]| -> i128 { (0..4).map(|i| i128::from(x[i]) << (8 * i)).sum() };
                let sum: i128 = (0..4).map(|k| i128::from(products[k]) << (16 * k)).sum();
                assert_eq!(sum, value(a) * value(b));
                let [p0, p1, p2, p3] = products;
                assert!((0..1 << 25).contains(&p0));
                assert!((-(1 << 24) + 1..(1 << 26) - (1 << 16)).contains(&p1));
                assert!((-(1 << 24) - (1 << 16) + 1..1 << 25).contains(&p2));
                assert!((-(1 << 15) + 1..1 << 16).contains(&p3));
            }
        }
    }
}
