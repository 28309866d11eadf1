//! The lengths of a proof's pieces.

use p3_mersenne_31::QM31;

use crate::{
    challenge::{Challenge, Sextic},
    codec::ProofError,
    counts::Machine,
    header::Header,
    heights::Heights,
    layout::{Layout, PHASES},
    opening::present,
    part::Body,
    preset::Preset,
    proof::{Digest, FoldOpening, Proof},
};

/// Lengths of the pieces of a proof, or of a part of it, in bytes. They add up to the length of its
/// encoding.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sizes {
    /// The header, and the length of each part.
    pub header: u64,
    /// The roots of the main columns and of the words.
    pub roots: u64,
    /// The tree of fractions.
    pub tree: u64,
    /// The rounds of the sum over rows and of the opening.
    pub sums: u64,
    /// The values of columns.
    pub values: u64,
    /// The halvings of words, and the last coefficients.
    pub halves: u64,
    /// The proofs of work.
    pub nonces: u64,
    /// The opened rows of each phase.
    pub rows: [u64; PHASES],
    /// The digests beside the opened rows of each phase.
    pub siblings: [u64; PHASES],
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
    /// If there is no such part, or the bytes are not of its heights.
    pub fn of_part(header: &Header, part: usize, bytes: &[u8]) -> Result<Self, ProofError> {
        let heights = match header.parts.get(part) {
            Some(part) => &part.heights,
            None => return Err(ProofError::Truncated { place: "parts" }),
        };
        match header.preset {
            Preset::Standard => sizes_over::<QM31>(heights, bytes),
            Preset::High => sizes_over::<Sextic>(heights, bytes),
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
            tree,
            sums,
            values,
            halves,
            nonces,
            rows,
            siblings,
            fold_entries,
            fold_siblings,
        } = self;
        let single = [
            header,
            roots,
            tree,
            sums,
            values,
            halves,
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
    /// If a part's bytes are not of its heights, or there are more parts than in the header.
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

fn sizes_over<E: Challenge>(heights: &Heights, bytes: &[u8]) -> Result<Sizes, ProofError> {
    let layout = Layout::new(heights);
    let body = Body::<E>::from_bytes(&Machine::new(), &layout, bytes)?;
    Ok(sizes(&layout, &body))
}

fn sizes<E: Challenge>(layout: &Layout, body: &Body<E>) -> Sizes {
    /// The works before the challenges of the lookup argument, those that combine words, and the positions.
    const WORKS: usize = 3;
    let all = |counts: &[usize]| counts.iter().copied().fold(0, usize::saturating_add);
    let digests = |count| bytes(count, size_of::<Digest>());
    let words = |count| bytes(count, 4);
    let elements = |count| bytes(words(count) as usize, E::DEGREE);
    let counted = |bytes: u64| bytes.saturating_add(LENGTH as u64);
    let each = |count: usize, own: usize| count.saturating_mul(own);

    let Body {
        tree,
        rows,
        values,
        opening,
        words: folding,
        ..
    } = body;
    let layers = tree.layers.iter();
    let layers = layers.map(|layer| each(layer.rounds.len(), 2).saturating_add(4));
    let layers = layers.fold(0, usize::saturating_add);
    let rounds = [
        rows.skip.len(),
        each(rows.rounds.len(), 3),
        each(opening.low.len(), 2),
        each(opening.pages.len(), 2),
        opening.phases.len(),
        each(opening.point.len(), 2),
        opening.words.len(),
    ];
    let halvings = folding.rounds.iter().map(|round| round.halves.len());
    let halvings = halvings.fold(0, usize::saturating_add);
    let nonces = [WORKS, opening.column_nonces.len(), halvings];
    let mut sizes = Sizes {
        roots: digests(folding.rounds.len().saturating_add(1)),
        tree: elements(each(tree.nodes.len(), 2).saturating_add(layers)),
        sums: elements(all(&rounds)),
        values: elements(values.len()),
        halves: elements(each(halvings, 2).saturating_add(folding.last.len())),
        nonces: bytes(all(&nonces), 8),
        ..Sizes::default()
    };
    for ((phase, _), opening) in present(layout).zip(&folding.rows) {
        let places = sizes.rows.get_mut(phase).zip(sizes.siblings.get_mut(phase));
        if let Some((rows, siblings)) = places {
            *rows = counted(words(opening.cells.len()));
            *siblings = counted(digests(opening.siblings.len()));
        }
    }
    for FoldOpening { entries, siblings } in folding.rounds.iter().map(|round| &round.opening) {
        let entries = counted(elements(entries.len()));
        sizes.fold_entries = sizes.fold_entries.saturating_add(entries);
        let siblings = counted(digests(siblings.len()));
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
