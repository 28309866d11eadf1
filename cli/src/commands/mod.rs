//! The commands. Each yields the process's exit code, or an error, for which `main` has one.

mod accept;
pub mod bench;
mod check;
mod key;
mod prove;
mod run;
mod shard;
mod show;
mod verify;

use std::{path::Path, process::ExitCode};

pub use accept::Accepted;
use anyhow::bail;
pub use bench::bench;
pub use check::check;
pub use key::key;
pub use prove::prove;
pub use run::run;
pub use shard::shard;
pub use show::show;
pub use verify::verify;
use zonda::{ExecuteError, LoadError, Options, Program, ProveError};

use crate::{
    arguments::{Guest, Limit},
    files, terminal,
};

/// The program of an ELF file.
fn load(elf: &Path) -> anyhow::Result<Program> {
    let bytes = files::read(elf, "the guest", files::MAX_ELF_BYTES)?;
    Program::from_elf(&bytes).map_err(|error| {
        let file = elf.display();
        let context = match error {
            LoadError::OutOfMemory(_) => format!("cannot load {file}"),
            _ => format!("{file} is no guest"),
        };
        anyhow::Error::new(error).context(context)
    })
}

/// The guest's input.
fn input(guest: &Guest) -> anyhow::Result<Vec<u8>> {
    match &guest.input {
        Some(path) => files::read(path, "--input", files::MAX_INPUT_BYTES),
        None => Ok(Vec::new()),
    }
}

/// The options of a run whose text goes to the terminal.
fn options(limit: Option<&Limit>) -> Options {
    let mut options = Options::default();
    options.max_cycles = limit.and_then(|limit| limit.max_cycles);
    options.print_debug = true;
    options
}

/// Why a run has no result, and which option helps.
fn no_exit(error: &ExecuteError) -> String {
    match error {
        ExecuteError::CycleLimit { .. } => format!("{error}, with --max-cycles"),
        _ => error.to_string(),
    }
}

/// Ends a command that has no proof, part or whatever `nothing` says: with 1, if that is the answer.
///
/// # Errors
/// If the reason is a file.
fn without(nothing: &str, error: &ProveError) -> anyhow::Result<ExitCode> {
    let reason = match error {
        ProveError::Execute(error) => no_exit(error),
        ProveError::Budget { needed, .. } => {
            format!("{error}, with --memory {}M", needed.div_ceil(1 << 20))
        }
        ProveError::Directory(_) | ProveError::Write { .. } => bail!("{nothing}: {error}"),
        _ => error.to_string(),
    };
    terminal::error(&format!("{nothing}: {reason}"));
    Ok(ExitCode::FAILURE)
}
