//! RV32IM: ELF loading, a strict decoder, a fast interpreter, and execution records.
//!
//! ```
//! use zonda_riscv_emu::{
//!     execute::{Discard, Options, execute},
//!     program::Program,
//! };
//!
//! # use zonda_riscv_emu::testing;
//! # let elf = testing::elf(&testing::exit(7));
//! let program = Program::from_elf(&elf)?; // The bytes of a static RV32IM executable.
//! let options = Options { max_cycles: Some(1_000_000), ..Options::default() };
//! let outcome = execute(&program, b"input", &options, &mut Discard)?;
//! assert_eq!(outcome.exit_code, 7);
//! println!("{} instructions, output {:?}", outcome.cycles, outcome.output);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! 1. Load a [`program::Program`] from an ELF file; nothing in the file is trusted.
//! 2. Run it: [`execute::execute`] as fast as it goes, [`execute::execute_metered`] with counts,
//!    [`execute::execute_profiled`] with a [`profile::Profile`], [`execute::execute_recorded`] with the
//!    [`record::Records`] that a proof is made from. All are one interpreter, which computes by the functions of [`semantics`].
//! 3. Or cut it into shards of bounded size: [`shard::Sharder`] executes the run, and
//!    [`shard::replay`] records one of its shards alone.
//! 4. A run that ends without `exit` is an [`error::ExecuteError`], which names the trap, the place
//!    and the reason.
//!
//! | feature | |
//! |---|---|
//! | `std` (default) | ELF loading and execution; without it instructions, their [`semantics`], and the results of runs: [`record`], [`shard`], [`meter`], [`profile`] |
//! | `test-util` | an assembler and an ELF builder for tests, with no promise of stability |
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod allocate;
pub mod decode;
pub mod instruction;
pub mod meter;
pub mod profile;
pub mod record;
pub mod semantics;
pub mod shard;

#[cfg(feature = "std")]
mod counter;
#[cfg(feature = "std")]
mod ecall;
#[cfg(feature = "std")]
pub mod elf;
#[cfg(feature = "std")]
pub mod error;
#[cfg(feature = "std")]
pub mod execute;
#[cfg(feature = "std")]
pub mod hole;
#[cfg(feature = "std")]
mod interpreter;
#[cfg(feature = "std")]
mod lines;
#[cfg(feature = "std")]
mod memory;
#[cfg(feature = "std")]
mod observer;
#[cfg(feature = "std")]
mod profiler;
#[cfg(feature = "std")]
pub mod program;
#[cfg(feature = "std")]
mod recorder;
#[cfg(feature = "std")]
mod symbols;
#[cfg(any(test, feature = "test-util"))]
#[doc(hidden)]
pub mod testing;

/// The doc tests compile the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
