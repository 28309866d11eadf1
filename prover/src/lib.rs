//! Proves runs of RV32IM programs.
//!
//! [`prove`] reads as the pipeline: execute, fill the tables, commit to the program, prove, and
//! check the result. [`engine`] is what proves.
#![forbid(unsafe_code)]

pub mod cells;
pub mod engine;
mod memory;
mod pipeline;
mod report;
mod stage;

pub use cells::{Cells, TableCells};
pub use memory::peak_rss_bytes;
pub use pipeline::{
    Execution, MAX_CYCLES, Options, ProveError, Proved, check, commit, execute, program_image,
    prove, prove_instances, verifying_key,
};
pub use report::Report;
pub use stage::{Observer, Stage};

/// The vectors that the prover computes with on this machine, by name.
pub fn platform() -> &'static str {
    zonda_kernels::Platform::detect().name()
}
