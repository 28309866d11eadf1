//! # Jumps
//! JAL, JALR.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has JAL or JALR at `pc`;
//! - JALR reads rs1 at `clk`; JAL reads no register;
//! - rd receives the link value `pc + 4` at `clk + 3`;
//! - the thread goes on at `clk + 4`: for JAL at the program's target, for JALR at `rs1 + imm`
//!   mod 2^32 with its lowest bit cleared, which must be a multiple of four and an instruction's
//!   address.
//!
//! Relies on: the program bus for `rd`, `rs1`, the constants, and for having no
//! instruction at or above 2^30; the memory bus for limbs of register values in `[0, 2^16)`; the
//! `range16` and `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::Jump;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
