//! Proofs: everything that a prover says, in order.
//!
//! Section 10 of the protocol. Nothing here has been checked: [`verify`](crate::verify) does.

use alloc::vec::Vec;

use p3_mersenne_31::QM31;
use zonda_circuits::F;

use crate::{challenge::Sextic, preset::Preset, shape::Shape};

/// A digest of BLAKE3.
pub type Digest = [u8; 32];

/// A proof.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Proof {
    /// A proof over the challenge field of [`Preset::Standard`].
    Standard(Body<QM31>),
    /// A proof over the challenge field of [`Preset::High`].
    High(Body<Sextic>),
}

impl Proof {
    /// The preset whose challenge field the proof is over.
    pub const fn preset(&self) -> Preset {
        match self {
            Self::Standard(_) => Preset::Standard,
            Self::High(_) => Preset::High,
        }
    }

    /// The tables that the proof claims to have, and their heights. Not checked:
    /// [`verify`](crate::verify) does.
    pub const fn shape(&self) -> &Shape {
        match self {
            Self::Standard(body) => &body.shape,
            Self::High(body) => &body.shape,
        }
    }
}

impl From<Body<QM31>> for Proof {
    fn from(body: Body<QM31>) -> Self {
        Self::Standard(body)
    }
}

impl From<Body<Sextic>> for Proof {
    fn from(body: Body<Sextic>) -> Self {
        Self::High(body)
    }
}

/// What a proof over the challenge field `E` says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Body<E> {
    /// The instances.
    pub shape: Shape,
    /// The roots of the phases that the prover commits to.
    pub roots: Roots,
    /// The sum of all messages of each instance.
    pub claims: Vec<E>,
    /// The columns' values at the out-of-domain points.
    pub opened: Opened<E>,
    /// One root per round of folding.
    pub fold_roots: Vec<Digest>,
    /// The coefficients of what folding ends with, in the basis of the line.
    pub last: Vec<E>,
    /// The proofs of work.
    pub nonces: Nonces,
    /// The rows of each phase at the query positions.
    pub phases: [PhaseOpening; crate::layout::PHASES],
    /// The entries of each round of folding at the query positions.
    pub folds: Vec<FoldOpening<E>>,
}

/// The roots of the phases that the prover commits to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Roots {
    /// Phase 1.
    pub main: Digest,
    /// Phase 2.
    pub sums: Digest,
    /// Phase 3.
    pub quotient: Digest,
}

/// The columns' values at the out-of-domain points.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Opened<E> {
    /// Every column at Z, in the order of columns.
    pub at_point: Vec<E>,
    /// The coordinate columns of every instance's last sum at W, in the order of instances.
    pub before: Vec<E>,
}

/// The proofs of work, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Nonces {
    /// Before the challenge of arguments that span proofs.
    pub global: u64,
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
