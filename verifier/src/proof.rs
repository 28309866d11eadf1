//! Proofs: everything that a prover sends about a run, in order.
//!
//! Section 10 of the protocol. Nothing here has been checked: [`verify`](crate::verify) does.

use alloc::vec::Vec;

use crate::header::Header;

/// A digest of BLAKE3.
pub type Digest = [u8; 32];

/// A proof of a run: its header, and the bytes of its parts.
///
/// The bytes are read when a part is checked: [`Body::from_bytes`](crate::part::Body::from_bytes) reads them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Proof {
    /// The facts about all parts that come before the parts.
    pub header: Header,
    /// The bytes of each part's [`Body`](crate::part::Body).
    pub parts: Vec<Vec<u8>>,
}

/// The entries of a round of folding at the query positions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FoldOpening<E> {
    /// The entries of the distinct leaves, by ascending index, one after another.
    pub entries: Vec<E>,
    /// The digests that the leaves do not determine.
    pub siblings: Vec<Digest>,
}
