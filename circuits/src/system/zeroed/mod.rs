//! # Memory that starts as zero
//! Given: to be written with the table.
mod columns;
mod constraints;

pub use columns::Zeroed;
pub use constraints::eval;
