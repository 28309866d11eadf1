//! The report of a measurement.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zonda::Stage;

use super::{
    machine::{Machine, load_average},
    metrics::METRICS,
    statistics::Spread,
};
use crate::{arguments::Bench, files, summary::aligned};

const FORMAT: &str = "zonda-bench";
const VERSION: u64 = 1;

/// A measurement.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct BenchReport {
    /// The kind of file.
    pub format: String,
    /// The version of its form.
    pub version: u64,
    /// The version of zonda.
    pub zonda: String,
    /// When measuring began, in seconds since 1970.
    pub unix_seconds: u64,
    /// How many processes wanted to run in the minute before measuring began.
    pub load_average: Option<f64>,
    /// The machine.
    pub machine: Machine,
    /// How was measured.
    pub settings: Settings,
    /// The measured workloads.
    pub workloads: Vec<Measured>,
    /// The same workloads proved by another zonda, in turn with this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<Measured>,
}

/// How was measured.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Settings {
    /// Samples per workload.
    pub repetitions: u32,
    /// Runs before, which are no samples.
    pub warm_up: u32,
    /// Threads, if they were chosen.
    pub threads: Option<usize>,
    /// The preset's name.
    pub preset: String,
    /// Bytes of memory that proving may take, if they were chosen.
    #[serde(default)]
    pub memory_bytes: Option<u64>,
    /// The most instructions of a shard, if that was chosen.
    #[serde(default)]
    pub shard_cycles: Option<u64>,
}

/// A workload's measurement.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Measured {
    /// The workload's name.
    pub name: String,
    /// The workload's description.
    pub about: String,
    /// The program's id, in hexadecimal.
    pub program_id: String,
    /// Length of the input.
    pub input_bytes: usize,
    /// The public output, in hexadecimal.
    pub output_hex: String,
    /// Provable bits of the proofs.
    pub security_bits: u32,
    /// Threads used.
    pub threads: usize,
    /// Each metric's median and spread.
    pub metrics: BTreeMap<String, Spread>,
    /// Median and spread of each stage's seconds.
    pub stages: BTreeMap<String, Spread>,
    /// The raw samples.
    pub samples: Vec<Sample>,
    /// The report of the first sample's proof.
    pub proof_report: Value,
}

/// One repetition.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Sample {
    /// Each metric.
    pub metrics: BTreeMap<String, f64>,
    /// Seconds of each stage.
    pub stages: BTreeMap<String, f64>,
}

impl BenchReport {
    /// The report of a measurement that begins.
    pub fn new(arguments: &Bench) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            zonda: env!("CARGO_PKG_VERSION").to_owned(),
            unix_seconds: now.map_or(0, |since| since.as_secs()),
            load_average: load_average(),
            machine: Machine::this(),
            settings: Settings {
                repetitions: arguments.repetitions,
                warm_up: arguments.warm_up,
                threads: arguments.threads.threads,
                preset: arguments.preset.name().to_owned(),
                memory_bytes: arguments.cut.memory,
                shard_cycles: arguments.cut.shard_cycles,
            },
            workloads: Vec::new(),
            against: Vec::new(),
        }
    }
}

impl Measured {
    /// Fills in medians and spreads.
    #[must_use]
    pub fn with_spreads(mut self) -> Self {
        let spreads = |of: fn(&Sample) -> &BTreeMap<String, f64>| {
            let mut values: BTreeMap<&String, Vec<f64>> = BTreeMap::new();
            for (name, value) in self.samples.iter().flat_map(of) {
                values.entry(name).or_default().push(*value);
            }
            let spread = |(name, values): (&String, Vec<f64>)| (name.clone(), Spread::of(&values));
            values.into_iter().map(spread).collect()
        };
        let (metrics, stages) = (spreads(|s| &s.metrics), spreads(|s| &s.stages));
        self.metrics = metrics;
        self.stages = stages;
        self
    }

    /// Metrics and stages by the names under which they are shown, in order; first those that this
    /// version knows.
    pub fn rows(&self) -> Vec<(String, Spread)> {
        let metrics = METRICS.iter().map(|metric| metric.name);
        let mut rows: Vec<_> = in_order(&self.metrics, metrics)
            .map(|(name, spread)| (name.to_owned(), spread))
            .collect();
        let stages = self.stages();
        rows.extend(stages.map(|(name, spread)| (format!("{STAGE}{name}"), spread)));
        rows
    }

    /// The stages, in order.
    pub fn stages(&self) -> impl Iterator<Item = (&str, Spread)> {
        in_order(&self.stages, Stage::ALL.map(Stage::name).into_iter())
    }

    /// Medians and spreads, as text.
    pub fn summary(&self) -> String {
        let mut lines = vec![[
            format!("{} ({} samples)", self.name, self.samples.len()),
            "median".to_owned(),
            "min".to_owned(),
            "max".to_owned(),
            "deviation".to_owned(),
        ]];
        for (name, spread) in self.rows() {
            lines.push([
                name,
                number(spread.median),
                number(spread.min),
                number(spread.max),
                number(spread.deviation),
            ]);
        }
        aligned(&lines)
    }
}

/// The prefix of stages' names beside metrics.
pub const STAGE: &str = "stage ";

/// The entries with these names, in their order, and then all others.
fn in_order<'a>(
    entries: &'a BTreeMap<String, Spread>,
    names: impl Iterator<Item = &'static str> + Clone + 'a,
) -> impl Iterator<Item = (&'a str, Spread)> {
    let known = names.clone();
    let others = entries
        .keys()
        .map(String::as_str)
        .filter(move |name| !known.clone().any(|known| known == *name));
    let names = names.map(|name| -> &'a str { name });
    names
        .chain(others)
        .filter_map(|name| Some((name, *entries.get(name)?)))
}

/// A number with four digits that count, or all before the point.
pub fn number(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let before = number.abs().log10().floor() as i32 + 1;
    if before > 4 {
        return crate::summary::grouped(number.abs().round() as u64);
    }
    format!("{number:.*}", (4 - before).clamp(0, 9) as usize)
}

/// Reads a report.
///
/// # Errors
/// If the file cannot be read, or is not a report of this version.
pub fn read(path: &Path) -> anyhow::Result<BenchReport> {
    let bytes = files::read(path, "the report", files::MAX_REPORT_BYTES)?;
    parse(&bytes).with_context(|| format!("{} is not a report of `zonda bench`", path.display()))
}

fn parse(bytes: &[u8]) -> anyhow::Result<BenchReport> {
    let value: Value = serde_json::from_slice(bytes).context("it is not JSON")?;
    if value["format"] != FORMAT {
        bail!("it does not say \"format\": \"{FORMAT}\"");
    }
    if value["version"] != VERSION {
        let got = &value["version"];
        bail!("its version is {got}; this zonda reads version {VERSION}");
    }
    Ok(serde_json::from_value(value)?)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A report of one workload with these samples of seconds.
    pub fn report(name: &str, seconds: &[f64]) -> BenchReport {
        let sample = |seconds: &f64| Sample {
            metrics: [
                ("cycles".to_owned(), 1000.0),
                ("prove_seconds".to_owned(), *seconds),
                ("prove_khz".to_owned(), 1.0 / seconds),
            ]
            .into(),
            stages: [
                ("commit".to_owned(), seconds * 0.75),
                ("fold".to_owned(), seconds * 0.25),
            ]
            .into(),
        };
        let measured = Measured {
            name: name.to_owned(),
            samples: seconds.iter().map(sample).collect(),
            ..Measured::default()
        };
        BenchReport {
            format: FORMAT.to_owned(),
            version: VERSION,
            workloads: vec![measured.with_spreads()],
            ..BenchReport::default()
        }
    }

    #[test]
    fn reports_are_read_back() {
        let report = report("w", &[1.0, 2.0, 4.0]);
        let bytes = serde_json::to_vec(&report).unwrap();
        let read = parse(&bytes).unwrap();
        assert_eq!(serde_json::to_vec(&read).unwrap(), bytes);
        let seconds = read.workloads[0].metrics["prove_seconds"];
        assert_eq!((seconds.median, seconds.deviation), (2.0, 1.0));
        assert_eq!(read.workloads[0].stages["fold"].max, 1.0);
    }

    #[test]
    fn other_files_are_refused() {
        let cases = [
            ("", "not JSON"),
            ("[]", "does not say \"format\""),
            ("{\"cycles\": 1}", "does not say \"format\""),
            (
                "{\"format\": \"zonda-bench\", \"version\": 2}",
                "version is 2",
            ),
            (
                "{\"format\": \"zonda-bench\", \"version\": 1}",
                "missing field",
            ),
        ];
        for (text, said) in cases {
            let error = format!("{:#}", parse(text.as_bytes()).unwrap_err());
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn numbers_have_four_digits() {
        let cases = [
            (0.0, "0"),
            (1.0, "1.000"),
            (0.012_345_6, "0.01235"),
            (123.456, "123.5"),
            (1234.4, "1234"),
            (12_345.6, "12,346"),
            (1e-12, "0.000000000"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn known_names_come_first() {
        let mut report = report("w", &[1.0]);
        let measured = &mut report.workloads[0];
        measured
            .stages
            .insert("a new one".into(), Spread::of(&[1.0]));
        let names: Vec<_> = measured.rows().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "cycles",
                "prove_khz",
                "prove_seconds",
                "stage commit",
                "stage fold",
                "stage a new one"
            ]
        );
        assert!(measured.summary().starts_with("w (1 samples)"));
    }
}
