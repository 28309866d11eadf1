//! Measuring: each repetition is a process of its own, so that its peak of memory is that of one
//! proof, and it starts from nothing, as `zonda prove` does.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, ensure};
use serde_json::Value;
use tempfile::TempDir;
use zonda::Cancel;

use super::{
    metrics::{METRICS, Proved},
    report::{Measured, Sample},
    workloads::Loaded,
};
use crate::arguments::{Bench, Cut};

/// Measures a workload: each of the binaries proves it in turn. The inner error is the failure of a run without a
/// proof.
///
/// # Errors
/// If a process cannot be started, or what it writes cannot be read; or if the measurement is cancelled.
pub fn measure(
    loaded: &Loaded,
    arguments: &Bench,
    binaries: &[PathBuf],
    cores: usize,
    cancel: &Cancel,
) -> anyhow::Result<Result<Vec<Measured>, String>> {
    let name = loaded.workload.name;
    let directory = tempfile::tempdir().context("no directory for temporary files")?;
    fs::write(directory.path().join("input"), &loaded.input)
        .context("cannot write a temporary file")?;

    let one = Measured {
        name: name.to_owned(),
        about: loaded.workload.about.to_owned(),
        input_bytes: loaded.input.len(),
        ..Measured::default()
    };
    let mut measured = vec![one; binaries.len()];
    let (warm_up, repetitions) = (arguments.warm_up, arguments.repetitions);
    for index in 0..warm_up + repetitions {
        let label = match index.checked_sub(warm_up) {
            None => format!("{name}, warm-up {} of {warm_up}", index + 1),
            Some(index) => format!("{name}, repetition {} of {repetitions}", index + 1),
        };
        for (binary, measured) in binaries.iter().zip(&mut measured) {
            let report = match prove(binary, loaded, arguments, &directory, &label, cancel)? {
                Ok(report) => report,
                Err(failed) => return Ok(Err(failed)),
            };
            if index >= warm_up {
                include(measured, report, cores)?;
            }
        }
    }
    Ok(Ok(measured
        .into_iter()
        .map(Measured::with_spreads)
        .collect()))
}

/// Proves once, which verifies too, and returns the report, or the failure.
fn prove(
    binary: &Path,
    loaded: &Loaded,
    arguments: &Bench,
    directory: &TempDir,
    label: &str,
    cancel: &Cancel,
) -> anyhow::Result<Result<Value, String>> {
    let report = directory.path().join("report");
    let mut command = Command::new(binary);
    command
        .arg("prove")
        .arg(&loaded.elf)
        .arg("--input")
        .arg(directory.path().join("input"))
        .arg("--proof")
        .arg(directory.path().join("proof"))
        .arg("--report")
        .arg(&report)
        .args(["--preset", arguments.preset.name(), "--label", label])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    if let Some(threads) = arguments.threads.threads {
        command.args(["--threads", &threads.to_string()]);
    }
    let Cut {
        memory,
        shard_cycles,
    } = arguments.cut;
    for (option, value) in [("--memory", memory), ("--shard-cycles", shard_cycles)] {
        if let Some(value) = value {
            command.args([option, &value.to_string()]);
        }
    }
    // Errors and progress are on standard error.
    let cannot_start = || format!("cannot start `{} prove`", binary.display());
    let mut child = Child(command.spawn().with_context(cannot_start)?);
    let status = loop {
        cancel.check()?;
        match child
            .0
            .try_wait()
            .context("cannot wait for `zonda prove`")?
        {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(10)),
        }
    };
    if !status.success() {
        let name = binary.display();
        return Ok(Err(format!("{label}: `{name} prove` ended with {status}")));
    }
    let bytes = fs::read(&report).context("cannot read the report of `zonda prove`")?;
    let report = serde_json::from_slice(&bytes).context("the report of `zonda prove`")?;
    Ok(Ok(report))
}

/// A process that does not outlive this value, whatever ends the measurement.
struct Child(process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail if it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Adds a repetition, which must have proved what the others did.
fn include(measured: &mut Measured, report: Value, cores: usize) -> anyhow::Result<()> {
    let proved: Proved =
        serde_json::from_value(report.clone()).context("the report of `zonda prove`")?;
    let metrics = METRICS
        .iter()
        .map(|metric| (metric.name.to_owned(), (metric.of)(&proved, cores)))
        .filter(|(_, value)| !value.is_nan());
    let sample = Sample {
        metrics: metrics.collect(),
        stages: proved.stages,
    };
    ensure!(
        proved.exit_code == 0,
        "{}: the guest exited with code {}",
        measured.name,
        proved.exit_code
    );
    if measured.samples.is_empty() {
        measured.program_id = proved.program_id;
        measured.output_hex = proved.output_hex;
        measured.security_bits = proved.security_bits;
        measured.threads = proved.threads;
        measured.proof_report = report;
    } else {
        ensure!(
            measured.program_id == proved.program_id
                && measured.output_hex == proved.output_hex
                && measured.samples[0].metrics["cycles"] == sample.metrics["cycles"],
            "{}: two repetitions ran differently",
            measured.name
        );
    }
    measured.samples.push(sample);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metrics_are_those_of_the_report() {
        let mut report = json!({
            "program_id": "ab", "exit_code": 0, "output_hex": "", "cycles": 1000,
            "committed_cells": 100_000, "messages": 20_000, "boundary_cells": 5_000,
            "shards": 4, "parts": 5, "estimate_bytes": 3, "security_bits": 100,
            "execute_seconds": 0.25, "prove_seconds": 0.5, "wall_seconds": 1.0,
            "stages": {"commit": 0.5}, "peak_rss_bytes": 2, "proof_bytes": 2, "threads": 8,
            "verification": {"seconds": 0.02, "operations": {
                "total": {"compressions": 3, "products": 4, "scalings": 5}}},
        });
        let mut measured = Measured::default();
        include(&mut measured, report.clone(), 2).unwrap();
        let metrics = &measured.samples[0].metrics;
        for (name, value) in [
            ("cycles", 1000.0),
            ("prove_khz", 2.0),
            ("end_to_end_khz", 1.0),
            ("ns_per_cell_and_core", 10_000.0),
            ("cells_per_instruction", 100.0),
            ("messages_per_instruction", 20.0),
            ("boundary_share", 0.05),
            ("parts", 5.0),
            ("estimate_over_peak", 1.5),
            ("proof_bytes_per_shard", 0.5),
            ("verify_ms", 20.0),
            ("verify_compressions", 3.0),
        ] {
            assert_eq!(metrics[name], value, "{name}");
        }
        assert_eq!(metrics.len(), METRICS.len());
        // What another version's report does not have is left out.
        let mut older = report.clone();
        older.as_object_mut().unwrap().remove("messages");
        older["verification"]
            .as_object_mut()
            .unwrap()
            .remove("operations");
        let mut of_older = Measured::default();
        include(&mut of_older, older, 2).unwrap();
        assert_eq!(of_older.samples[0].metrics.len(), METRICS.len() - 4);
        report["cycles"] = 1001.into();
        include(&mut measured, report.clone(), 2).unwrap_err();
        report["exit_code"] = 1.into();
        include(&mut Measured::default(), report, 2).unwrap_err();
    }
}
