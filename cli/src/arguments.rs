//! The command line.

use std::path::{Path, PathBuf};

use clap::{
    ArgGroup, Args, Parser, Subcommand, ValueHint,
    builder::{PossibleValuesParser, RangedU64ValueParser, TypedValueParser},
    value_parser,
};
use zonda::{Budget, MAX_THREADS, Preset};
use zonda_build::Toolchain;

pub use crate::commands::bench::arguments::Bench;
use crate::{exit_code, profiles::By, sizes};

/// Run RISC-V programs, prove that they ran, and verify the proofs.
///
/// A guest is a static RV32IM executable that reads its input, makes bytes public, and exits. A proof
/// states: this program, on some input, exited with this code and made these bytes public.
#[derive(Debug, Parser)]
#[command(
    name = "zonda",
    version,
    after_help = "`-` as FILE is standard input or standard output. `zonda help COMMAND` says more of \
    each command, exit codes included."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a folder with a guest, a host and tests
    ///
    /// The guest is an ordinary crate. The host builds it, proves a run and verifies the proof. The name of
    /// the folder becomes that of the packages.
    #[command(
        after_help = "Exit code: 0 if the folder is made; 2 for bad usage, if it exists, or if it \
        cannot be written: then nothing is left of it."
    )]
    New(New),
    /// Build the guests of a package or workspace
    ///
    /// Guests are the packages with a binary that depend on zonda-guest. Prints the program id and the
    /// path of each ELF, which is in the folder `zonda` of the target folder. The same sources, versions and compiler give the same
    /// bytes anywhere.
    #[command(
        after_help = "Exit code: 0 if the guests are built; 1 if they do not compile, or if --check \
        finds others; 2 for bad usage, without guests or a compiler for them, and for files that \
        cannot be read or written."
    )]
    Build(Build),
    /// Run a guest, without a proof
    ///
    /// The guest's text goes to the terminal; a summary of the run follows on standard error. With
    /// --estimate, the summary includes the cost of a proof of the run; with --profile, the functions that take the
    /// most, and the spans that the guest marks.
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
        guest has no run that could be proved; 2 for bad usage and for files that cannot be read; \
        130 if it was interrupted."
    )]
    Check(Check),
    /// Run a guest and prove the run
    ///
    /// The proof is verified before it is written. A guest that exits with another code than
    /// --exit-code is proved too: the proof states the code. A guest that traps has no proof.
    #[command(
        after_help = "Exit code: 0 if the proof is written; 1 if the run has no proof, or none within \
        --memory; 2 for bad usage and for files that cannot be read or written; 3 if the proof is \
        written, but the guest's exit code is not the expected one; 130 if it was interrupted: the \
        first Ctrl-C stops when what is finished is safe, the second at once."
    )]
    Prove(Prove),
    /// Prove a run with several processes or machines
    ///
    /// A run is proved in parts. `plan` writes a task for each into a work directory; `prove` proves
    /// one of them, with nothing but the guest; `zonda prove` with the same work directory puts the
    /// parts together, and proves those that are missing.
    #[command(
        after_help = "Exit code: 0 if the tasks, or the part, are written; 1 if the run has no \
        proof, or the task is not of it; 2 for bad usage and for files that cannot be read or \
        written; 130 if it was interrupted."
    )]
    Shard(Shard),
    /// Verify that a proof shows the statement
    ///
    /// The statement is: the program in ELF, on some input, exited with --exit-code and made the bytes
    /// in --output public. The proof is checked against it, and supplies nothing of it.
    /// Instead of ELF, --key can name the program. The proof is read part by part, and takes memory
    /// for one part.
    #[command(
        after_help = "Exit code: 0 if the proof is accepted; 1 if it is refused, with the \
        check that failed; 2 for bad usage and for files that cannot be read."
    )]
    Verify(Verify),
    /// Write the key with which proofs of a guest are verified, or show one
    ///
    /// The command derives the key of a guest, shows it, and writes it to --output. The key depends
    /// on the guest and the preset only. If you verify with a key from elsewhere, you trust its
    /// source.
    #[command(
        after_help = "Exit code: 0 if the key is written or shown; 2 for bad usage, for files \
        that cannot be read or written, and for those that are not a key."
    )]
    Key(Key),
    /// Show what a proof, a key or a task claims to be, without verifying anything
    ///
    /// Of a proof: its version and preset, the program, key, exit code and output that it claims, its parts
    /// and their sizes, and the security of proofs of this form. Anyone can write any claim into a file:
    /// only `zonda verify` checks whether it is true.
    #[command(
        after_help = "Exit code: 0 if the file is shown; 2 for bad usage, for files that cannot be \
        read or written, and for those that are not a proof, key or task."
    )]
    Show(Show),
    /// Measure proofs of fixed workloads, or compare measurements
    ///
    /// Each repetition runs `zonda prove` as a process of its own, which verifies its proof too.
    /// --output receives one report, in JSON, with the raw samples.
    #[command(
        after_help = "Exit code: 0 if the report is written or the comparison printed; 1 if a \
        workload has no proof; 2 for bad usage and for files that cannot be read or written; 130 if \
        it was interrupted.",
        group = ArgGroup::new("mode").required(true).args(["output", "from", "compare"])
    )]
    Bench(Bench),
    /// Print a script that completes commands and options in a shell
    ///
    /// For bash: `zonda completions bash > ~/.local/share/bash-completion/completions/zonda`. For zsh,
    /// write it as `_zonda` into a directory of `$fpath`; for fish, into
    /// `~/.config/fish/completions/zonda.fish`.
    #[command(after_help = "Exit code: 0 if the script is printed; 2 for bad usage.")]
    Completions(Completions),
}

/// How much to print.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Talk {
    /// Print nothing but errors and the guest's text
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more in the summary
    #[arg(long, short)]
    pub verbose: bool,
}

/// The guest and its input.
#[derive(Args, Debug)]
pub struct Guest {
    /// The guest: a static RV32IM executable
    #[arg(value_name = "ELF", value_hint = ValueHint::FilePath)]
    pub elf: PathBuf,
    /// The guest's input; without it, the input is empty
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub input: Option<PathBuf>,
}

/// Where to write the results.
#[derive(Args, Debug)]
pub struct Results {
    /// Where to write the public output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub report: ReportFile,
}

/// Where to report.
#[derive(Args, Debug)]
pub struct ReportFile {
    /// Where to write a report, in JSON
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    report: Option<PathBuf>,
    /// Print the report: the same as --report -
    #[arg(long, conflicts_with = "report")]
    json: bool,
}

impl ReportFile {
    /// The file, if there is to be one.
    pub fn path(&self) -> Option<&Path> {
        match self.json {
            true => Some(Path::new("-")),
            false => self.report.as_deref(),
        }
    }
}

/// The limit of a run.
#[derive(Args, Debug, Default)]
pub struct Limit {
    /// Stop a guest that has not ended after N instructions
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    pub max_cycles: Option<u64>,
}

/// How a run is cut into shards.
#[derive(Args, Clone, Copy, Debug)]
pub struct Cut {
    /// How much memory proving may take, such as 512M or 4G; without it, up to half of the
    /// available memory
    #[arg(long, value_name = "SIZE", value_parser = sizes::parse)]
    pub memory: Option<u64>,
    /// The most instructions of a shard; without it, 1048576, or as many as there is memory for
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    pub shard_cycles: Option<u64>,
}

impl Cut {
    /// The budget, as far as it is given, and `others` for the rest.
    pub fn budget(&self, others: Budget) -> Budget {
        let mut budget = others;
        budget.bytes = self.memory.unwrap_or(others.bytes);
        budget.shard_cycles = self.shard_cycles.unwrap_or(others.shard_cycles);
        budget
    }
}

/// With how many threads.
#[derive(Args, Clone, Copy, Debug)]
pub struct Threads {
    /// Threads to prove with; without it, as many as the machine has
    #[arg(
        long,
        value_name = "N",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=MAX_THREADS as u64)
    )]
    pub threads: Option<usize>,
}

/// The arguments of `zonda new`.
#[derive(Args, Debug)]
pub struct New {
    /// The folder to make; the packages in it have its name
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// Make a guest alone
    #[arg(long)]
    pub bin: bool,
    /// Where zonda's own packages come from: a folder with its source, or the URL of a repository;
    /// without it, the folder that this program was built from
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    #[command(flatten)]
    pub talk: Talk,
}

/// The arguments of `zonda build`.
#[derive(Args, Debug)]
pub struct Build {
    /// The package or workspace
    #[arg(value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// Also copy the ELFs to this folder, and write their digests to its file DIGESTS
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
    /// Compare the ELFs with the file DIGESTS of this folder, and change nothing there
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, conflicts_with = "output")]
    pub check: Option<PathBuf>,
    /// Keep lines and inlined functions, for profiles, as NAME.debug.elf with a program id of its own
    #[arg(long)]
    pub debug: bool,
    /// Refuse a Cargo.lock that is missing or out of date
    #[arg(long)]
    pub locked: bool,
    /// Which compiler to take: rustup's, or that of the distribution; without it, the first that can
    #[arg(long, value_name = "TOOLCHAIN", value_parser = toolchain())]
    pub toolchain: Option<Toolchain>,
    #[command(flatten)]
    pub talk: Talk,
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
    /// Estimate the cost of a proof of the run: parts, cells, memory, bytes, seconds
    #[arg(long)]
    pub estimate: bool,
    /// Write where the instructions went: .folded or .txt for stacks, .json for Firefox Profiler, .svg
    /// for a flame graph
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub profile: Option<PathBuf>,
    /// What the profile weighs by; without it, instructions
    #[arg(long, value_name = "WEIGHT", requires = "profile")]
    pub by: Option<By>,
    #[command(flatten)]
    pub talk: Talk,
    #[command(flatten)]
    pub prospect: Prospect,
}

/// How a run would be proved.
#[derive(Args, Debug)]
#[command(next_help_heading = "With --estimate")]
pub struct Prospect {
    /// The security of the proof; without it, standard
    #[arg(long, value_name = "PRESET", value_parser = preset())]
    pub preset: Option<Preset>,
    #[command(flatten)]
    pub threads: Threads,
    #[command(flatten)]
    pub cut: Cut,
}

impl Prospect {
    /// An option that was given, if any was.
    pub fn given(&self) -> Option<&'static str> {
        let Self {
            preset,
            threads,
            cut,
        } = self;
        let given = [
            (preset.is_some(), "--preset"),
            (threads.threads.is_some(), "--threads"),
            (cut.memory.is_some(), "--memory"),
            (cut.shard_cycles.is_some(), "--shard-cycles"),
        ];
        let given = given.into_iter().find(|(is_given, _)| *is_given);
        given.map(|(_, option)| option)
    }
}

/// The arguments of `zonda check`.
#[derive(Args, Debug)]
pub struct Check {
    #[command(flatten)]
    pub guest: Guest,
    #[command(flatten)]
    pub cut: Cut,
    #[command(flatten)]
    pub threads: Threads,
    #[command(flatten)]
    pub limit: Limit,
    #[command(flatten)]
    pub talk: Talk,
}

/// The arguments of `zonda prove`.
#[derive(Args, Debug)]
pub struct Prove {
    #[command(flatten)]
    pub guest: Guest,
    /// Where to write the proof
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub proof: PathBuf,
    #[command(flatten)]
    pub results: Results,
    /// The exit code that is expected of the guest: a number such as 3, -1 or 0xff
    #[arg(
        long,
        value_name = "N",
        default_value = "0",
        allow_hyphen_values = true,
        value_parser = exit_code::parse
    )]
    pub exit_code: u32,
    /// How sure the proof is
    #[arg(long, value_name = "PRESET", default_value = "standard", value_parser = preset())]
    pub preset: Preset,
    #[command(flatten)]
    pub threads: Threads,
    #[command(flatten)]
    pub limit: Limit,
    #[command(flatten)]
    pub cut: Cut,
    /// Where to keep finished parts: after an interruption, the same command continues from there
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub work_dir: Option<PathBuf>,
    /// The name that progress shows beside its stage; the summary is left out
    #[arg(long, value_name = "TEXT", hide = true)]
    pub label: Option<String>,
    #[command(flatten)]
    pub talk: Talk,
}

/// The arguments of `zonda shard`.
#[derive(Args, Debug)]
pub struct Shard {
    /// What to do.
    #[command(subcommand)]
    pub command: ShardCommand,
}

/// What to do with shards.
#[derive(Debug, Subcommand)]
pub enum ShardCommand {
    /// Run a guest and write the tasks of its proof, one for each part
    ///
    /// The tasks are files of the work directory that end in `.task`. Each holds the part of the
    /// guest's input and memory that it needs: keep it as secret as these.
    #[command(
        after_help = "Exit code: 0 if the tasks are written; 1 if the run has no proof, or none \
        within --memory; 2 for bad usage and for files that cannot be read or written; 130 if it \
        was interrupted."
    )]
    Plan(ShardPlan),
    /// Prove one task
    ///
    /// The part is written beside the task, with `.part` in place of `.task`, which is where `zonda
    /// prove` looks for it.
    #[command(
        after_help = "Exit code: 0 if the part is written; 1 if the task is not what the guest \
        does; 2 for bad usage and for files that cannot be read or written; 130 if it was \
        interrupted."
    )]
    Prove(ShardProve),
}

/// The arguments of `zonda shard plan`.
#[derive(Args, Debug)]
pub struct ShardPlan {
    #[command(flatten)]
    pub guest: Guest,
    /// Where to write the tasks
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub work_dir: PathBuf,
    /// The exit code that is expected of the guest: a number such as 3, -1 or 0xff
    #[arg(
        long,
        value_name = "N",
        default_value = "0",
        allow_hyphen_values = true,
        value_parser = exit_code::parse
    )]
    pub exit_code: u32,
    /// How sure the proof is
    #[arg(long, value_name = "PRESET", default_value = "standard", value_parser = preset())]
    pub preset: Preset,
    #[command(flatten)]
    pub threads: Threads,
    #[command(flatten)]
    pub limit: Limit,
    #[command(flatten)]
    pub cut: Cut,
    #[command(flatten)]
    pub talk: Talk,
}

/// The arguments of `zonda shard prove`.
#[derive(Args, Debug)]
pub struct ShardProve {
    /// The guest
    #[arg(value_name = "ELF", value_hint = ValueHint::FilePath)]
    pub elf: PathBuf,
    /// The task
    #[arg(value_name = "TASK", value_hint = ValueHint::FilePath)]
    pub task: PathBuf,
    /// Where to write the part; without it, beside the task
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub threads: Threads,
    #[command(flatten)]
    pub talk: Talk,
}

/// The arguments of `zonda verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// The guest that the proof is about
    #[arg(
        value_name = "ELF", value_hint = ValueHint::FilePath,
        required_unless_present = "key",
        conflicts_with = "key"
    )]
    pub elf: Option<PathBuf>,
    /// The key of the guest that the proof is about, in place of ELF
    #[arg(long, value_name = "KEYFILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// The security that the proof must have; without it, standard, or the key's
    #[arg(long, value_name = "PRESET", value_parser = preset())]
    pub preset: Option<Preset>,
    /// The proof
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub proof: PathBuf,
    /// The public output that the proof must show; without it, an empty output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// The exit code that the proof must show: a number such as 3, -1 or 0xff
    #[arg(
        long,
        value_name = "N",
        default_value = "0",
        allow_hyphen_values = true,
        value_parser = exit_code::parse
    )]
    pub exit_code: u32,
    #[command(flatten)]
    pub report: ReportFile,
    #[command(flatten)]
    pub talk: Talk,
}

/// The arguments of `zonda key`.
#[derive(Args, Debug)]
pub struct Key {
    /// The guest
    #[arg(value_name = "ELF", value_hint = ValueHint::FilePath, required_unless_present = "show")]
    pub elf: Option<PathBuf>,
    /// Where to write the key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// The security that proofs must have
    #[arg(long, value_name = "PRESET", default_value = "standard", value_parser = preset())]
    pub preset: Preset,
    /// Show the key in FILE instead
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["elf", "output", "preset"])]
    pub show: Option<PathBuf>,
    #[command(flatten)]
    pub talk: Talk,
}

/// The arguments of `zonda show`.
#[derive(Args, Debug)]
pub struct Show {
    /// A proof, a key or a task
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where to write what is shown of a proof, in JSON
    #[command(flatten)]
    pub report: ReportFile,
}

/// The arguments of `zonda completions`.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Presets by their names.
pub fn preset() -> impl TypedValueParser<Value = Preset> {
    PossibleValuesParser::new(Preset::ALL.map(Preset::name)).map(|name| {
        let named = |preset: &Preset| preset.name() == name;
        Preset::ALL.into_iter().find(named).unwrap_or_default()
    })
}

/// Compilers by their names.
fn toolchain() -> impl TypedValueParser<Value = Toolchain> {
    PossibleValuesParser::new(["rustup", "distribution"]).try_map(|name| name.parse::<Toolchain>())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        // Without debug assertions, this checks nothing.
        Arguments::command().debug_assert();
        have_names_of_their_own(&Arguments::command());
    }

    /// Two arguments of one name are one argument to clap, which says nothing of it in a release.
    fn have_names_of_their_own(command: &clap::Command) {
        let mut names: Vec<_> = command.get_arguments().map(clap::Arg::get_id).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{}: {names:?}", command.get_name());
        command.get_subcommands().for_each(have_names_of_their_own);
    }
}
