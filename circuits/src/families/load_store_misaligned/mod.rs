//! # Misaligned loads and stores
//! LW, LH, LHU, SW, SH at an address that is not a multiple of four.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has one of these instructions at `pc`;
//! - rs1 is read at `clk`; at `clk + 2` the word that holds the first byte at `rs1 + imm` mod 2^32
//!   is accessed, and the word after it, where the last word of memory is followed by word 0;
//! - a load leaves both words as they are and writes the bytes found, sign-extended for LH and
//!   zero-extended for LHU, to rd at `clk + 3`,
//! - a store reads rs2 at `clk + 1`, writes its low bytes, and leaves every other byte of the two
//!   words as it was: for a half-word at offset 1 the whole second word;
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! Every offset from 1 to 3 is proved right, so also a half-word at offset 2, which the recorder
//! hands to the family of sub-word accesses. Such instructions are rare: this table prefers bytes
//! in plain sight to fewer columns.
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

pub use columns::LoadStoreMisaligned;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
