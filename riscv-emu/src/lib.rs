//! RV32IM: ELF loading, a strict decoder, a fast interpreter, and execution records.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod decode;
pub mod instruction;
pub mod record;
pub mod semantics;

#[cfg(feature = "std")]
pub mod elf;
#[cfg(feature = "std")]
pub mod program;
#[cfg(feature = "std")]
mod symbols;
#[cfg(any(test, feature = "test-util"))]
#[doc(hidden)]
pub mod testing;
