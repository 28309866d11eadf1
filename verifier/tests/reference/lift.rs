//! Words of one height: section 8.5, step 3.

use zonda_verifier::Challenge;

use crate::multilinear::eq;

fn power_of_two<E: Challenge>(exponent: u32) -> E {
    E::TWO.exp_u64(exponent.into())
}

/// The coefficients of `f(2^q P)`.
pub fn lift<E: Challenge>(coefficients: &[E], q: u32) -> Vec<E> {
    let mut lifted = vec![E::ZERO; coefficients.len() << q];
    for (j, coefficient) in coefficients.iter().enumerate() {
        let odd = j & 1;
        let factor = if odd == 1 { power_of_two(q) } else { E::ONE };
        let index = ((j >> 1) << (q + 1)) + ((2 << q) - 1) * odd;
        lifted[index] = factor * *coefficient;
    }
    lifted
}

/// `E_p(x)`: what `lift(f)(x)` adds to the extension of `f` at `z`.
pub fn lifted_weight<E: Challenge>(z: &[E], q: u32, x: usize) -> E {
    let first = if x & 1 == 1 {
        z[0] * power_of_two::<E>(q).try_inverse().unwrap()
    } else {
        E::ONE - z[0]
    };
    first * eq(&z[1..], x >> (q + 1))
}

#[cfg(test)]
mod tests {
    use zonda_verifier::QM31;

    use super::*;
    use crate::multilinear::{dot, extension, some};

    #[test]
    fn weights_give_the_value_before_lifting() {
        let coefficients: Vec<QM31> = (0..8).map(some).collect();
        let z = [some(20), some(21), some(22)];
        for q in 0..4 {
            let lifted = lift(&coefficients, q);
            let weights = (0..lifted.len()).map(|x| lifted_weight(&z, q, x));
            let weights: Vec<QM31> = weights.collect();
            assert_eq!(dot(&weights, &lifted), extension(&coefficients, &z));
        }
    }
}
