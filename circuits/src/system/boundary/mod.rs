//! # The boundary of a shard
//! Every register, word of RAM and output length that a shard takes over and leaves.
//!
//! Given a place as its owner, an earlier shard or the initial memory, left it, each row proves:
//! - the shard starts with this value at clk 0, and ends with one tuple;
//! - from then on the place is the shard's, with the value of that tuple.
//!
//! Each place starts once and ends once in a run (`image`, `zeroed`), and passes from owner to owner
//! with growing positions. So it passes along one path, which comes to a shard at most once: no
//! place has two rows in a shard.
//! Relies on: the verifier for the position; the `range16` table; all columns of the global bus being
//! committed before its challenge.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::{Boundary, InBoundary};
pub use constraints::{eval, public};
#[cfg(feature = "witness")]
pub use witness::{Held, LastClks, Left, fill, fill_boundary, row, rows};
