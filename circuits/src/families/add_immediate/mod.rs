//! # Add a constant
//! ADDI, LUI, AUIPC, FENCE: the last three are ADDI of x0 with a constant known from the program,
//! FENCE to x0.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has ADDI with `constant` at `pc`;
//! - rs1 is read at `clk`;
//! - rd receives `rs1 + constant` mod 2^32 at `clk + 3`;
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! Relies on: the program bus for `rd`, `rs1` and the limbs of `constant` in
//! `[0, 2^16)`; the memory bus for limbs of register values in `[0, 2^16)` and for x0 being zero;
//! the `range16` and `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::AddImmediate;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
