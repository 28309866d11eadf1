//! Checks zonda proofs anywhere: `no_std`, no unsafe code, typed errors.
//!
//! A proof states: the program with this key ran to `exit(code)` and made these bytes public. The
//! caller supplies the key and the [`Statement`]; a proof never supplies what it is checked
//! against. It carries a [`Claim`] of what it proves, so that an error can say what differs.
//!
//! ```
//! use zonda_verifier::{Proof, Statement, VerifyingKey, verify};
//!
//! # let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/");
//! # let read = |name: &str| std::fs::read(format!("{fixtures}{name}")).unwrap();
//! # let [key, proof] = ["standard_v4.key", "standard_v4.proof"].map(read);
//! let key = VerifyingKey::from_bytes(&key)?; // From whom the verifier trusts.
//! let proof = Proof::from_bytes(&proof)?; // From anyone.
//! let output = vec![55, 0, 0, 0]; // The expected public output.
//! verify(&key, &Statement { exit_code: 0, output }, &proof)?;
//!
//! let other = Statement { exit_code: 1, output: vec![] };
//! assert!(verify(&key, &other, &proof).is_err());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! A proof is a [`Header`] and parts. [`verify()`] checks all of it; [`RunVerifier`] takes the parts
//! one by one, and needs memory for one of them. Everything that prover and verifier must agree on
//! is public: [`protocol`], [`layout`], [`links`], [`transcript`], [`circle`], [`challenge`].
//!
//! | feature | effect |
//! |---|---|
//! | `std` | `verify_from` verifies a proof while it is read, from any `std::io::Read` |
//! | `test-util` | `VerifyingKey::with_parameters`: keys of fewer queries and less work, for tests. Proofs under them show nothing |
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod assessment;
pub mod challenge;
pub mod circle;
mod claim;
mod codec;
pub mod combination;
pub mod commit;

mod cost;
mod counts;
mod error;
pub mod fractions;
pub mod fri;
pub mod given;
pub mod header;
pub mod heights;
mod key;
pub mod layout;
mod lengths;
pub mod links;
pub mod lookup;
pub mod merkle;
pub mod multilinear;
pub mod nodes;
pub mod opening;
pub mod part;
pub mod point;
pub mod preset;
pub mod proof;
pub mod protocol;
pub mod rows;
pub mod security;
mod sizes;
#[cfg(feature = "std")]
mod stream;
pub mod transcript;
mod verify;
pub mod words;

pub use challenge::{Challenge, Sextic};
pub use claim::{Claim, ClaimError};
pub use codec::{MAX_PART_BYTES, ProofError};
pub use cost::{Cost, Operations};
pub use counts::{Counts, Machine, STATEMENTS_DIGEST, Scope};
pub use error::VerifyError;
pub use fri::FoldError;
pub use header::{Header, HeaderError, PartHeader};
pub use heights::{Heights, HeightsError, KeyHeights, MAX_OUTPUT_BYTES};
pub use key::{KeyError, VerifyingKey};
pub use layout::Layout;
pub use lengths::LengthError;
pub use links::{End, ExecutionLinks, Links, LinksError};
pub use merkle::OpeningError;
pub use p3_mersenne_31::QM31;
pub use part::PartError;
pub use preset::{Parameters, Preset};
pub use proof::Proof;
pub use sizes::Sizes;
#[cfg(feature = "std")]
pub use stream::{PartReader, ReadError, verify_from};
pub use transcript::Transcript;
pub use verify::{RunVerifier, verify, verify_with_cost};
pub use zonda_circuits::machine::{Statement, ZeroedRange};

/// The README's example is compiled with the doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
