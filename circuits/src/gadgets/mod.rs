//! Columns, constraints and messages that several instruction families share.
//!
//! Every gadget states what it *assumes* of its inputs and what it *constrains*.

pub mod address;
pub mod less_than;
pub mod logic;
pub mod product;
pub mod registers;
pub mod shift;
#[cfg(all(test, feature = "witness"))]
pub(crate) mod testing;
