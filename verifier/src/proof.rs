//! Proofs as bytes.

use alloc::vec::Vec;

use p3_batch_stark::BatchProof;

use crate::{engine::Config, shape::Shape};

const MAGIC: &[u8; 5] = b"ZONDA";
const VERSION: u16 = 0;

/// Longer files are refused unread: no proof of this machine comes near it.
pub const MAX_PROOF_BYTES: usize = 64 << 20;

/// A proof. Its encoding is provisional: magic, version, then the engine's proof in `postcard`.
pub struct Proof {
    /// The engine's proof.
    pub inner: BatchProof<Config>,
}

/// Bytes that are no proof.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// More bytes than a proof can have.
    #[error("{got} bytes are too many for a proof: at most {MAX_PROOF_BYTES}")]
    TooLong {
        /// How many bytes there are.
        got: usize,
    },
    /// The bytes do not begin as a proof does.
    #[error("not a zonda proof: it does not begin with \"ZONDA\"")]
    Magic,
    /// A proof in another version's encoding.
    #[error("proof format version {got}; this verifier reads version {expected}")]
    Version {
        /// The version that this verifier reads.
        expected: u16,
        /// The version of the bytes.
        got: u16,
    },
    /// The bytes end early or are malformed.
    #[error("the proof is truncated or malformed: {0}")]
    Malformed(postcard::Error),
    /// Bytes after the proof's end.
    #[error("{count} bytes follow the proof")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// The bytes hold a proof, but not as this version writes it.
    #[error("the proof is not in canonical form")]
    NotCanonical,
}

impl Proof {
    /// Reads a proof from bytes, which may come from anyone.
    ///
    /// # Errors
    /// If the bytes are no proof of this version in its one canonical form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        if bytes.len() > MAX_PROOF_BYTES {
            return Err(ProofError::TooLong { got: bytes.len() });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(ProofError::Magic)?;
        let (version, rest) = rest.split_first_chunk().ok_or(ProofError::Malformed(
            postcard::Error::DeserializeUnexpectedEnd,
        ))?;
        let got = u16::from_le_bytes(*version);
        if got != VERSION {
            return Err(ProofError::Version {
                expected: VERSION,
                got,
            });
        }
        let (inner, trailing) = postcard::take_from_bytes(rest).map_err(ProofError::Malformed)?;
        if !trailing.is_empty() {
            return Err(ProofError::Trailing {
                count: trailing.len(),
            });
        }
        let proof = Self { inner };
        // Postcard accepts padded varints; two encodings of one proof must not both pass.
        if proof.to_bytes() != bytes {
            return Err(ProofError::NotCanonical);
        }
        Ok(proof)
    }

    /// The proof's bytes.
    ///
    /// # Panics
    /// Never: writing to a growing vector cannot fail.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::from(*MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        postcard::to_extend(&self.inner, bytes).expect("a vector grows")
    }

    /// The heights that the proof claims for its tables. Not checked: [`verify`](crate::verify)
    /// does.
    pub fn shape(&self) -> Shape {
        Shape(self.inner.degree_bits.clone())
    }
}

impl core::fmt::Debug for Proof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Proof")
            .field("shape", &self.shape())
            .finish_non_exhaustive()
    }
}
