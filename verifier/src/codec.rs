//! Proofs as bytes: one encoding per proof, read without trust.
//!
//! Section 10 of the protocol. A proof is its header, then each part with its length. The sizes of a
//! part follow from its heights, but for what depends on the query positions: that carries its length,
//! which is bounded before anything is allocated. Every allocation is at most a small multiple of the
//! bytes that have been read.

use alloc::vec::Vec;

use crate::{
    challenge::Challenge,
    counts::Machine,
    layout::Layout,
    part::Body,
    proof::{Digest, Proof},
};

mod body;
mod error;
mod header;
mod read;
#[cfg(test)]
pub(crate) mod tests;

pub use error::ProofError;
pub(crate) use header::Source;
#[cfg(feature = "std")]
pub(crate) use header::{part_length, read as read_header};
pub(crate) use read::{Reader, most_leaves};

pub(crate) const MAGIC: &[u8; 5] = b"ZONDA";
pub(crate) const VERSION: u16 = 4;

/// The most bytes of a part: no part of this machine comes near it.
pub const MAX_PART_BYTES: usize = 64 << 20;

impl Proof {
    /// Reads a proof from bytes, which may come from anyone. Those of its parts are not looked at.
    ///
    /// # Errors
    /// If the bytes are no header of this version in its one form, followed by the parts that it
    /// announces.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        let mut rest = bytes;
        let header = header::read(&mut rest)?;
        let mut parts = Vec::new();
        for _ in &header.parts {
            let length = header::part_length(&mut rest)?;
            parts.push(Vec::from(rest.take("parts", length)?));
        }
        match rest.len() {
            0 => Ok(Self { header, parts }),
            count => Err(ProofError::Trailing { count }),
        }
    }

    /// The proof's bytes. Reading them gives this proof again if it has as many parts as its header
    /// announces.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.header.to_bytes();
        for part in &self.parts {
            put_length(&mut bytes, part.len());
            bytes.extend(part);
        }
        bytes
    }

    /// The body of a part, read from its bytes.
    ///
    /// # Errors
    /// If there is no such part, or its bytes are not of its heights over the challenge field `E`.
    pub fn body<E: Challenge>(&self, part: usize) -> Result<Body<E>, ProofError> {
        let found = self.header.parts.get(part).zip(self.parts.get(part));
        let (header, bytes) = found.ok_or(ProofError::Truncated { place: "parts" })?;
        Body::from_bytes(&Machine::new(), &Layout::new(&header.heights), bytes)
    }
}

pub(crate) fn put_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend((length as u32).to_le_bytes());
}

pub(crate) fn put_digests(bytes: &mut Vec<u8>, digests: &[Digest]) {
    put_length(bytes, digests.len());
    bytes.extend(digests.iter().flatten());
}
