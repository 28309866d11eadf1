//! `zonda check`.

use std::process::ExitCode;

use zonda::{Checked, ProveError, Prover};

use super::{input, load, options, without};
use crate::{
    arguments::Check,
    files::Destinations,
    interrupt,
    progress::{Progress, Show},
    summary::{Facts, counted, grouped},
    terminal,
};

/// Runs a guest and checks every constraint and bus. The exit code is 1 if one does not hold, or if
/// the guest has no run to check.
///
/// # Errors
/// If the guest cannot be loaded or a file cannot be read.
pub fn check(arguments: &Check) -> anyhow::Result<ExitCode> {
    let Check { guest, talk, .. } = arguments;
    Destinations::check([], &[Some(&guest.elf), guest.input.as_deref()])?;
    let program = load(&guest.elf)?;
    let input = input(guest)?;
    let progress = Progress::new(Show {
        quiet: talk.quiet,
        ..Show::default()
    });
    let mut options = options(&arguments.limit, &progress);
    options.threads = arguments.threads.threads;
    options.budget = arguments.cut.budget(options.budget);
    options.cancel = interrupt::cancel()?;
    let checked = Prover::new(options).check(&program, &input);
    progress.finish();
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
    terminal::summary(*talk, facts);
    if failures.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    for failure in &failures {
        terminal::notice(&format!("{failure}\n"));
    }
    let count = counted(failures.len() as u64, "failure");
    terminal::error(&format!("the run's tables do not hold: {count}"));
    Ok(ExitCode::FAILURE)
}
