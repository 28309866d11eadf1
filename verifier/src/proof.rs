//! Proofs: everything that a prover sends about a run, in order.
//!
//! Section 10 of the protocol. Nothing here has been checked: [`verify`](crate::verify) does.

use alloc::vec::Vec;

use zonda_circuits::F;

use crate::header::Header;

/// A digest of BLAKE3.
pub type Digest = [u8; 32];

/// A proof of a run: its header, and the bytes of its parts.
///
/// The bytes are read when a part is checked: [`Body::from_bytes`] reads them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Proof {
    /// The facts about all parts that come before the parts.
    pub header: Header,
    /// The bytes of each part's [`Body`].
    pub parts: Vec<Vec<u8>>,
}

/// The content of a part over the challenge field `E`, beyond its entry in the header.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Body<E> {
    /// The roots of the phases that the prover commits to after the global challenge.
    pub roots: Roots,
    /// The sum of all messages of each instance and scope that has any, in the order of
    /// [`Layout::running_sums`](crate::Layout::running_sums).
    pub claims: Vec<E>,
    /// The columns' values at the out-of-domain points.
    pub opened: Opened<E>,
    /// One root per round of folding.
    pub fold_roots: Vec<Digest>,
    /// The coefficients of the result of folding, in the basis of the line.
    pub last: Vec<E>,
    /// The proofs of work.
    pub nonces: Nonces,
    /// The rows of each phase at the query positions.
    pub phases: [PhaseOpening; crate::layout::PHASES],
    /// The entries of each round of folding at the query positions.
    pub folds: Vec<FoldOpening<E>>,
}

/// The roots of the phases that the prover commits to after the global challenge.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Roots {
    /// Phase 4.
    pub main: Digest,
    /// Phase 5.
    pub sums: Digest,
    /// Phase 6.
    pub quotient: Digest,
}

/// The columns' values at the out-of-domain points.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Opened<E> {
    /// Every column at Z, in the order of columns.
    pub at_point: Vec<E>,
    /// The coordinate columns of every running sum at W, in the order of the sums.
    pub before: Vec<E>,
}

/// The proofs of work of a part, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Nonces {
    /// Before the challenges of the lookup argument.
    pub lookup: u64,
    /// Before the challenge that combines all constraints.
    pub constraints: u64,
    /// Before the out-of-domain point.
    pub point: u64,
    /// Before the challenge that batches all openings.
    pub batch: u64,
    /// Before each folding challenge.
    pub folds: Vec<u64>,
    /// Before the query positions.
    pub query: u64,
}

/// A phase's rows at the query positions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PhaseOpening {
    /// Per group, the rows at its distinct positions, by ascending position, one after another.
    pub rows: Vec<Vec<F>>,
    /// The digests that the rows do not determine: level by level from the leaves, by ascending
    /// index.
    pub siblings: Vec<Digest>,
}

/// The entries of a round of folding at the query positions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FoldOpening<E> {
    /// The entries of the distinct leaves, by ascending index, one after another.
    pub entries: Vec<E>,
    /// The digests that the leaves do not determine.
    pub siblings: Vec<Digest>,
}
