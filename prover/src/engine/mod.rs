//! The engine: proves that the filled tables of a part hold. Each step is a section of PROTOCOL.md.

mod challenge;
mod commit;
mod deep;
mod fixed;
mod fold;
mod global;
mod lookup;
pub mod matrices;
mod opened;
pub mod opening;
mod openings;
pub mod pages;
mod points;
mod prove;
mod quotient;
mod rows;
mod sums;
mod table;
pub mod tree;
pub mod words;
mod work;
pub mod zerocheck;

pub use challenge::ProverChallenge;
pub use commit::Commitment;
pub(crate) use fixed::canonical;
pub use fixed::{Fixed, FixedRoots, Preprocessed};
pub use global::Global;
pub use lookup::{Fingerprints, Lookups};
pub use prove::{Engine, EngineError, Filled};
pub use table::Cells;
