//! `a G + b Q` in variable time: `k256` computes in constant time, which costs twice as much and
//! guards secrets that a verifier does not have. Points and scalars are those of `k256`, whose
//! addition has no exceptions.

use k256::{
    AffinePoint, EncodedPoint, ProjectivePoint, Scalar, U256,
    elliptic_curve::{
        bigint::ArrayEncoding, ff::PrimeField, scalar::IsHigh, sec1::FromEncodedPoint,
    },
};

/// Multiples 1, 3 .. 127 of G, then of 2^128 G: coordinates of 32 bytes, big endian. Written by
/// `../multiples`.
static MULTIPLES: &[u8; 2 * ODD_OF_G * 64] = include_bytes!("multiples.bin");
const ODD_OF_G: usize = 1 << (WIDTH_OF_G - 2);
const WIDTH_OF_G: usize = 8;
const ODD_OF_Q: usize = 1 << (WIDTH_OF_Q - 2);
const WIDTH_OF_Q: usize = 5;

/// `a G + b Q`.
pub fn linear_combination(a: &Scalar, b: &Scalar, q: &AffinePoint) -> ProjectivePoint {
    // a G = low G + high 2^128 G.
    let a = words(a);
    let low = signed_digits(&[a[0], a[1], a[2], a[3]], WIDTH_OF_G);
    let high = signed_digits(&[a[4], a[5], a[6], a[7]], WIDTH_OF_G);

    // b Q = first Q + second (lambda Q).
    let (first, second) = decompose(b);
    let (first, is_first_negative) = absolute_value(first);
    let (second, is_second_negative) = absolute_value(second);
    let first = signed_digits(&words(&first), WIDTH_OF_Q);
    let second = signed_digits(&words(&second), WIDTH_OF_Q);
    let multiples = odd_multiples(q);
    let lambda_multiples = multiples.each_ref().map(ProjectivePoint::endomorphism);

    let is_zero = |&i: &usize| low[i] | high[i] | first[i] | second[i] == 0;
    let used = DIGITS - (0..DIGITS).rev().take_while(is_zero).count();
    let mut sum = ProjectivePoint::IDENTITY;
    for i in (0..used).rev() {
        sum = sum.double();
        add_multiple_of_g(&mut sum, low[i], 0);
        add_multiple_of_g(&mut sum, high[i], ODD_OF_G);
        add_multiple(&mut sum, first[i], is_first_negative, &multiples);
        add_multiple(&mut sum, second[i], is_second_negative, &lambda_multiples);
    }
    sum
}

/// Adds `digit` times G, or 2^128 G where the multiples begin with number `start`.
fn add_multiple_of_g(sum: &mut ProjectivePoint, digit: i8, start: usize) {
    if digit == 0 {
        return;
    }
    let index = start + usize::from(digit.unsigned_abs() / 2);
    let bytes: &[u8; 64] = MULTIPLES[64 * index..][..64].try_into().expect("64 bytes");
    let encoded = EncodedPoint::from_untagged_bytes(bytes.into());
    let point = AffinePoint::from_encoded_point(&encoded).expect("the table holds points");
    if digit > 0 {
        *sum += &point;
    } else {
        *sum -= &point;
    }
}

/// Adds `digit` times a point, or subtracts it, given odd multiples of the point.
fn add_multiple(
    sum: &mut ProjectivePoint,
    digit: i8,
    is_negative: bool,
    multiples: &[ProjectivePoint; ODD_OF_Q],
) {
    if digit == 0 {
        return;
    }
    let point = &multiples[usize::from(digit.unsigned_abs() / 2)];
    if (digit > 0) != is_negative {
        *sum += point;
    } else {
        *sum -= point;
    }
}

/// Multiples 1, 3, 5 .. of a point.
fn odd_multiples(point: &AffinePoint) -> [ProjectivePoint; ODD_OF_Q] {
    let mut multiples = [ProjectivePoint::from(point); ODD_OF_Q];
    let double = multiples[0].double();
    for i in 1..ODD_OF_Q {
        multiples[i] = multiples[i - 1] + &double;
    }
    multiples
}

/// Room for 256 bits and a carry.
const DIGITS: usize = 257;

/// Digits in base 2 that are zero or odd, of `width` bits with the sign, and followed by
/// `width - 1` zeros at least.
fn signed_digits<const WORDS: usize>(number: &[u32; WORDS], width: usize) -> [i8; DIGITS] {
    let word = |i: usize| u64::from(number.get(i).copied().unwrap_or(0));
    let mut digits = [0; DIGITS];
    let mut carry = 0;
    let mut i = 0;
    while i <= 32 * WORDS {
        let bits = (word(i / 32) | word(i / 32 + 1) << 32) >> (i % 32);
        if bits & 1 == carry {
            i += 1;
            continue;
        }
        let digit = (bits & ((1 << width) - 1)) + carry;
        carry = digit >> (width - 1) & 1;
        digits[i] = (digit as i32 - ((carry as i32) << width)) as i8;
        i += width;
    }
    digits
}

/// 32-bit words, the lowest first.
fn words(scalar: &Scalar) -> [u32; 8] {
    let bytes = scalar.to_bytes();
    core::array::from_fn(|i| {
        u32::from_be_bytes(bytes[28 - 4 * i..][..4].try_into().expect("4 bytes"))
    })
}

/// The representative of least absolute value, and whether it is negative.
fn absolute_value(scalar: Scalar) -> (Scalar, bool) {
    if scalar.is_high().into() {
        (-scalar, true)
    } else {
        (scalar, false)
    }
}

/// `first` and `second` with `first + second lambda = scalar`. Whatever `second` is, this holds;
/// that of "Guide to Elliptic Curve Cryptography", algorithm 3.74, makes both shorter than 129 bits
/// in absolute value. Constants as in libsecp256k1.
fn decompose(scalar: &Scalar) -> (Scalar, Scalar) {
    let number = U256::from_be_slice(&scalar.to_bytes());
    let quotient = |factor: &U256| {
        let (_, high) = number.mul_wide(factor);
        let carry = U256::from_u8(u8::from(high.bit_vartime(127)));
        from_number(&high.shr_vartime(128).wrapping_add(&carry))
    };
    let second = quotient(&G1) * from_number(&MINUS_B1) + quotient(&G2) * from_number(&MINUS_B2);
    (*scalar + second * from_number(&MINUS_LAMBDA), second)
}

fn from_number(number: &U256) -> Scalar {
    Scalar::from_repr(number.to_be_byte_array()).expect("less than the group order")
}

const MINUS_LAMBDA: U256 =
    U256::from_be_hex("ac9c52b33fa3cf1f5ad9e3fd77ed9ba4a880b9fc8ec739c2e0cfc810b51283cf");
const MINUS_B1: U256 =
    U256::from_be_hex("00000000000000000000000000000000e4437ed6010e88286f547fa90abfe4c3");
const MINUS_B2: U256 =
    U256::from_be_hex("fffffffffffffffffffffffffffffffe8a280ac50774346dd765cda83db1562c");
const G1: U256 =
    U256::from_be_hex("3086d221a7d46bcde86c90e49284eb153daa8a1471e8ca7fe893209a45dbb031");
const G2: U256 =
    U256::from_be_hex("e4437ed6010e88286f547fa90abfe4c4221208ac9df506c61571b4ae8ac47f71");

#[cfg(test)]
mod tests {
    use k256::elliptic_curve::{Field, ops::LinearCombination};

    use super::*;

    /// Scalars at the edges of what is done with them.
    fn scalars() -> Vec<Scalar> {
        let powers = (0..256)
            .step_by(16)
            .map(|i| Scalar::from(2u64).pow_vartime([i]));
        let small = [0u64, 1, 2, 15, 16, 127, 128, 255, 256].map(Scalar::from);
        let mut scalars: Vec<Scalar> = powers.chain(small).collect();
        scalars.push(from_number(&MINUS_LAMBDA));
        scalars.push(scalars[8] - Scalar::ONE);
        // Not small, not special.
        for i in 1..40 {
            scalars.push(scalars[i] * scalars[scalars.len() - 1] + from_number(&G2));
        }
        scalars.extend(scalars.clone().iter().map(|scalar| -scalar));
        scalars
    }

    #[test]
    fn linear_combinations_are_those_of_k256() {
        let generator = ProjectivePoint::GENERATOR;
        let scalars = scalars();
        for (i, a) in scalars.iter().enumerate() {
            for j in (0..scalars.len()).step_by(8) {
                let b = &scalars[(i + 7 * j) % scalars.len()];
                let q = generator * scalars[(3 * i + j) % scalars.len()];
                let expected = ProjectivePoint::lincomb(&generator, a, &q, b);
                assert_eq!(
                    linear_combination(a, b, &q.to_affine()),
                    expected,
                    "{a:?} {b:?} {q:?}"
                );
            }
        }
    }

    #[test]
    fn scalars_are_split_in_short_ones() {
        let lambda = -from_number(&MINUS_LAMBDA);
        for scalar in scalars() {
            let (first, second) = decompose(&scalar);
            assert_eq!(first + second * lambda, scalar);
            for part in [first, second] {
                assert_eq!(words(&absolute_value(part).0)[4..], [0; 4]);
            }
        }
    }

    #[test]
    fn digits_are_odd_and_far_apart() {
        for scalar in scalars() {
            for width in [WIDTH_OF_G, WIDTH_OF_Q] {
                let digits = signed_digits(&words(&scalar), width);
                let mut sum = Scalar::ZERO;
                let mut last = None;
                for (i, digit) in digits.into_iter().enumerate().rev() {
                    let value = Scalar::from(u64::from(digit.unsigned_abs()));
                    sum = sum.double() + if digit < 0 { -value } else { value };
                    if digit != 0 {
                        assert!(digit % 2 != 0 && i32::from(digit).abs() < 1 << (width - 1));
                        assert!(last.replace(i).is_none_or(|last| last >= i + width));
                    }
                }
                assert_eq!(sum, scalar);
            }
        }
    }
}
