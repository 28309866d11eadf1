//! The command-line tool `zonda`: make and build guest programs, run, check, prove and verify them, and measure.
//!
//! ```text
//! zonda new    FOLDER [--bin] [--source SOURCE]
//! zonda build  [FOLDER] [--output FOLDER | --check FOLDER] [--debug] [--locked] [--toolchain T]
//! zonda run    ELF [--input FILE] [--output FILE] [--report FILE | --json] [--max-cycles N]
//!              [--profile FILE [--by instructions|cells]]
//!              [--estimate [--preset P] [--memory SIZE] [--shard-cycles N] [--threads N]]
//! zonda check  ELF [--input FILE] [--memory SIZE] [--shard-cycles N] [--threads N] [--max-cycles N]
//! zonda prove  ELF [--input FILE] --proof FILE [--output FILE] [--report FILE | --json]
//!              [--exit-code N] [--preset P] [--memory SIZE] [--shard-cycles N] [--work-dir DIR]
//!              [--threads N] [--max-cycles N]
//! zonda shard  plan ELF [--input FILE] --work-dir DIR [--preset P] [--memory SIZE]
//!              [--shard-cycles N] [--threads N] [--max-cycles N]
//! zonda shard  prove ELF TASK [--output FILE] [--threads N]
//! zonda verify ELF|--key KEYFILE --proof FILE [--output FILE] [--exit-code N] [--preset P]
//!              [--report FILE | --json]
//! zonda key    ELF [--output FILE] [--preset P]
//! zonda key    --show FILE
//! zonda show   FILE [--report FILE | --json]
//! zonda bench  --output FILE [--workload NAME]... [--repetitions N] [--warm-up N] [--threads N]
//!              [--preset P] [--memory SIZE] [--shard-cycles N] [--guests DIR] [--plot FILE]
//! zonda bench  --from REPORT --plot FILE
//! zonda bench  --compare A B
//! zonda completions SHELL
//! ```
//!
//! `-` as FILE is standard input or standard output. Standard output takes nothing but what is asked for:
//! a file that goes there, a key that is shown, a comparison, or else what the guest writes to its own.
//! Summaries, progress and errors are on standard error; `--quiet` leaves errors, `--verbose` says more.
//!
//! | exit code | |
//! |---|---|
//! | 0 | done: everything holds, the proof, tasks or part are written, the proof is accepted |
//! | 1 | the run has no proof, within this budget at least; or something does not hold; or the proof is refused |
//! | 2 | the command cannot be carried out: its usage, or a file that cannot be read or written, or is not what it should be |
//! | 3 | the proof is written, but the guest's exit code is not the expected one |
//! | 130 | interrupted |
//!
//! `run` ends with the guest's exit code, low 8 bits; 125 is a trap or a limit, and 2 is as above.
#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod digests;
mod exit_code;
mod files;
mod interrupt;
mod profiles;
mod progress;
mod report;
mod sizes;
mod streams;
mod summary;
mod templates;
mod terminal;
mod work_dir;

use std::{panic::catch_unwind, process::ExitCode};

use anyhow::anyhow;
use clap::Parser;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let command = match Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(error) => {
            // A closed reader of the help is not a failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE));
        }
    };
    let result = catch_unwind(|| match &command {
        Command::New(arguments) => commands::new(arguments),
        Command::Build(arguments) => commands::build(arguments),
        Command::Run(arguments) => commands::run(arguments),
        Command::Check(arguments) => commands::check(arguments),
        Command::Prove(arguments) => commands::prove(arguments),
        Command::Shard(arguments) => commands::shard(arguments),
        Command::Verify(arguments) => commands::verify(arguments),
        Command::Key(arguments) => commands::key(arguments),
        Command::Show(arguments) => commands::show(arguments),
        Command::Bench(arguments) => commands::bench(arguments),
        Command::Completions(arguments) => commands::completions(arguments),
    });
    // The message of the panic is on standard error already. Its exit code, 101, must not pass for
    // that of a guest.
    let result = result.unwrap_or_else(|_| Err(anyhow!("internal error: please report this")));
    result.unwrap_or_else(|error| {
        terminal::error(&format!("{error:#}"));
        ExitCode::from(USAGE)
    })
}

/// Usage or I/O.
const USAGE: u8 = 2;
