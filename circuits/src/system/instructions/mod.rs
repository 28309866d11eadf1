//! # The instructions of a shard
//! The distinct instructions that a shard executes.
//!
//! Proves: a row on the `program` bus is an instruction of the program.
//! Relies on: the program's table, which answers on the `instruction` bus.
mod columns;
mod constraints;
#[cfg(feature = "witness")]
mod witness;

pub use columns::{InBoundary, Instructions};
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, fill_boundary, row, rows};
