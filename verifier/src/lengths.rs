//! Lists that belong together are equally long.

/// Lists that belong together and are not equally long. None of those that a part's encoding yields are: the
/// functions that take them check it all the same, since a `zip` would leave out what is too much.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}: there are {got}, there must be {expected}")]
pub struct LengthError {
    /// The items of the list.
    pub what: &'static str,
    /// How many there must be.
    pub expected: usize,
    /// How many there are.
    pub got: usize,
}

/// Checks that there are as many as there must be.
///
/// # Errors
/// If there are more or fewer.
pub(crate) const fn check(
    what: &'static str,
    expected: usize,
    got: usize,
) -> Result<(), LengthError> {
    if expected == got {
        Ok(())
    } else {
        Err(LengthError {
            what,
            expected,
            got,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use p3_field::PrimeCharacteristicRing;
    use p3_mersenne_31::QM31;
    use zonda_circuits::{F, bus::Bus};

    use super::*;
    use crate::{
        circle::Point,
        constraints::Lookup,
        cost::Operations,
        fri::{self, FoldError},
        interpolate,
        layout::folds,
        merkle::{self, OpeningError},
        preset::FINAL_COEFFICIENTS,
    };

    fn wrong(what: &'static str, expected: usize, got: usize) -> LengthError {
        check(what, expected, got).unwrap_err()
    }

    /// Each of these would be cut off by a `zip`, and accepted, or refused for another reason.
    #[test]
    fn what_is_too_much_or_too_little_is_an_error() {
        let join = |_, _, left: &_, _: &_| *left;
        let root = |digests: usize| merkle::root(1, &[0, 1], vec![[7; 32]; digests], &[], join);
        assert_eq!(root(2), Ok([7; 32]), "the control");
        for got in [1, 3] {
            let error = OpeningError::Length(wrong("digests of leaves", 2, got));
            assert_eq!(root(got), Err(error));
        }

        let at = Point::<QM31>::from_parameter(QM31::from_u8(5)).unwrap();
        let evaluate = |length: usize| {
            let column = vec![F::ONE; length];
            interpolate::evaluate(&[column], 4, at, &mut Operations::default())
        };
        assert_eq!(evaluate(16), Ok(vec![QM31::ONE]), "the control");
        for got in [0, 8, 15, 17, 32] {
            let error = wrong("values of a column", 16, got);
            assert_eq!(evaluate(got), Err(error));
        }

        let lookup = Lookup::new(QM31::ONE, QM31::TWO, 3);
        let fingerprint = |width| lookup.fingerprint(Bus::ALL[0], &vec![QM31::ONE; width]);
        assert!(fingerprint(3).is_some(), "the control");
        assert_eq!(fingerprint(4), None);
    }

    /// A polynomial that is constant, with as many coefficients as it should have, and with zeros more.
    #[test]
    fn a_polynomial_has_its_coefficients_and_no_more() {
        let log_size = 7;
        assert!(folds(log_size).is_empty());
        let check = |coefficients: usize, values: usize| {
            let mut last: Vec<QM31> = vec![QM31::ZERO; coefficients];
            last[0] = QM31::TWO;
            let operations = &mut Operations::default();
            let values = vec![QM31::TWO; values];
            fri::check(log_size, &[], &[], &last, &[3, 5], values, operations)
        };
        assert_eq!(check(FINAL_COEFFICIENTS, 2), Ok(()), "the control");
        for got in [1, FINAL_COEFFICIENTS - 1, FINAL_COEFFICIENTS + 1, 128] {
            let error = wrong("last coefficients", FINAL_COEFFICIENTS, got);
            assert_eq!(check(got, 2), Err(FoldError::Length(error)));
        }
        for got in [0, 1, 3] {
            let error = wrong("values of the batch", 2, got);
            let refused = check(FINAL_COEFFICIENTS, got);
            assert_eq!(refused, Err(FoldError::Length(error)));
        }
    }
}
