//! The tables that serve the instruction families: lookup tables, memory, input and output, and
//! the statement.

pub mod boundary;
pub mod bytes;
pub mod gaps;
pub mod image;
pub mod instructions;
pub mod powers_of_two;
pub mod program;
pub mod range16;
pub mod statement;
pub mod transfer;
pub mod zeroed;
