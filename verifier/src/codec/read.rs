//! Reading a part without trust.

use alloc::vec::Vec;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::F;

use super::{ProofError, Source};
use crate::{challenge::Challenge, preset::MAX_QUERIES, proof::Digest};

/// The bytes left to read, and what they should be.
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

    pub(crate) const fn at(&mut self, place: &'static str) -> &mut Self {
        self.place = place;
        self
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
