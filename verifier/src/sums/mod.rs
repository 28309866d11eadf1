//! The engine of sums: protocol version 4, which is being built (`docs/engine-of-sums.md`). [`verify`](crate::verify)
//! does not use it yet.

mod codec;
pub mod combination;
pub mod given;
pub mod heights;
pub mod multilinear;
pub mod nodes;
pub mod opening;
pub mod pages;
pub mod part;
pub mod point;
pub mod rows;
pub mod security;
pub mod words;
