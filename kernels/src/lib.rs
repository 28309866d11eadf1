//! Kernels.
mod stub;
pub use stub::*;
pub mod grind;
pub mod hash;
pub mod tree;
