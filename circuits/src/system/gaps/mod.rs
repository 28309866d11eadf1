//! # Where the image is not
//! Given: to be written with the table.
mod columns;
mod constraints;

pub use columns::Gaps;
pub use constraints::eval;
