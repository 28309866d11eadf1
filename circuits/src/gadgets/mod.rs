//! Groups of columns with constraints that several families share.

pub mod address;
