//! The lengths of a proof's pieces.

use p3_mersenne_31::QM31;

use crate::{
    challenge::{Challenge, Sextic},
    codec::ProofError,
    header::Header,
    layout::Layout,
    preset::Preset,
    proof::{Body, Digest, Proof},
    shape::Shape,
};

/// Lengths of the pieces of a proof, or of a part of it, in bytes. They add up to the length of its
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
    /// The coefficients of the result of folding.
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
    /// The length of a proof's header, with the lengths of its parts that are written before them.
    pub fn of_header(header: &Header) -> Self {
        let lengths = bytes(header.parts.len(), LENGTH);
        Self {
            header: lengths.saturating_add(header.to_bytes().len() as u64),
            ..Self::default()
        }
    }

    /// The lengths of the pieces of a part of a proof with this header.
    ///
    /// # Errors
    /// If there is no such part, or the bytes are not of its shape.
    pub fn of_part(header: &Header, part: usize, bytes: &[u8]) -> Result<Self, ProofError> {
        let shape = match header.parts.get(part) {
            Some(part) => &part.shape,
            None => return Err(ProofError::Truncated { place: "parts" }),
        };
        match header.preset {
            Preset::Standard => sizes_over::<QM31>(shape, bytes),
            Preset::High => sizes_over::<Sextic>(shape, bytes),
        }
    }

    /// The sum of all.
    pub fn total(&self) -> u64 {
        let mut sizes = *self;
        let all = sizes.all();
        all.fold(0, |sum, size| sum.saturating_add(*size))
    }

    /// Adds the lengths of a part.
    pub fn include(&mut self, mut part: Self) {
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
    /// The lengths of the proof's pieces, over all parts.
    ///
    /// # Errors
    /// If a part's bytes are not of its shape, or there are more parts than in the header.
    pub fn sizes(&self) -> Result<Sizes, ProofError> {
        let mut sizes = Sizes::of_header(&self.header);
        for (part, bytes) in self.parts.iter().enumerate() {
            sizes.include(Sizes::of_part(&self.header, part, bytes)?);
        }
        Ok(sizes)
    }
}

/// The bytes of a length.
const LENGTH: usize = 4;

fn sizes_over<E: Challenge>(shape: &Shape, bytes: &[u8]) -> Result<Sizes, ProofError> {
    let body = Body::<E>::from_bytes(&Layout::new(shape, E::DEGREE), bytes)?;
    Ok(sizes(&body))
}

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
            let part = |part| Sizes::of_part(&proof.header, part, &proof.parts[1]);
            assert_eq!(part(1).unwrap().total(), proof.parts[1].len() as u64);
            assert!(part(2).is_err());
        }
    }
}
