//! `zonda check`.

use std::process::ExitCode;

use zonda::{Checked, Prover};

use super::{input, load, no_proof, options};
use crate::{
    arguments::Check,
    summary::{Facts, counted, grouped},
    terminal,
};

/// Runs a guest and checks every constraint and bus. The exit code is 1 if one does not hold, or if
/// there is no run to check.
///
/// # Errors
/// If the guest cannot be loaded or a file cannot be read.
pub fn check(arguments: &Check) -> anyhow::Result<ExitCode> {
    let program = load(&arguments.guest.elf)?;
    let input = input(&arguments.guest)?;
    let Checked {
        statement,
        cycles,
        failures,
    } = match Prover::new(options(None)).check(&program, &input) {
        Ok(checked) => checked,
        Err(error) => {
            terminal::error(&format!("nothing to check: {}", no_proof(&error)));
            return Ok(ExitCode::FAILURE);
        }
    };
    let verdict = if failures.is_empty() {
        "every constraint of every table and every bus holds"
    } else {
        "zonda is at fault: please report this"
    };
    let facts = Facts::default()
        .with_statement(&program.id(), statement.exit_code, &statement.output)
        .with("instructions", grouped(cycles))
        .with("verdict", verdict);
    terminal::print(&facts.into_text())?;
    if failures.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    for failure in &failures {
        terminal::print(&terminal::printable(&format!("{failure}\n")))?;
    }
    let count = counted(failures.len() as u64, "failure");
    terminal::error(&format!("the run's tables do not hold: {count}"));
    Ok(ExitCode::FAILURE)
}
