//! # Bytes moved by read and write
//! Given: to be written with the table.
mod columns;
mod constraints;

pub use columns::Transfer;
pub use constraints::eval;
