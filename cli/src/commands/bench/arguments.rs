//! The arguments of `zonda bench`.

use std::path::PathBuf;

use clap::{
    Args, ValueHint,
    builder::{PossibleValuesParser, TypedValueParser},
    value_parser,
};
use zonda::Preset;

use super::workloads::{WORKLOADS, Workload};
use crate::arguments::{Cut, Threads, preset};

/// The arguments of `zonda bench`.
#[derive(Args, Debug)]
pub struct Bench {
    /// A workload to measure; can be given several times. Without it, all but those that take many
    /// minutes
    #[arg(long = "workload", value_name = "NAME", value_parser = workload())]
    pub workloads: Vec<&'static Workload>,
    /// How often to measure each
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = value_parser!(u32).range(1..=1000))]
    pub repetitions: u32,
    /// How often to run each before, unmeasured
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(..=1000))]
    pub warm_up: u32,
    #[command(flatten)]
    pub threads: Threads,
    #[command(flatten)]
    pub cut: Cut,
    /// How sure proofs are
    #[arg(long, value_name = "PRESET", default_value = "standard", value_parser = preset())]
    pub preset: Preset,
    /// Where the workloads are: a directory with `elf` and `inputs`, as the repository's
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, default_value = "guests")]
    pub guests: PathBuf,
    /// Another zonda, an older one for instance: it proves each workload in turn with this one, and the two are
    /// compared
    #[arg(long, value_name = "BINARY", value_hint = ValueHint::ExecutablePath)]
    pub against: Option<PathBuf>,
    /// Where to write the report
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Where to draw where the time goes, in SVG
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub plot: Option<PathBuf>,
    /// Draw this report, and measure nothing
    #[arg(long, value_name = "REPORT", value_hint = ValueHint::FilePath, requires = "plot", conflicts_with_all = MEASURING)]
    pub from: Option<PathBuf>,
    /// Compare two reports, and measure nothing
    #[arg(
        long,
        num_args = 2,
        value_names = ["A", "B"],
        value_hint = ValueHint::FilePath,
        conflicts_with = "plot",
        conflicts_with_all = MEASURING
    )]
    pub compare: Option<Vec<PathBuf>>,
}

/// The options of a measurement.
const MEASURING: [&str; 9] = [
    "workloads",
    "repetitions",
    "warm_up",
    "threads",
    "memory",
    "shard_cycles",
    "preset",
    "guests",
    "against",
];

/// Workloads by their names.
fn workload() -> impl TypedValueParser<Value = &'static Workload> {
    PossibleValuesParser::new(WORKLOADS.map(|workload| workload.name)).map(|name| {
        let named = |workload: &&Workload| workload.name == name;
        WORKLOADS.iter().find(named).unwrap_or(&WORKLOADS[0])
    })
}
