//! The engine: proves that the tables of a part hold. Each step is a section of PROTOCOL.md.
//!
//! | folder or file | what |
//! |---|---|
//! | `part` | a part, step by step |
//! | `pages`, `columns` | the cells, page by page, and where each table's columns are |
//! | `commit`, `fixed` | commitments to columns; those that the program fixes |
//! | `tree` | the tree of fractions: that messages balance |
//! | `zerocheck` | the sum over rows: that constraints hold, and that leaves are those of the tables |
//! | `opening` | the values of columns, down to words |
//! | `words` | low degree and value of words |
//! | `challenge`, `lookup`, `rows` | challenges, messages and rows as vectors |

use zonda_kernels::{AllocationError, Platform, Pool};
use zonda_riscv_emu::allocate::OutOfMemory;

use crate::cancel::Cancelled;

mod challenge;
pub mod columns;
pub mod commit;
mod fixed;
mod lookup;
pub mod opening;
pub mod pages;
pub mod part;
mod rows;
pub mod tree;
pub mod words;
mod work;
pub mod zerocheck;

pub use challenge::ProverChallenge;
pub use commit::Commitment;
pub use fixed::Fixed;
use fixed::KnownRoots;
pub use lookup::{Fingerprints, Lookups};
pub(crate) use work::work;

/// Why there is no proof of filled tables.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A challenge hit one of the values for which the protocol has no next step.
    #[error("a challenge hit an exceptional value, which has the probability of a lucky guess")]
    Challenge,
    /// The system refuses memory.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// The work was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<AllocationError> for EngineError {
    fn from(AllocationError { bytes }: AllocationError) -> Self {
        Self::OutOfMemory(OutOfMemory { bytes })
    }
}

/// The tools that every stage computes with.
#[derive(Clone)]
pub struct Engine {
    /// The SIMD platform.
    pub platform: Platform,
    /// Buffers for columns.
    pub pool: Pool,
    /// Roots of programs' columns that were made already.
    known: KnownRoots,
}

impl Default for Engine {
    /// The fastest platform of this machine.
    fn default() -> Self {
        Self::new(Platform::detect())
    }
}

impl Engine {
    /// An engine on a platform that this machine has.
    pub fn new(platform: Platform) -> Self {
        Self {
            platform,
            pool: Pool::new(),
            known: KnownRoots::default(),
        }
    }
}
