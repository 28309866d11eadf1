//! Why guests cannot be built.

use std::{io, path::PathBuf};

/// Why guests cannot be built. Variants are in the order of the steps.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There is no `Cargo.toml`.
    #[error("{} is no package and no workspace: it has no Cargo.toml", folder.display())]
    NoManifest {
        /// The folder.
        folder: PathBuf,
    },
    /// Cargo cannot be run.
    #[error("cannot run {program}: {error}")]
    Run {
        /// The program.
        program: String,
        /// The system's reason.
        error: io::Error,
    },
    /// Cargo refuses a question about a workspace.
    #[error("`{command}` failed:\n{message}")]
    Cargo {
        /// The command.
        command: String,
        /// Its own message.
        message: String,
    },
    /// No package is a guest.
    #[error(
        "{} has no guest: a guest is a package with a binary that depends on zonda-guest",
        folder.display()
    )]
    NoGuest {
        /// The folder.
        folder: PathBuf,
    },
    /// A manifest says something that cannot be built.
    #[error("{}: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no library for the target.
    #[error(
        "the Rust library for {target} is missing: run `rustup target add {target}` (on Debian without \
        rustup: `apt-get install rustc-web cargo-web rust-web-src lld-19`)"
    )]
    NoTarget {
        /// The target.
        target: &'static str,
    },
    /// There is no compiler of a distribution.
    #[error(
        "no compiler of a distribution with the library's source and a linker: run `apt-get install \
        rustc-web cargo-web rust-web-src lld-19`"
    )]
    NoDistribution,
    /// Guests with atomics need the source of the library.
    #[error(
        "{guest} has `lower-atomics`, which needs the source of the Rust library: run `rustup component \
        add rust-src`"
    )]
    NoSource {
        /// The guest.
        guest: String,
    },
    /// The versions of the guests' dependencies are not those of `Cargo.lock`.
    #[error(
        "{} does not have {package}: run `cargo check` there, which adds it",
        lock.display()
    )]
    Lock {
        /// The lock file.
        lock: PathBuf,
        /// The package.
        package: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {}: {error}", path.display())]
    File {
        /// Read, write, and so on.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The guests do not compile. Cargo has said why.
    #[error("the guests of {} do not compile", folder.display())]
    Compile {
        /// The workspace.
        folder: PathBuf,
    },
    /// A build script alone can say where things go.
    #[error("{variable} is not set: `build` and `try_build` are for build scripts; use `Build`")]
    NoScript {
        /// The variable.
        variable: &'static str,
    },
}

impl BuildError {
    /// An error of a file, for `map_err`.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File {
            action,
            path,
            error,
        }
    }
}
