//! # Branches
//! BEQ, BNE, BLT, BGE, BLTU, BGEU.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has one of these branches at `pc`, with the row's target;
//! - rs1 is read at `clk`, rs2 at `clk + 1`;
//! - the thread goes on at `clk + 4`, at the target if the manual's condition holds of rs1 and rs2
//!   and at `pc + 4` if it does not.
//!
//! The six conditions are three and their negations: equal (BEQ, BNE), less as signed words (BLT,
//! BGE), less as unsigned words (BLTU, BGEU). Of two words the high limbs decide, unless they are
//! equal: then the low limbs do.
//!
//! Relies on: the program bus for `rs1`, `rs2` and the target, whether or not there is an
//! instruction; the memory bus for limbs of register values in `[0, 2^16)`; the `range16` and
//! `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::Branch;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
