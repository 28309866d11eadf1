//! The commands. Each yields the process's exit code, or an error, for which `main` has one.

mod accept;
pub mod bench;
mod build;
mod check;
mod completions;
mod key;
mod new;
mod prove;
mod run;
mod shard;
mod show;
mod verify;

use std::{path::Path, process::ExitCode, sync::Arc};

pub use accept::Accepted;
use anyhow::bail;
pub use bench::bench;
pub use build::build;
pub use check::check;
pub use completions::completions;
pub use key::key;
pub use new::new;
pub use prove::prove;
pub use run::run;
use serde::Serialize;
pub use shard::shard;
pub use show::show;
pub use verify::verify;
use zonda::{ExecuteError, LoadError, Observer, Options, Program, ProveError};

use crate::{
    arguments::{Guest, Limit},
    files,
    progress::Progress,
    terminal,
};

/// The program of an ELF file.
fn load(elf: &Path) -> anyhow::Result<Program> {
    let bytes = files::read(elf, "the guest", files::MAX_ELF_BYTES)?;
    Program::from_elf(&bytes).map_err(|error| {
        let file = elf.display();
        let context = match error {
            LoadError::OutOfMemory(_) => format!("cannot load {file}"),
            _ => format!("{file} is not a guest"),
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

/// The options of a run that is watched.
fn options(limit: &Limit, progress: &Arc<Progress>) -> Options {
    let mut options = Options::default();
    options.max_cycles = limit.max_cycles;
    options.observer = Some(Arc::clone(progress) as Arc<dyn Observer>);
    options
}

/// A report as JSON.
fn json(report: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(report)?;
    json.push(b'\n');
    Ok(json)
}

/// Why a run has no result, and which option helps.
fn no_exit(error: &ExecuteError) -> String {
    match error {
        ExecuteError::CycleLimit { .. } => format!("{error}, with --max-cycles"),
        _ => error.to_string(),
    }
}

/// Why a run has no proof, and which option helps.
fn no_proof(error: &ProveError) -> String {
    match error {
        ProveError::Execute(error) => no_exit(error),
        ProveError::Budget { needed, .. } => {
            format!("{error}, with --memory {}M", needed.div_ceil(1 << 20))
        }
        _ => error.to_string(),
    }
}

/// Ends a command without a result, which `nothing` names: with 1, if that is the answer.
///
/// # Errors
/// If the reason is a file.
fn without(nothing: &str, error: &ProveError) -> anyhow::Result<ExitCode> {
    let text = format!("{nothing}: {}", no_proof(error));
    if let ProveError::Directory(_) | ProveError::Write { .. } = error {
        bail!(text);
    }
    terminal::error(&text);
    Ok(ExitCode::FAILURE)
}
