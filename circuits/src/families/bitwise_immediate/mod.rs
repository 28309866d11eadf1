//! # Bitwise logic with a constant
//! XORI, ORI, ANDI.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has XORI, ORI or ANDI with `immediate` at `pc`;
//! - rs1 is read at `clk`;
//! - rd receives `rs1 ^ immediate`, `rs1 | immediate` or `rs1 & immediate` at `clk + 3`, unless it is
//!   x0;
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! The table looks up AND of the two low bytes; the high limb of a sign-extended immediate is 0 or
//! all ones, so that it needs no lookup. `x | y = x + y - (x & y)`, `x ^ y = x + y - 2 (x & y)`.
//!
//! Relies on: the program bus for `rd`, `rs1`, the bytes of `immediate` and its sign,
//! which is 0 or 1; the memory bus for limbs of register values in `[0, 2^16)`; the `and`, `range16`
//! and `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::BitwiseImmediate;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
