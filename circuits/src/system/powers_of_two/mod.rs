//! # Powers of two
//! The table of `2^0` to `2^7`.
//!
//! Proves: a pair on the `power_of_two` bus is an exponent in `[0, 8)` and that power of two.
//! Relies on: the verifier, which knows its preprocessed columns.
mod columns;
mod constraints;
#[cfg(feature = "witness")]
mod witness;

pub use columns::{Fixed, PowersOfTwo};
pub use constraints::{POWERS, eval, fixed};
#[cfg(feature = "witness")]
pub use witness::{fill, rows};
