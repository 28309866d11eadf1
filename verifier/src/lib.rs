//! Checks zonda proofs anywhere: `no_std`, no unsafe code, typed errors.
//!
//! A proof says: the program with this key ran to `exit(code)` and made these bytes public. The
//! caller supplies the key and the [`Statement`]; a proof never supplies what it is checked
//! against.
//!
//! ```
//! use zonda_verifier::{Proof, ProofError};
//!
//! // Bytes come from anyone: they are refused, not trusted.
//! assert!(matches!(Proof::from_bytes(b"not a proof"), Err(ProofError::Magic)));
//! ```
//!
//! The engine is `p3-batch-stark` over `p3-circle`, and the proof's encoding is provisional.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod assessed;
mod engine;
mod key;
mod proof;
pub mod security;
mod shape;
mod verify;

pub use engine::{Challenge, Config, Parameters, STANDARD, config};
pub use key::VerifyingKey;
pub use proof::{MAX_PROOF_BYTES, Proof, ProofError};
pub use shape::{MAX_LOG_HEIGHT, MAX_OUTPUT_BYTES, Shape, ShapeError};
pub use verify::{VerifyError, seed, verify};
pub use zonda_circuits::machine::Statement;
