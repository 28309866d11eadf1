//! `zonda key`.

use std::{path::Path, process::ExitCode};

use anyhow::Context;
use zonda::{Options, Preset, Prover, VerifyingKey};

use super::load;
use crate::{
    arguments::Key,
    files::{self, Content, Destinations},
    report::{described, parameters},
    summary::{Facts, counted},
    terminal,
};

/// Derives the key of a guest, shows it and writes it; or shows one that was written.
///
/// # Errors
/// If a file cannot be read or written, or is not a guest or not a key.
pub fn key(arguments: &Key) -> anyhow::Result<ExitCode> {
    let key = match (&arguments.show, &arguments.elf) {
        (Some(file), _) => read(file)?,
        (None, elf) => {
            let elf = elf.as_deref().context("no ELF is named")?;
            let output = arguments.output.as_deref();
            let destinations = Destinations::check([("--output", output)], &[Some(elf)])?;
            destinations.spare_terminals("--output")?;
            let key = prover(arguments.preset).verifying_key(&load(elf)?)?;
            destinations.write([Content::Bytes(&key.to_bytes())])?;
            terminal::summary(arguments.talk, facts(&key));
            return Ok(ExitCode::SUCCESS);
        }
    };
    terminal::print(&facts(&key).into_text())?;
    Ok(ExitCode::SUCCESS)
}

/// The key in a file.
///
/// # Errors
/// If the file cannot be read, or is not a key.
pub fn read(file: &Path) -> anyhow::Result<VerifyingKey> {
    let bytes = files::read(file, "the key", files::MAX_KEY_BYTES)?;
    VerifyingKey::from_bytes(&bytes).with_context(|| format!("{} is not a key", file.display()))
}

/// A prover for its keys.
pub fn prover(preset: Preset) -> Prover {
    let mut options = Options::default();
    options.preset = preset;
    Prover::new(options)
}

/// The facts about a key.
pub fn facts(key: &VerifyingKey) -> Facts {
    let named = |(name, value): (&str, u32)| format!("{name} {value}");
    Facts::default()
        .with("program", hex::encode(key.program_id()))
        .with("entry", format!("0x{:08x}", key.entry()))
        .with("preset", described(key.preset()))
        .with(
            "parameters",
            parameters(key.parameters()).map(named).join(", "),
        )
        .with("digest", hex::encode(key.digest()))
        .with("key", counted(key.to_bytes().len() as u64, "byte"))
}
