//! # Set if less than a constant
//! SLTI, SLTIU.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has SLTI or SLTIU with `immediate` at `pc`;
//! - rs1 is read at `clk`;
//! - rd receives 1 if rs1 is less than the immediate and else 0, at `clk + 3`;
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! SLTI compares unsigned once both top bits are flipped: that of the immediate in the program, that
//! of rs1 here, where a range lookup proves what it is.
//!
//! Relies on: the program bus for `rd`, `rs1` and the limbs of `immediate` in
//! `[0, 2^16)`; the memory bus for limbs of register values in `[0, 2^16)`; the `range16` and
//! `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::SetLessThanImmediate;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
