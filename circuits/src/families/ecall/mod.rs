//! # System calls
//! ECALL.
//!
//! Given the thread at `(pc, clk)`, each row proves that the program has ECALL at `pc`, that a7, a1
//! and a2 are read at `clk`, a0 is read and written at `clk + 3`, and one of these:
//! - `read` (a7 = 63, a0 = 0): a0 receives some number `n <= min(a2, 4096)`;
//! - `write` (a7 = 64, a0 = 1, 2 or 3): a0 receives `n = min(a2, 4096)`; for public output (a0 = 3)
//!   the output length grows by `n` at `clk + 2`, and stays below 2^30;
//! - for both, `a1 + a2 <= 2^32`, the thread goes on at `(pc + 4, clk + 4)`, and `n > 0` bytes at a1
//!   are handed to the transfer table, unless they are debug text (a0 = 1 or 2);
//! - `exit` (a7 = 93 or 94): the code is a0, which stays, and the thread ends.
//!
//! Relies on: the memory bus for limbs of register values in `[0, 2^16)` and an output length below
//! 2^30; the transfer table for the bytes; the statement's table for receiving one exit; the
//! `range16` and `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::Ecall;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
