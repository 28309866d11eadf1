//! # Bitwise operations with a constant
//! Given: to be written with the table.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::BitwiseImmediate;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::row;
