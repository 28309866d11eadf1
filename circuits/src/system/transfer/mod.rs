//! # Transfers
//! The words that `read` fills and that `write` to the public output takes bytes from.
//!
//! Given an unfinished transfer of `remaining` bytes at an address, each row proves:
//! - the bytes moved are those of one word, from the address to the end of the word or of the
//!   transfer;
//! - at `clk + 2` of the ECALL, these bytes of the word become any bytes (input), or stay and are
//!   what the public output has at their indices (output); the word's other bytes stay;
//! - the transfer goes on with the next word, unless no bytes remain.
//!
//! Relies on: the ECALL's row for an address with limbs in `[0, 2^16)`, `address + remaining <=
//! 2^32`, `remaining <= 4096`, and an output below 2^30 bytes; a proof having fewer than 2^28 rows,
//! so that the bytes moved by all of them are fewer than p; the `range16` and `byte_pair` tables.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::Transfer;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
