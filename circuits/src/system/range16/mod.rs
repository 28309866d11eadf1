//! # 16-bit range
//! The table of all values below 2^16.
//!
//! Proves: a value looked up on the `range16` bus is in `[0, 2^16)`.
//! Relies on: the verifier, which knows its preprocessed column.
mod columns;
mod constraints;
#[cfg(feature = "witness")]
mod witness;

pub use columns::{Fixed, Range16};
pub use constraints::{ROWS, eval, fixed};
#[cfg(feature = "witness")]
pub use witness::{fill, rows};
