//! # Memory that the key knows
//! The registers, the output length, and every word that the program file fills.
//!
//! Proves: an address that the run touches starts with its value in the key at clk 0 and ends with
//! one tuple; each address is opened at most once. The output length at the end of the run is
//! what the `output_length` bus says.
//! Relies on: its preprocessed columns being in the key; addresses being distinct.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::{Fixed, Image};
pub use constraints::{eval, fixed};
#[cfg(feature = "witness")]
pub use witness::rows;
