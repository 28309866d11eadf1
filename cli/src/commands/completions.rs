//! `zonda completions`.

use std::process::ExitCode;

use clap::CommandFactory;

use crate::{
    arguments::{self, Arguments},
    terminal,
};

/// Prints a script that completes commands and options in a shell.
///
/// # Errors
/// If standard output takes no more.
pub fn completions(arguments: &arguments::Completions) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "zonda", &mut script);
    terminal::print(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}
