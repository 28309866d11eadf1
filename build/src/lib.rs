//! Builds guest programs of the zonda zkVM. The same sources, versions and compiler give the same
//! bytes anywhere, and so the same program id and key.
//!
//! In the `build.rs` of a host:
//!
//! ```no_run
//! zonda_build::build("../guest");
//! ```
//!
//! and in its program, `zonda::include_elf!("my-guest")`. `zonda build` is the command line's side.
//!
//! # Usage
//!
//! 1. A guest is a package with a binary that depends on `zonda-guest`. [`build`] builds the guests
//!    of a package or workspace from a `build.rs`; [`Build`] does it from any program.
//! 2. The compiler is that of `rustup` if it has the target [`TARGET`], or else a distribution's, which
//!    has the library's source: see [`Toolchain`].
//! 3. A guest's `Cargo.toml` may say more:
//!
//!    ```toml
//!    [package.metadata.zonda]
//!    target-features = ["+unaligned-scalar-mem"]
//!    lower-atomics = true     # its crates use atomics; needs the library's source
//!    ```
//!
//! # How builds are the same anywhere
//!
//! Cargo's hashes, which are parts of symbols, depend on where packages lie. So the packages that guests
//! consist of are copied to a folder, the *stage*, which looks the same for anyone, and are built
//! there with paths that are remapped. All guests of a workspace are built together, as their features
//! depend on each other. Profiles and `RUSTFLAGS` are those of this crate alone, and the versions
//! those of the workspace's `Cargo.lock`.
#![forbid(unsafe_code)]

mod build;
mod cargo;
mod error;
mod manifest;
mod script;
mod stage;
mod target;
mod toolchain;
mod workspace;

pub use self::{
    build::{Build, Guest},
    error::BuildError,
    script::{build, try_build},
    target::TARGET,
    toolchain::Toolchain,
};

/// The README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
