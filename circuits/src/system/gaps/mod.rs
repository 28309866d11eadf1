//! # Where the image is not
//! The word addresses that the program file does not fill and that lie in no hole, as maximal ranges;
//! and the ends of the chain of zeroed words.
//!
//! Proves: no word address in a range on the `gap` bus is a word of the image or lies in a hole; the
//! chain of zeroed words begins once and ends once, at the places that the verifier gives.
//! Relies on: its preprocessed columns being in the key; public values that are canonical limbs.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::{Fixed, Gaps};
pub use constraints::{eval, fixed, public, ranges};
#[cfg(feature = "witness")]
pub use witness::{fill, rows};
