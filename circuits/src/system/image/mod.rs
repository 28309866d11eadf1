//! # Memory and registers that the program starts with
//! Given: to be written with the table.
mod columns;
mod constraints;

pub use columns::Image;
pub use constraints::eval;
