//! # The statement
//! What the verifier's caller states of the run: entry, exit code, public output.
//!
//! Proves: the machine's thread starts once, at the entry and the initial clk; the run exits once,
//! with the stated code; its output has the stated length and bytes; the chain of zeroed words is
//! one chain.
//! Relies on: the periodic columns and public values being built by the verifier from the
//! statement, with the table's height as the period.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::Statement;
pub use constraints::{eval, periodic, public};
#[cfg(feature = "witness")]
pub use witness::rows;
