//! RV32IM: ELF loading, a strict decoder, a fast interpreter, and execution records.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod decode;
pub mod instruction;
pub mod record;
pub mod semantics;

#[cfg(feature = "std")]
mod ecall;
#[cfg(feature = "std")]
pub mod elf;
#[cfg(feature = "std")]
pub mod error;
#[cfg(feature = "std")]
pub mod execute;
#[cfg(feature = "std")]
mod interpreter;
#[cfg(feature = "std")]
mod memory;
#[cfg(feature = "std")]
pub mod meter;
#[cfg(feature = "std")]
mod observer;
#[cfg(feature = "std")]
pub mod program;
#[cfg(feature = "std")]
mod recorder;
#[cfg(feature = "std")]
mod symbols;
#[cfg(any(test, feature = "test-util"))]
#[doc(hidden)]
pub mod testing;
