//! The engine: proves that filled tables hold. Each step is a section of PROTOCOL.md.

mod challenge;
mod commit;
mod deep;
mod fold;
mod lookup;
mod opened;
mod points;
mod prove;
mod quotient;
mod rows;
mod sums;
mod table;

pub use challenge::ProverChallenge;
pub use prove::{Engine, EngineError, Filled, Fixed};
