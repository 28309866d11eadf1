//! `zonda verify`.

use std::process::ExitCode;

use zonda::{MAX_PROOF_BYTES, Proof, Prover, Statement, VerifyingKey};

use super::load;
use crate::{
    arguments::Verify,
    files::{self, TooLarge},
    summary::{Facts, bytes},
    terminal,
};

/// Verifies a proof. The exit code is 1 if it is refused.
///
/// # Errors
/// If the guest cannot be loaded or a file cannot be read.
pub fn verify(arguments: &Verify) -> anyhow::Result<ExitCode> {
    let program = load(&arguments.elf)?;
    let output = match &arguments.output {
        Some(path) => files::read(path, "--output", files::MAX_OUTPUT_BYTES)?,
        None => Vec::new(),
    };
    let proof = match files::read(&arguments.proof, "--proof", MAX_PROOF_BYTES as u64) {
        Err(error) if error.is::<TooLarge>() => return Ok(refuse(&format!("{error:#}"))),
        proof => proof?,
    };

    let key = Prover::default().verifying_key(&program);
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
                .with("security", format!("{security_bits} bits, provable"));
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

/// The bits of security of a proof that holds, or the check that failed.
fn accept(key: &VerifyingKey, statement: &Statement, proof: &[u8]) -> Result<u32, String> {
    let proof = Proof::from_bytes(proof).map_err(|error| error.to_string())?;
    zonda::verify(key, statement, &proof).map_err(|error| {
        format!("{error}\n  the proof is of another statement than this, or was altered")
    })?;
    Ok(key.security_bits(proof.shape()))
}

fn refuse(failed: &str) -> ExitCode {
    terminal::error(&format!("refused: {failed}"));
    ExitCode::FAILURE
}
