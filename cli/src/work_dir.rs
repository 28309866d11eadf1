//! Work directories: the command line's files there beside the library's.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use zonda::Budget;

use crate::{
    arguments::Cut,
    files::{self, Content, Destinations},
};

/// The budget of the run whose parts are in a directory: from `cut`, then from the command that began
/// it, then the default. It decides how the run is cut, and must stay the same even if
/// the machine has more or less memory to spare than then.
///
/// # Errors
/// If the directory cannot be made, or its file of the budget not be read or written.
pub fn budget(directory: &Path, cut: &Cut) -> anyhow::Result<Budget> {
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot make --work-dir {}", directory.display()))?;
    let file = directory.join(BUDGET);
    let before = read(&file)?;
    let mut others = Budget::default();
    if let Some(before) = &before {
        others.bytes = before.memory_bytes;
        others.shard_cycles = before.shard_cycles;
    }
    let budget = cut.budget(others);
    let kept = Kept {
        memory_bytes: budget.bytes,
        shard_cycles: budget.shard_cycles,
    };
    // Once there are parts, another budget is another run, which the library refuses.
    if before.as_ref() != Some(&kept) && (before.is_none() || !has_run(directory)?) {
        let destinations = Destinations::check([("the budget", Some(&file))], &[])?;
        destinations.write([Content::Bytes(&serde_json::to_vec(&kept)?)])?;
    }
    Ok(budget)
}

/// The file of a finished part, which may come from another machine.
pub fn finished(directory: &Path, part: usize) -> Option<PathBuf> {
    let end = format!("-{part:05}.part");
    let files = directory.read_dir().ok()?.filter_map(Result::ok);
    let mut files = files.map(|entry| entry.path());
    files.find(|file| file.to_string_lossy().ends_with(&end))
}

/// The budget, as it is kept.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Kept {
    memory_bytes: u64,
    shard_cycles: u64,
}

fn read(file: &Path) -> anyhow::Result<Option<Kept>> {
    match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        _ => {
            let bytes = files::read(file, "the budget", files::MAX_KEY_BYTES)?;
            let damaged = || format!("{} was damaged: delete it", file.display());
            serde_json::from_slice(&bytes).with_context(damaged)
        }
    }
}

/// Whether there is a run's header.
fn has_run(directory: &Path) -> anyhow::Result<bool> {
    let entries = directory
        .read_dir()
        .with_context(|| format!("cannot read --work-dir {}", directory.display()))?;
    let mut paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    Ok(paths.any(|path| {
        path.extension()
            .is_some_and(|extension| extension == "header")
    }))
}

/// The file of the budget.
const BUDGET: &str = "budget.json";

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Cut = Cut {
        memory: None,
        shard_cycles: None,
    };

    #[test]
    fn the_first_budget_stays() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path().join("a/b");
        let said = |memory: Option<u64>, shard_cycles| {
            let cut = Cut {
                memory,
                shard_cycles,
            };
            let budget = budget(&directory, &cut).unwrap();
            (budget.bytes, budget.shard_cycles)
        };
        let default = Budget::default();
        assert_eq!(said(None, None), (default.bytes, default.shard_cycles));
        assert_eq!(said(Some(7), None), (7, default.shard_cycles));
        assert_eq!(said(None, Some(9)), (7, 9));
        assert_eq!(said(None, None), (7, 9), "as the command before said");

        fs::write(directory.join("x.header"), "").unwrap();
        assert_eq!(said(Some(8), None), (8, 9), "what is said counts");
        assert_eq!(said(None, None), (7, 9), "but is not kept");
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(BUDGET);
        let error = || format!("{:#}", budget(directory.path(), &NONE).unwrap_err());
        for text in ["", "{}", "{\"memory_bytes\": -1, \"shard_cycles\": 1}"] {
            fs::write(&file, text).unwrap();
            assert!(error().contains("budget.json was damaged"), "{}", error());
        }
        let below = file.join("below");
        let error = format!("{:#}", budget(&below, &NONE).unwrap_err());
        assert!(error.contains("cannot make --work-dir"), "{error}");
    }
}
