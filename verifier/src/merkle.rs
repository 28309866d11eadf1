//! Opening many leaves of a tree at once.
//!
//! Section 6 of the protocol. A tree has `2^log_size` leaves; opening a set of leaves takes the
//! siblings that the set does not determine, level by level from the leaves, by ascending index.

use alloc::vec::Vec;

use p3_field::PrimeField32;
use zonda_circuits::F;

use crate::{
    cost::Operations,
    lengths::{self, LengthError},
    proof::Digest,
};

/// An opening that its root does not confirm.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningError {
    /// Lists of what is opened are not equally long.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// Not as many cells as the query positions call for.
    #[error(
        "columns of 2^{log_height} rows: {got} cells are opened, the query positions need {expected}"
    )]
    Cells {
        /// The logarithm of the height of the columns.
        log_height: u32,
        /// How many cells the query positions need.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// Not as many digests as the query positions call for.
    #[error("the opening has {got} digests, the query positions need {expected}")]
    Siblings {
        /// How many the query positions need.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// The opened cells are not the committed ones.
    #[error("the opened values do not lead to the root")]
    Root,
}

/// The distinct values of `positions` without their lowest `shift` bits, ascending.
pub fn distinct(positions: &[usize], shift: u32) -> Vec<usize> {
    let shifted = |position: &usize| position.checked_shr(shift).unwrap_or(0);
    let mut distinct: Vec<_> = positions.iter().map(shifted).collect();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// Which digests an opening of `leaves`, ascending and distinct, holds: level, counted from the
/// leaves, and index.
pub fn missing(log_size: u32, leaves: &[usize]) -> Vec<(u32, usize)> {
    let mut missing = Vec::new();
    let mut nodes = Vec::from(leaves);
    for level in 0..log_size {
        let mut parents = Vec::with_capacity(nodes.len());
        let mut rest = nodes.iter().copied().peekable();
        while let Some(index) = rest.next() {
            if rest.next_if_eq(&(index ^ 1)).is_none() {
                missing.push((level, index ^ 1));
            }
            parents.push(index >> 1);
        }
        nodes = parents;
    }
    missing
}

/// Computes the root of a tree of `2^log_size` leaves from the digests of `leaves`, ascending and
/// distinct, and their siblings. `join` makes a node of its children.
///
/// # Errors
/// If there are more or fewer siblings than it takes, or digests than leaves.
pub fn root(
    log_size: u32,
    leaves: &[usize],
    digests: Vec<Digest>,
    siblings: &[Digest],
    mut join: impl FnMut(&Digest, &Digest) -> Digest,
) -> Result<Digest, OpeningError> {
    lengths::check("digests of leaves", leaves.len(), digests.len())?;
    let wrong_count = || OpeningError::Siblings {
        expected: missing(log_size, leaves).len(),
        got: siblings.len(),
    };
    let mut siblings = siblings.iter().copied();
    let mut nodes: Vec<_> = leaves.iter().copied().zip(digests).collect();
    for _ in 0..log_size {
        let mut parents = Vec::with_capacity(nodes.len());
        let mut rest = nodes.into_iter().peekable();
        while let Some((index, digest)) = rest.next() {
            let other = match rest.next_if(|(next, _)| *next == index ^ 1) {
                Some((_, other)) => other,
                None => siblings.next().ok_or_else(wrong_count)?,
            };
            let (left, right) = if index & 1 == 0 {
                (&digest, &other)
            } else {
                (&other, &digest)
            };
            parents.push((index >> 1, join(left, right)));
        }
        nodes = parents;
    }
    if siblings.next().is_some() {
        return Err(wrong_count());
    }
    match nodes.first() {
        Some((_, root)) => Ok(*root),
        None => Err(OpeningError::Root),
    }
}

/// Checks the digests of `leaves`, ascending and distinct, against the root of a tree of `2^log_size` leaves.
///
/// # Errors
/// If there are more or fewer siblings than it takes, or digests than leaves; or if they lead to another root.
pub(crate) fn check(
    log_size: u32,
    expected: &Digest,
    leaves: &[usize],
    digests: Vec<Digest>,
    siblings: &[Digest],
    operations: &mut Operations,
) -> Result<(), OpeningError> {
    let join = |left: &Digest, right: &Digest| {
        operations.hash(left.len().saturating_add(right.len()));
        let mut hasher = blake3::Hasher::new();
        *hasher.update(left).update(right).finalize().as_bytes()
    };
    if root(log_size, leaves, digests, siblings, join)? == *expected {
        Ok(())
    } else {
        Err(OpeningError::Root)
    }
}

/// Appends a row's cells as trees hash them.
pub fn put_row(bytes: &mut Vec<u8>, row: &[F]) {
    for cell in row {
        bytes.extend(cell.as_canonical_u32().to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// All layers of a tree over leaves that are their own index.
    fn layers(log_size: u32) -> Vec<Vec<Digest>> {
        let leaf = |index: usize| *blake3::hash(&index.to_le_bytes()).as_bytes();
        let mut layers = vec![(0..1 << log_size).map(leaf).collect::<Vec<_>>()];
        for _ in 0..log_size {
            let below = &layers[layers.len() - 1];
            let layer = below
                .chunks(2)
                .map(|pair| join(&pair[0], &pair[1]))
                .collect();
            layers.push(layer);
        }
        layers
    }

    fn join(left: &Digest, right: &Digest) -> Digest {
        *blake3::hash(&[*left, *right].concat()).as_bytes()
    }

    fn open(layers: &[Vec<Digest>], leaves: &[usize]) -> (Vec<Digest>, Vec<Digest>) {
        let log_size = layers.len() as u32 - 1;
        let siblings = missing(log_size, leaves);
        let digest = |(level, index): (u32, usize)| layers[level as usize][index];
        (
            leaves.iter().map(|leaf| layers[0][*leaf]).collect(),
            siblings.into_iter().map(digest).collect(),
        )
    }

    #[test]
    fn openings_lead_to_the_root() {
        let layers = layers(4);
        let top = layers[4][0];
        for set in 1_usize..1 << 16 {
            if set.count_ones() > 3 && set % 97 != 0 {
                continue;
            }
            let leaves: Vec<_> = (0..16).filter(|leaf| set >> leaf & 1 == 1).collect();
            let (digests, siblings) = open(&layers, &leaves);
            let check = |siblings: &[Digest]| root(4, &leaves, digests.clone(), siblings, join);
            assert_eq!(check(&siblings), Ok(top));
            // One digest more, one fewer, and one wrong.
            let more = [&siblings[..], &[top]].concat();
            assert!(matches!(check(&more), Err(OpeningError::Siblings { .. })));
            if let Some((last, fewer)) = siblings.split_last() {
                assert!(matches!(check(fewer), Err(OpeningError::Siblings { .. })));
                let mut wrong = Vec::from(fewer);
                wrong.push(last.map(|byte| !byte));
                assert_ne!(check(&wrong), Ok(top));
            }
        }
    }

    #[test]
    fn nothing_opens_nothing() {
        assert_eq!(distinct(&[9, 4, 8, 5], 1), [2, 4]);
        assert!(root(4, &[], Vec::new(), &[], join).is_err());
    }
}
