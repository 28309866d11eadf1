//! # Shift
//! SLL, SRL, SRA.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has SLL, SRL or SRA at `pc`;
//! - rs1 is read at `clk`, rs2 at `clk + 1`;
//! - rd receives rs1 shifted by the low five bits of rs2 at `clk + 3`;
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! Relies on: the program bus for `rd`, `rs1`, `rs2`; the memory bus for limbs of
//! register values in `[0, 2^16)`; the `power_of_two`, `range16` and `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::Shift;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
