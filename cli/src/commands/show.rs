//! `zonda show`.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, bail};
use zonda::{Header, PartReader, Sizes, Task, VerifyingKey};

use super::{
    key,
    prove::{shards, size_facts},
};
use crate::{
    arguments::Show,
    files::{self, Content, Destinations},
    report::{ShownProof, described},
    summary::{Facts, counted, grouped},
    terminal,
};

/// Says what a file of zonda's is, and what it claims.
///
/// # Errors
/// If the file cannot be read, or is nothing of zonda's in its one form; or if the report cannot be written.
pub fn show(arguments: &Show) -> anyhow::Result<ExitCode> {
    let path = &arguments.file;
    let destinations =
        Destinations::check([("--report", arguments.report.as_deref())], &[Some(path)])?;
    let cannot_read = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(cannot_read)?;
    let mut magic = Vec::new();
    (&mut file)
        .take(MAGIC_BYTES)
        .read_to_end(&mut magic)
        .with_context(cannot_read)?;
    let is_report = arguments.report.is_some();
    match &*magic {
        b"ZONDAKEY" if !is_report => print(key::facts(&key::read(path)?)),
        b"ZONDATSK" if !is_report => print(task(path)?),
        b"ZONDAKEY" | b"ZONDATSK" => bail!("--report is for proofs, {} is none", path.display()),
        _ => {
            let reader = BufReader::new((&*magic).chain(file));
            let shown = Shown::read(reader)
                .with_context(|| format!("{} is no proof, key or task", path.display()))?;
            let mut json = serde_json::to_vec_pretty(&ShownProof::new(&shown))?;
            json.push(b'\n');
            destinations.write([Content::Bytes(&json)])?;
            print(shown.facts())
        }
    }
}
