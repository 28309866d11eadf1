//! `zonda verify`.

use std::{io::BufReader, process::ExitCode};

use anyhow::{Context, bail};
use zonda::{Cancel, HeaderError, ReadError, Statement, VerifyError, VerifyingKey};

use super::{
    accept::accept,
    json, key, load,
    prove::{proof_bytes, shards},
};
use crate::{
    arguments::Verify,
    files::{self, Content, Destinations},
    report::{VerifyReport, described},
    streams,
    summary::{Facts, bytes},
    terminal,
};

/// Verifies a proof. The exit code is 1 if it is refused.
///
/// # Errors
/// If the guest cannot be loaded or a file cannot be read or written.
pub fn verify(arguments: &Verify) -> anyhow::Result<ExitCode> {
    let sources = [&arguments.elf, &arguments.key, &arguments.output]
        .map(Option::as_deref)
        .into_iter()
        .chain([Some(arguments.proof.as_path())]);
    let destinations = Destinations::check(
        [("--report", arguments.report.path())],
        &sources.collect::<Vec<_>>(),
    )?;
    let key = expected(arguments)?;
    let output = match &arguments.output {
        Some(path) => files::read(path, "--output", files::MAX_OUTPUT_BYTES)?,
        None => Vec::new(),
    };
    let statement = Statement {
        exit_code: arguments.exit_code,
        output,
    };
    let cannot_read = || format!("cannot read --proof {}", arguments.proof.display());
    let file = streams::open(&arguments.proof).with_context(cannot_read)?;
    let accepted = match accept(&key, &statement, BufReader::new(file), &Cancel::new()) {
        Ok(accepted) => accepted.context("nobody cancels")?,
        Err(ReadError::Io(error)) => return Err(error).with_context(cannot_read),
        Err(error) => return Ok(refuse(&refused(&error, &key, &statement))),
    };

    let report = json(&VerifyReport::new(&key, &statement, &accepted))?;
    destinations.write([Content::Report(&report)])?;
    let header = &accepted.header;
    let facts = Facts::default()
        .with(
            "accepted",
            "this program, on some input, gives this exit code and output",
        )
        .with_statement(key.program_id(), statement.exit_code, &statement.output)
        .with(
            "security",
            format!("{} bits, provable", key.security_bits(header)),
        )
        .with("preset", described(key.preset()))
        .with(
            "shards",
            shards(header.shards.into(), header.parts.len() as u64),
        )
        .with("proof", proof_bytes(&accepted))
        .with("time", format!("{:.3} s", accepted.seconds));
    terminal::summary(arguments.talk, facts);
    Ok(ExitCode::SUCCESS)
}

/// The key that proofs are checked with.
fn expected(arguments: &Verify) -> anyhow::Result<VerifyingKey> {
    if let Some(file) = &arguments.key {
        let key = key::read(file)?;
        match arguments.preset {
            Some(preset) if preset != key.preset() => bail!(
                "{} is a key of the preset \"{}\", not of \"{}\" as --preset says",
                file.display(),
                key.preset().name(),
                preset.name(),
            ),
            _ => return Ok(key),
        }
    }
    let elf = arguments.elf.as_deref().context("no ELF is named")?;
    let preset = arguments.preset.unwrap_or_default();
    Ok(key::prover(preset).verifying_key(&load(elf)?)?)
}

/// The check that failed, and what was expected.
fn refused(error: &ReadError, key: &VerifyingKey, statement: &Statement) -> String {
    let hint = match error {
        ReadError::Verify(VerifyError::Preset { got, .. }) => {
            format!("\n  --preset {} would accept it as such", got.name())
        }
        // The error says what the proof states.
        ReadError::Verify(VerifyError::Header(HeaderError::Claim(_))) => String::new(),
        ReadError::Verify(_) => {
            "\n  the proof was altered, or does not show what it claims".to_owned()
        }
        _ => String::new(),
    };
    format!(
        "{error}{hint}\n  stated: program {}, exit code {}, output of {}",
        hex::encode(key.program_id()),
        statement.exit_code,
        bytes(&statement.output),
    )
}

fn refuse(failed: &str) -> ExitCode {
    terminal::error(&format!("refused: {failed}"));
    ExitCode::FAILURE
}
