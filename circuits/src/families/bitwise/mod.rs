//! # Bitwise logic
//! XOR, OR, AND.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has XOR, OR or AND at `pc`;
//! - rs1 is read at `clk`, rs2 at `clk + 1`;
//! - rd receives `rs1 ^ rs2`, `rs1 | rs2` or `rs1 & rs2` at `clk + 3`;
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! The table looks up AND of all bytes; `x | y = x + y - (x & y)` and `x ^ y = x + y - 2 (x & y)`.
//!
//! Relies on: the program bus for `rd`, `rs1`, `rs2`; the memory bus for limbs of
//! register values in `[0, 2^16)`; the `and`, `range16` and `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::Bitwise;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
