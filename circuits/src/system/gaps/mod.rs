//! # Where the image is not
//! The word addresses that the program file does not fill, as maximal ranges.
//!
//! Proves: no word address in a range on the `gap` bus is a word of the image.
//! Relies on: its preprocessed columns being in the key.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;

pub use columns::{Fixed, Gaps};
pub use constraints::{eval, fixed, ranges};
