//! Reading a part without trust.

use alloc::vec::Vec;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::F;

use super::{ProofError, Source};
use crate::{
    challenge::Challenge,
    layout::{Layout, PHASES},
    preset::{FINAL_COEFFICIENTS, MAX_QUERIES},
    proof::{Body, Digest, FoldOpening, Nonces, Opened, PhaseOpening, Roots},
};

/// The bytes left to read, and the layout that they should have.
pub(crate) struct Reader<'a> {
    pub(crate) rest: &'a [u8],
    place: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            place: "roots",
        }
    }

    pub(super) fn body<E: Challenge>(&mut self, layout: &Layout) -> Result<Body<E>, ProofError> {
        let arities = layout.folds();
        let roots = Roots {
            main: self.array()?,
            sums: self.array()?,
            quotient: self.array()?,
        };
        let claims = self.at("claims").elements(layout.running_sums().count())?;
        let opened = Opened {
            at_point: self.at("opened values").elements(layout.columns())?,
            before: self.elements(layout.opened_before().count())?,
        };
        let fold_roots = self.at("roots of folding").digests(arities.len())?;
        let last = self.at("last coefficients").elements(FINAL_COEFFICIENTS)?;
        let nonces = self.at("works").nonces(arities.len())?;
        let mut phases: [PhaseOpening; PHASES] = Default::default();
        self.place = "opened rows";
        for (phase, opening) in layout.phases.iter().zip(&mut phases) {
            for group in &phase.groups {
                let count = self.length(most_leaves(group.log_size()))?;
                opening
                    .rows
                    .push(self.cells(count.saturating_mul(group.width))?);
            }
            if !phase.groups.is_empty() {
                opening.siblings = self.siblings(phase.log_size())?;
            }
        }
        let mut folds = Vec::new();
        let mut log_size = layout.log_size();
        self.place = "opened entries of folding";
        for arity in arities {
            log_size = log_size.saturating_sub(arity);
            let count = self.length(most_leaves(log_size))?;
            folds.push(FoldOpening {
                entries: self.elements(count.wrapping_shl(arity))?,
                siblings: self.siblings(log_size)?,
            });
        }
        Ok(Body {
            roots,
            claims,
            opened,
            fold_roots,
            last,
            nonces,
            phases,
            folds,
        })
    }

    pub(crate) const fn at(&mut self, place: &'static str) -> &mut Self {
        self.place = place;
        self
    }

    fn nonces(&mut self, folds: usize) -> Result<Nonces, ProofError> {
        let mut nonce = || self.array().map(u64::from_le_bytes);
        Ok(Nonces {
            lookup: nonce()?,
            constraints: nonce()?,
            point: nonce()?,
            batch: nonce()?,
            folds: (0..folds).map(|_| nonce()).collect::<Result<_, _>>()?,
            query: nonce()?,
        })
    }

    pub(crate) fn siblings(&mut self, depth: u32) -> Result<Vec<Digest>, ProofError> {
        let most = (MAX_QUERIES as usize).saturating_mul(depth as usize);
        let count = self.length(most)?;
        self.digests(count)
    }

    pub(crate) fn length(&mut self, most: usize) -> Result<usize, ProofError> {
        let got = u32::from_le_bytes(self.array()?) as usize;
        if got > most {
            return Err(ProofError::Length {
                place: self.place,
                most,
                got,
            });
        }
        Ok(got)
    }

    pub(crate) fn digests(&mut self, count: usize) -> Result<Vec<Digest>, ProofError> {
        let (digests, _) = self.take(count.saturating_mul(32))?.as_chunks();
        Ok(Vec::from(digests))
    }

    pub(crate) fn elements<E: Challenge>(&mut self, count: usize) -> Result<Vec<E>, ProofError> {
        let cells = self.cells(count.saturating_mul(E::DEGREE))?;
        let coordinates = cells.chunks_exact(E::DEGREE);
        let element = |coordinates: &[F]| {
            E::from_coordinates_fn(|index| coordinates.get(index).copied().unwrap_or_default())
        };
        Ok(coordinates.map(element).collect())
    }

    pub(crate) fn cells(&mut self, count: usize) -> Result<Vec<F>, ProofError> {
        let place = self.place;
        let (words, _) = self.take(count.saturating_mul(4))?.as_chunks();
        let cell = |word: &[u8; 4]| match u32::from_le_bytes(*word) {
            got if got < F::ORDER_U32 => Ok(F::from_u32(got)),
            got => Err(ProofError::Element { place, got }),
        };
        words.iter().map(cell).collect()
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ProofError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&[u8], ProofError> {
        self.rest.take(self.place, count)
    }
}

/// The most leaves that can be opened of a tree of `2^log_size`.
pub(crate) fn most_leaves(log_size: u32) -> usize {
    (MAX_QUERIES as usize).min(1_usize.wrapping_shl(log_size))
}
