//! Folding: the leaves of a round, and the entries that they fold into.

use alloc::vec::Vec;

use p3_field::Field;

use crate::{
    challenge::Challenge,
    circle::{double_x, point},
    cost::Operations,
    lengths::LengthError,
    merkle::{self, OpeningError},
    proof::{Digest, FoldOpening},
};

/// Why folding is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// Lists of what is folded are not equally long.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// Not as many entries as the query positions call for.
    #[error("round {round}: {got} entries are opened, the query positions need {expected}")]
    Entries {
        /// The round.
        round: usize,
        /// How many the query positions need.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// The opened entries are not the committed ones.
    #[error("round {round}: {error}")]
    Opening {
        /// The round.
        round: usize,
        /// The error.
        error: OpeningError,
    },
    /// An entry is not the one that the round before gives: for round 0, not the one that the
    /// opened rows give.
    #[error("round {round}: an entry is not the fold of the entries before it")]
    Folded {
        /// The round.
        round: usize,
    },
    /// The result of folding is not the stated polynomial.
    #[error("folding does not end with the stated polynomial")]
    Last,
}

/// Checks that the values at places of the line of `2^log_size` points are those of the polynomial with coefficients
/// `last`.
pub(crate) fn check_last<E: Challenge>(
    log_size: u32,
    last: &[E],
    values: &[(usize, E)],
    operations: &mut Operations,
) -> Result<(), FoldError> {
    for (index, value) in values {
        let x = point(log_size.saturating_add(1), false, *index as u32).x;
        operations.scale(last.len().saturating_sub(1));
        if evaluate_line(last, x) != *value {
            return Err(FoldError::Last);
        }
    }
    Ok(())
}

/// A leaf's index, and its entries.
type Leaf<'a, E> = (usize, &'a [E]);

/// Checks the entries of a round, in leaves of `2^fold`: that they are those committed to, and that they are what is
/// known of them, ascending. Returns the leaves.
///
/// # Errors
/// If there are more or fewer than it takes, or others.
pub(crate) fn check_leaves<'a, E: Challenge>(
    log_size: u32,
    fold: u32,
    number: usize,
    root: &Digest,
    opening: &'a FoldOpening<E>,
    known: &[(usize, E)],
    operations: &mut Operations,
) -> Result<Vec<Leaf<'a, E>>, FoldError> {
    let arity = 1_usize.wrapping_shl(fold);
    let indices: Vec<_> = known.iter().map(|(index, _)| *index).collect();
    let leaves = merkle::distinct(&indices, fold);
    let expected = leaves.len().saturating_mul(arity);
    if opening.entries.len() != expected {
        return Err(FoldError::Entries {
            round: number,
            expected,
            got: opening.entries.len(),
        });
    }

    // (1) The entries are those committed to.
    let mut bytes = Vec::new();
    let digests = opening.entries.chunks_exact(arity).map(|leaf| {
        bytes.clear();
        put_leaf(&mut bytes, leaf);
        operations.hash(bytes.len());
        *blake3::hash(&bytes).as_bytes()
    });
    let digests = digests.collect();
    let depth = log_size.saturating_sub(fold);
    let siblings = &opening.siblings;
    merkle::check(depth, root, &leaves, digests, siblings, operations).map_err(|error| {
        FoldError::Opening {
            round: number,
            error,
        }
    })?;

    // (2) They contain what the step before has made.
    for (index, value) in known {
        let leaf = leaves.binary_search(&index.wrapping_shr(fold)).ok();
        let slot = index & arity.saturating_sub(1);
        let entry = leaf.and_then(|leaf| {
            let first = leaf.checked_mul(arity)?;
            opening.entries.get(first.checked_add(slot)?)
        });
        if entry != Some(value) {
            return Err(FoldError::Folded { round: number });
        }
    }
    let entries = opening.entries.chunks_exact(arity);
    Ok(leaves.into_iter().zip(entries).collect())
}

/// Folds the entries of one leaf to one entry, with a challenge for each halving. `domain` is the logarithm of the
/// number of positions, and whether they are those of the circle: then the first halving is over y.
///
/// Of a pair `a`, `b` at the factor `w`, and the challenge `c`, it makes `((1 - c) (a + b) + c (a - b) / w) / 2`.
pub(crate) fn fold_leaf<E: Challenge>(
    domain: (u32, bool),
    leaf: usize,
    entries: &[E],
    challenges: impl IntoIterator<Item = E>,
    operations: &mut Operations,
) -> E {
    let mut entries = Vec::from(entries);
    let mut first = leaf.saturating_mul(entries.len());
    let (mut left, mut over_y) = domain;
    let mut challenges = challenges.into_iter();
    while entries.len() > 1
        && let Some(challenge) = challenges.next()
    {
        let pair = |(index, pair): (usize, &[E])| {
            let at = first.saturating_add(index.wrapping_shl(1)) as u32;
            let factor = if over_y {
                point(left, false, at >> 1).y
            } else {
                point(left.saturating_add(1), false, at).x
            };
            // No point of a domain has a coordinate that is zero.
            let inverse = factor.try_inverse().unwrap_or_default();
            match pair {
                [a, b] => {
                    let (even, odd) = (*a + *b, (*a - *b).mul_base(inverse));
                    (even + challenge * (odd - even)).halve()
                }
                _ => E::ZERO,
            }
        };
        entries = entries.chunks(2).enumerate().map(pair).collect();
        operations.scale(entries.len());
        operations.multiply(entries.len());
        first >>= 1;
        left = left.saturating_sub(1);
        over_y = false;
    }
    entries.first().copied().unwrap_or_default()
}

/// The value at x of the polynomial with these coefficients in the basis of the line: products of
/// `x`, `v_2(x)`, ...
pub fn evaluate_line<E: Challenge>(coefficients: &[E], x: zonda_circuits::F) -> E {
    let mut sums = Vec::from(coefficients);
    let mut factor = x;
    while sums.len() > 1 {
        let pair = |pair: &[E]| match pair {
            [a, b] => *a + b.mul_base(factor),
            [a] => *a,
            _ => E::ZERO,
        };
        sums = sums.chunks(2).map(pair).collect();
        factor = double_x(factor);
    }
    sums.first().copied().unwrap_or_default()
}

/// Appends a leaf's entries as trees hash them: coordinate 0 of all entries, then coordinate 1, ...
pub fn put_leaf<E: Challenge>(bytes: &mut Vec<u8>, entries: &[E]) {
    for index in 0..E::DEGREE {
        for entry in entries {
            merkle::put_row(bytes, &[entry.coordinate(index)]);
        }
    }
}
