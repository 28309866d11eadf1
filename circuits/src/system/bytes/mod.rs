//! # Pairs of bytes
//! The table of all pairs of bytes with their conjunction.
//!
//! Proves: a pair on the `byte_pair` bus consists of two values in `[0, 2^8)`; a triple on the
//! `and` bus of two such values and their bitwise AND.
//! Relies on: the verifier, which knows its preprocessed columns.
mod columns;
mod constraints;
#[cfg(feature = "witness")]
mod witness;

pub use columns::{Bytes, Fixed};
pub use constraints::{ROWS, eval, fixed};
#[cfg(feature = "witness")]
pub use witness::{fill, rows};
