//! # Loads and stores of words
//! LW and SW at a multiple of four.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has LW or SW at `pc`;
//! - rs1 is read at `clk`, and the word at `rs1 + imm` mod 2^32, which is a multiple of four, is
//!   accessed at `clk + 2`;
//! - LW leaves the word as it is and writes it to rd at `clk + 3`,
//! - SW reads rs2 at `clk + 1` and writes it to the word;
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! A misaligned LW or SW cannot stand here: the family of misaligned ones has it.
//!
//! Relies on: the program bus for `rs1`, the destination or source, and the immediate;
//! the memory bus for limbs in `[0, 2^16)`, and for having no word of RAM at or above word address
//! 2^30; the `range16` and `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::LoadStoreWord;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
