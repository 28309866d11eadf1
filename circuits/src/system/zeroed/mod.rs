//! # Memory that starts as zero
//! Every word of RAM that the run touches and the program file does not fill; none in a hole.
//!
//! Given the smallest word address that may still be opened, each row proves:
//! - its address is not smaller, and lies in a gap of the image;
//! - the word there starts as zero, owned by nobody, and ends once;
//! - the next address that may be opened is the one after it.
//!
//! So no address is opened twice, none that the image opens, and none in a hole.
//! Relies on: the table of gaps, which starts the chain once and ends it once; the verifier, which
//! lets each range of the chain begin where the one before ends; the `range16` table.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::{InBoundary, Zeroed};
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{NotZeroed, Opening, fill, fill_boundary, is_zeroed, openings, row, rows};
