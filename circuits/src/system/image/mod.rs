//! # Memory that the key knows
//! The registers, the output length, and every word that the program file fills.
//!
//! Proves: an address that the run touches starts with its value in the key, owned by nobody, and
//! ends once; each address is opened at most once.
//! Relies on: its preprocessed columns being in the key; addresses being distinct.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::{Fixed, Image, InBoundary};
pub use constraints::{count, eval, fixed};
#[cfg(feature = "witness")]
pub use witness::{all, fill, fill_boundary, rows};
