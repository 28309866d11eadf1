//! Proves runs of RV32IM programs.
//!
//! A run is cut into shards; [`prove`] reads as the pipeline: plan the run, then prove part after
//! part. [`engine`] proves a part. Programs that prove depend on the crate `zonda`, which wraps
//! this one.
//!
//! ```
//! use zonda_prover::{Options, engine::Engine, prove};
//! use zonda_riscv_emu::{execute::Discard, program::Program};
//!
//! # use zonda_riscv_emu::testing;
//! # let elf = testing::elf(&testing::exit(7));
//! let program = Program::from_elf(&elf)?; // The bytes of a guest's ELF file.
//! let engine = Engine::default();
//! let proved = prove(&engine, &program, b"input", &Options::default(), &mut Discard)?;
//! assert_eq!(proved.exit_code, 7);
//! println!("{} bits, {} bytes", proved.report.security_bits, proved.report.proof_bytes);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod budget;
mod cancel;
pub mod cells;
mod check;
mod directory;
pub mod engine;
mod error;
pub mod estimate;
mod forecast;
mod job;
mod memory;
mod part;
mod pipeline;
mod plan;
mod profile;
mod report;
mod run_estimate;
mod setup;
mod stage;
mod tables;
mod task;
mod witness;

pub use budget::{Budget, DEFAULT_SHARD_CYCLES};
pub use cancel::{Cancel, Cancelled};
pub use cells::{Cells, TableCells};
pub use check::check;
pub use directory::DirectoryError;
pub use error::ProveError;
pub use job::{Observer, Progress};
pub use memory::{available_bytes, peak_rss_bytes};
pub use part::{ProgramWork, ShardWork, Work, ZeroedWork};
pub use pipeline::{
    Execution, MAX_THREADS, Options, Proved, Tasks, execute, plan, prove, prove_to,
};
pub use plan::{Cutting, Plan};
pub use profile::profile;
pub use report::Report;
pub use run_estimate::{RunEstimate, estimate as estimate_run};
pub use setup::{Setup, prepare, prepare_for, verifying_key};
pub use stage::Stage;
pub use tables::{Tables, prove_tables};
pub use task::{Task, TaskError, TaskReadError, prove_task};

/// The vectors that the prover computes with on this machine, by name.
pub fn platform() -> &'static str {
    zonda_kernels::Platform::detect().name()
}
