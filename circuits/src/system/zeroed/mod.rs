//! # Memory that starts as zero
//! Every word of RAM that the run touches and the program file does not fill.
//!
//! Given the smallest word address that may still be opened, each row proves:
//! - its address is not smaller, and lies in a gap of the image;
//! - the word there starts as zero at clk 0 and ends with one tuple;
//! - the next address that may be opened is the one after it.
//!
//! So no address is opened twice, and none that the image opens.
//! Relies on: the statement's table, which starts the chain once and ends it once; the `gap` and
//! `range16` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::Zeroed;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{Opening, from, openings, row};
