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
    use alloc::vec;

    use p3_field::PrimeCharacteristicRing;
    use p3_mersenne_31::QM31;
    use zonda_circuits::bus::Bus;

    use super::*;
    use crate::{
        lookup::Lookup,
        merkle::{self, OpeningError},
    };

    fn wrong(what: &'static str, expected: usize, got: usize) -> LengthError {
        check(what, expected, got).unwrap_err()
    }

    /// Each of these would be cut off by a `zip`, and accepted, or refused for another reason.
    #[test]
    fn what_is_too_much_or_too_little_is_an_error() {
        let join = |left: &_, _: &_| *left;
        let root = |digests: usize| merkle::root(1, &[0, 1], vec![[7; 32]; digests], &[], join);
        assert_eq!(root(2), Ok([7; 32]), "the control");
        for got in [1, 3] {
            let error = OpeningError::Length(wrong("digests of leaves", 2, got));
            assert_eq!(root(got), Err(error));
        }

        let lookup = Lookup::new(QM31::ONE, QM31::TWO, 3);
        let fingerprint = |width| lookup.fingerprint(Bus::ALL[0], &vec![QM31::ONE; width]);
        assert!(fingerprint(3).is_some(), "the control");
        assert_eq!(fingerprint(4), None);
    }
}
