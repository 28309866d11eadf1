//! Proves runs of RV32IM programs.
pub mod engine;
