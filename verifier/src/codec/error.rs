//! Why bytes are not a proof.

use alloc::{format, string::String};

use crate::header::HeaderError;

/// Bytes that are not a proof.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The bytes do not begin as a proof does.
    #[error("not a zonda proof: it does not begin with \"ZONDA\"")]
    Magic,
    /// A proof in another version's encoding.
    #[error("{}", version(*expected, *got))]
    Version {
        /// The version that this verifier reads.
        expected: u16,
        /// The version of the bytes.
        got: u16,
    },
    /// No preset has this byte.
    #[error("no preset has the number {got}")]
    Preset {
        /// The byte.
        got: u8,
    },
    /// No proof has as many shards, or parts.
    #[error(transparent)]
    Header(HeaderError),
    /// Links that are impossible, or encoded in another way.
    #[error("the links of a part are not in their one form")]
    Links,
    /// The bytes end early.
    #[error("the proof ends in its {place}")]
    Truncated {
        /// Where.
        place: &'static str,
    },
    /// A length that no proof has.
    #[error("{place}: a length of {got}; the greatest possible is {most}")]
    Length {
        /// Where.
        place: &'static str,
        /// The greatest that is possible.
        most: usize,
        /// The length.
        got: usize,
    },
    /// A number that is not a field element.
    #[error("{place}: {got} is not a field element")]
    Element {
        /// Where.
        place: &'static str,
        /// The number.
        got: u32,
    },
    /// Bytes after the end of the proof, or of a part.
    #[error("{count} or more bytes follow the end")]
    Trailing {
        /// How many have been seen.
        count: usize,
    },
}

/// Explains another version: keys begin with "ZONDAKEY", proofs with "ZONDA" and the version.
fn version(expected: u16, got: u16) -> String {
    if got == u16::from_le_bytes(*b"KE") {
        return "this is a key, not a proof".into();
    }
    format!("proof format version {got}; this verifier reads version {expected}")
}
