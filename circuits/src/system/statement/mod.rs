//! # What the caller of the verifier states
//! Given: to be written with the table.
mod columns;
mod constraints;

pub use columns::Statement;
pub use constraints::eval;
