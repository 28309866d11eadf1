//! Checks zonda proofs anywhere: `no_std`, no unsafe code, typed errors.
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

pub mod challenge;
pub mod circle;
mod cost;
mod counts;
pub mod layout;
pub mod preset;
pub mod proof;
pub mod security;
mod shape;
pub mod transcript;

pub use challenge::{Challenge, Sextic};
pub use cost::{Cost, Operations};
pub use counts::{Counts, machine_digest};
pub use layout::Layout;
pub use p3_mersenne_31::QM31;
pub use preset::{Parameters, Preset};
pub use proof::Proof;
pub use shape::{Instance, MAX_LOG_HEIGHT, MAX_OUTPUT_BYTES, Shape, ShapeError};
pub use zonda_circuits::machine::Statement;
