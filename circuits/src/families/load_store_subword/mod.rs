//! # Loads and stores of bytes and half-words
//! LB, LBU, SB anywhere; LH, LHU, SH at an even address.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has one of these instructions at `pc`;
//! - rs1 is read at `clk`, and the word that holds the byte or half-word at `rs1 + imm` mod 2^32 is
//!   accessed at `clk + 2`;
//! - a load leaves the word as it is and writes the byte or half-word, sign-extended (LB, LH) or
//!   zero-extended (LBU, LHU), to rd at `clk + 3`,
//! - a store reads rs2 at `clk + 1`, writes its low byte or half-word, and leaves every other byte
//!   of the word as it was;
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! A half-word at an odd address cannot stand here: the family of misaligned ones has it.
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

pub use columns::LoadStoreSubword;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
