//! `zonda verify`.

use std::process::ExitCode;

use anyhow::{Context, bail};
use zonda::{Proof, Statement, VerifyError, VerifyingKey};

use super::{key, load};
use crate::{
    arguments::Verify,
    files::{self, TooLarge},
    report::described,
    summary::{Facts, bytes},
    terminal,
};

/// Verifies a proof. The exit code is 1 if it is refused.
///
/// # Errors
/// If the guest cannot be loaded or a file cannot be read.
pub fn verify(arguments: &Verify) -> anyhow::Result<ExitCode> {
    let key = expected(arguments)?;
    let output = match &arguments.output {
        Some(path) => files::read(path, "--output", files::MAX_OUTPUT_BYTES)?,
        None => Vec::new(),
    };
    let proof = match files::read(&arguments.proof, "--proof", files::MAX_PROOF_BYTES) {
        Err(error) if error.is::<TooLarge>() => return Ok(refuse(&format!("{error:#}"))),
        proof => proof?,
    };

    let statement = Statement {
        exit_code: arguments.exit_code,
        output,
    };
    match accept(&key, &statement, &proof) {
        Ok(security_bits) => {
            let facts = Facts::default()
                .with(
                    "accepted",
                    "this program, on some input, gives this exit code and output",
                )
                .with_statement(key.program_id(), statement.exit_code, &statement.output)
                .with("security", format!("{security_bits} bits, provable"))
                .with("preset", described(key.preset()));
            terminal::print(&facts.into_text())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(failed) => Ok(refuse(&format!(
            "{failed}\n  stated: program {}, exit code {}, output of {}",
            hex::encode(key.program_id()),
            statement.exit_code,
            bytes(&statement.output),
        ))),
    }
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
    Ok(key::prover(preset).verifying_key(&load(elf)?))
}

/// The bits of security of a proof that holds, or the check that failed.
fn accept(key: &VerifyingKey, statement: &Statement, proof: &[u8]) -> Result<u32, String> {
    let proof = Proof::from_bytes(proof).map_err(|error| error.to_string())?;
    zonda::verify(key, statement, &proof).map_err(|error| match error {
        VerifyError::Preset { got, .. } => {
            format!("{error}\n  --preset {} would accept it as such", got.name())
        }
        _ => format!("{error}\n  the proof is of another statement than this, or was altered"),
    })?;
    Ok(key.security_bits(&proof.header))
}

fn refuse(failed: &str) -> ExitCode {
    terminal::error(&format!("refused: {failed}"));
    ExitCode::FAILURE
}
