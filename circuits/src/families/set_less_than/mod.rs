//! # Set if less than
//! SLT, SLTU.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has SLT or SLTU at `pc`;
//! - rs1 is read at `clk`, rs2 at `clk + 1`;
//! - rd receives 1 if `rs1 < rs2` and else 0, at `clk + 3`;
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! SLT compares unsigned once both top bits are flipped; range lookups prove what the top bits are.
//!
//! Relies on: the program bus for `rd`, `rs1`, `rs2`; the memory bus for limbs of
//! register values in `[0, 2^16)`; the `range16` and `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::SetLessThan;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
