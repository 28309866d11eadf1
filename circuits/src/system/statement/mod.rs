//! # The statement
//! Where a shard begins and ends, and the bytes that it makes public.
//!
//! Proves: the shard's thread starts once, at the stated pc and the initial clk; it exits once, with
//! the stated code, or ends once, at the stated pc after the stated number of instructions; it makes
//! exactly the stated bytes public, with the stated indices.
//! Relies on: the periodic columns, which are as long as the table is high, and the public values being
//! built by the verifier; fewer than 2^28 instructions.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::Statement;
pub use constraints::{eval, periodic, public};
#[cfg(feature = "witness")]
pub use witness::{all, fill, rows};
