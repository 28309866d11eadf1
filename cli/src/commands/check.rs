//! `zonda check`.

use std::{process::ExitCode, sync::Arc};

use zonda::{Checked, Observer, ProveError, Prover};

use super::{input, load, options, without};
use crate::{
    arguments::Check,
    interrupt,
    summary::{Facts, counted, grouped},
    terminal::{self, Progress},
};

/// Runs a guest and checks every constraint and bus. The exit code is 1 if one does not hold, or if
/// there is no run to check.
///
/// # Errors
/// If the guest cannot be loaded or a file cannot be read.
pub fn check(arguments: &Check) -> anyhow::Result<ExitCode> {
    let program = load(&arguments.guest.elf)?;
    let input = input(&arguments.guest)?;
    let progress = Progress::on_terminal(None);
    let mut options = options(Some(&arguments.limit));
    options.threads = arguments.threads.threads;
    options.budget = arguments.cut.budget(options.budget);
    options.cancel = interrupt::cancel()?;
    options.observer = progress
        .clone()
        .map(|progress| progress as Arc<dyn Observer>);
    let checked = Prover::new(options).check(&program, &input);
    if let Some(progress) = progress {
        progress.finish();
    }
    let Checked {
        statement,
        cycles,
        failures,
    } = match checked {
        Ok(checked) => checked,
        Err(ProveError::Cancelled(_)) => {
            terminal::error("interrupted");
            return Ok(interrupt::interrupted());
        }
        Err(error) => return without("nothing to check", &error),
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
