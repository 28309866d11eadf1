//! # The program
//! The decoded program, one row per instruction of the image.
//!
//! Proves: a row on the `program` bus is what the image has at that pc. Words that are no
//! instruction have no row, so executing one cannot be proved.
//! Relies on: its preprocessed columns being in the key; pcs being distinct.
mod columns;
mod constraints;

pub use columns::{Fixed, Program};
pub use constraints::{eval, fixed};
