//! # Shift by a constant
//! SLLI, SRLI, SRAI.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has SLLI, SRLI or SRAI at `pc`;
//! - rs1 is read at `clk`;
//! - rd receives rs1 shifted by the amount, 0 to 31, at `clk + 3`;
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! Relies on: the program bus for `rd`, `rs1`, and for how the amount is made of
//! multiplier, direction and `wide`; the memory bus for limbs of register values in `[0, 2^16)`; the
//! `range16` and `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::ShiftImmediate;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
