//! # The program
//! The decoded program, one row per instruction of the image.
//!
//! Proves: a message on the `instruction` bus is what the image has at that pc. Words that are not
//! instructions have no row, so executing one cannot be proved. Relies on: its preprocessed columns
//! being in the key; pcs being distinct.
mod columns;
mod constraints;
#[cfg(feature = "witness")]
mod witness;

pub use columns::{Fixed, InBoundary, Program};
pub use constraints::{eval, fixed};
#[cfg(feature = "witness")]
pub use witness::{fill, fill_boundary, row, rows};
