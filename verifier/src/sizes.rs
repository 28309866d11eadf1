//! How long what a proof consists of is.

use p3_mersenne_31::QM31;

use crate::{
    challenge::{Challenge, Sextic},
    codec::ProofError,
    preset::Preset,
    proof::{Body, Digest, Proof},
};

/// Lengths of what a proof, or a part of it, consists of, in bytes. They add up to the length of its
/// encoding.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sizes {
    /// The header, and the length of each part.
    pub header: u64,
    /// The roots of the phases.
    pub roots: u64,
    /// The sums of all messages of each instance and scope.
    pub claims: u64,
    /// The columns' values at the out-of-domain points.
    pub opened: u64,
    /// The roots of the rounds of folding.
    pub fold_roots: u64,
    /// The coefficients of what folding ends with.
    pub last: u64,
    /// The proofs of work.
    pub nonces: u64,
    /// The opened rows of each phase.
    pub rows: [u64; crate::layout::PHASES],
    /// The digests beside the opened rows of each phase.
    pub siblings: [u64; crate::layout::PHASES],
    /// The opened entries of all rounds of folding.
    pub fold_entries: u64,
    /// The digests beside these.
    pub fold_siblings: u64,
}

impl Sizes {
    /// The sum of all.
    pub fn total(&self) -> u64 {
        let mut sizes = *self;
        let all = sizes.all();
        all.fold(0, |sum, size| sum.saturating_add(*size))
    }

    fn include(&mut self, mut part: Self) {
        for (size, more) in self.all().zip(part.all()) {
            *size = size.saturating_add(*more);
        }
    }

    fn all(&mut self) -> impl Iterator<Item = &mut u64> {
        let Self {
            header,
            roots,
            claims,
            opened,
            fold_roots,
            last,
            nonces,
            rows,
            siblings,
            fold_entries,
            fold_siblings,
        } = self;
        let single = [
            header,
            roots,
            claims,
            opened,
            fold_roots,
            last,
            nonces,
            fold_entries,
            fold_siblings,
        ];
        single.into_iter().chain(rows).chain(siblings)
    }
}

impl Proof {
    /// The lengths of what the proof consists of, over all parts.
    ///
    /// # Errors
    /// If a part's bytes are not of its shape, or there are more parts than the header says.
    pub fn sizes(&self) -> Result<Sizes, ProofError> {
        let header = self.header.to_bytes().len();
        let lengths = bytes(self.parts.len(), LENGTH);
        let mut sizes = Sizes {
            header: lengths.saturating_add(header as u64),
            ..Sizes::default()
        };
        for part in 0..self.parts.len() {
            sizes.include(self.part_sizes(part)?);
        }
        Ok(sizes)
    }

    /// The lengths of what a part consists of.
    ///
    /// # Errors
    /// If there is no such part, or its bytes are not of its shape.
    pub fn part_sizes(&self, part: usize) -> Result<Sizes, ProofError> {
        match self.header.preset {
            Preset::Standard => Ok(sizes(&self.body::<QM31>(part)?)),
            Preset::High => Ok(sizes(&self.body::<Sextic>(part)?)),
        }
    }
}

/// The bytes of a length.
const LENGTH: usize = 4;

fn sizes<E: Challenge>(body: &Body<E>) -> Sizes {
    /// The works outside of folding.
    const WORKS: usize = 5;
    let digests = |count| bytes(count, size_of::<Digest>());
    let words = |count| bytes(count, 4);
    let elements = |count| bytes(words(count) as usize, E::DEGREE);
    let counted = |bytes: u64| bytes.saturating_add(LENGTH as u64);

    let opened = &body.opened;
    let mut sizes = Sizes {
        roots: digests(3),
        claims: elements(body.claims.len()),
        opened: elements(opened.at_point.len().saturating_add(opened.before.len())),
        fold_roots: digests(body.fold_roots.len()),
        last: elements(body.last.len()),
        nonces: bytes(body.nonces.folds.len().saturating_add(WORKS), 8),
        ..Sizes::default()
    };
    let phases = sizes.rows.iter_mut().zip(&mut sizes.siblings);
    for ((rows, siblings), opening) in phases.zip(&body.phases) {
        for group in &opening.rows {
            *rows = rows.saturating_add(counted(words(group.len())));
        }
        if !opening.rows.is_empty() {
            *siblings = counted(digests(opening.siblings.len()));
        }
    }
    for opening in &body.folds {
        let entries = counted(elements(opening.entries.len()));
        sizes.fold_entries = sizes.fold_entries.saturating_add(entries);
        let siblings = counted(digests(opening.siblings.len()));
        sizes.fold_siblings = sizes.fold_siblings.saturating_add(siblings);
    }
    sizes
}

fn bytes(count: usize, each: usize) -> u64 {
    (count as u64).saturating_mul(each as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::tests::proof;

    #[test]
    fn parts_add_up_to_the_encoding() {
        for proof in [proof::<QM31>(), proof::<Sextic>()] {
            let sizes = proof.sizes().unwrap();
            assert_eq!(sizes.total(), proof.to_bytes().len() as u64);
            let part = proof.part_sizes(1).unwrap();
            assert_eq!(part.total(), proof.parts[1].len() as u64);
            assert!(proof.part_sizes(2).is_err());
        }
    }
}
