//! What the command line says.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, builder::RangedU64ValueParser, value_parser};

/// Run RISC-V programs, prove that they ran, and verify the proofs.
///
/// A guest is a static RV32IM executable that reads its input, makes bytes public, and exits. A
/// proof says: this program, on some input, exited with this code and made these bytes public.
#[derive(Debug, Parser)]
#[command(
    name = "zonda",
    version,
    after_help = "`zonda help COMMAND` says more of each, exit codes included."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a guest, without a proof
    ///
    /// What the guest prints goes to the terminal; a summary of the run follows on standard error.
    #[command(
        after_help = "Exit code: the low 8 bits of the guest's; 125 if the guest trapped or \
        went past a limit; 2 for bad usage and for files that cannot be read or written."
    )]
    Run(Run),
    /// Run a guest and check every constraint, without a proof
    ///
    /// Fills every table of the machine and checks every constraint of every row and every bus. It
    /// finds faults of zonda itself, not of the guest.
    #[command(
        after_help = "Exit code: 0 if everything holds; 1 if something does not, or if the \
        guest has no run that could be proved; 2 for bad usage and for files that cannot be read."
    )]
    Check(Check),
    /// Run a guest and prove the run
    ///
    /// The proof is verified before it is written. A guest that exits with another code than 0 is
    /// proved too: the proof states the code. A guest that traps has no proof.
    #[command(
        after_help = "Exit code: 0 if the proof is written, whatever the guest's exit code; \
        1 if there is none, or a file cannot be read or written; 2 for bad usage."
    )]
    Prove(Prove),
    /// Verify that a proof shows what is stated
    ///
    /// The statement is: the program in ELF, on some input, exited with --exit-code and made the
    /// bytes in --output public. The proof is checked against it; nothing of it is taken from the
    /// proof.
    #[command(
        after_help = "Exit code: 0 if the proof is accepted; 1 if it is refused, with the \
        check that failed; 2 for bad usage and for files that cannot be read."
    )]
    Verify(Verify),
}

/// The guest and its input.
#[derive(Args, Debug)]
pub struct Guest {
    /// The guest: a static RV32IM executable
    #[arg(value_name = "ELF")]
    pub elf: PathBuf,
    /// The guest's input; without it, the input is empty
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
}

/// Where to write what came out.
#[derive(Args, Debug)]
pub struct Results {
    /// Where to write the public output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Where to write a report, in JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// The limit of a run.
#[derive(Args, Debug)]
pub struct Limit {
    /// Stop a guest that has not ended after N instructions
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    pub max_cycles: Option<u64>,
}

/// The arguments of `zonda run`.
#[derive(Args, Debug)]
pub struct Run {
    #[command(flatten)]
    pub guest: Guest,
    #[command(flatten)]
    pub results: Results,
    #[command(flatten)]
    pub limit: Limit,
}

/// The arguments of `zonda check`.
#[derive(Args, Debug)]
pub struct Check {
    #[command(flatten)]
    pub guest: Guest,
}

/// The arguments of `zonda prove`.
#[derive(Args, Debug)]
pub struct Prove {
    #[command(flatten)]
    pub guest: Guest,
    /// Where to write the proof
    #[arg(long, value_name = "FILE")]
    pub proof: PathBuf,
    #[command(flatten)]
    pub results: Results,
    /// Threads to prove with; without it, as many as the machine has
    #[arg(
        long,
        value_name = "N",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=MAX_THREADS)
    )]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub limit: Limit,
}

/// The arguments of `zonda verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// The guest that the proof is about
    #[arg(value_name = "ELF")]
    pub elf: PathBuf,
    /// The proof
    #[arg(long, value_name = "FILE")]
    pub proof: PathBuf,
    /// The public output that the proof must show; without it, none
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The exit code that the proof must show
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub exit_code: u32,
}

/// More threads than this are a slip of the keyboard.
const MAX_THREADS: u64 = 1024;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
