//! `zonda bench`: measures proofs of fixed workloads, draws and compares measurements.

mod compare;
mod machine;
mod measure;
mod metrics;
mod plot;
mod report;
mod statistics;
pub mod workloads;

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;

use self::{
    report::{BenchReport, read},
    workloads::{WORKLOADS, Workload},
};
use crate::{
    arguments::Bench,
    files::{Content, Destinations},
    terminal,
};

/// Measures, draws or compares.
///
/// # Errors
/// If a file cannot be read or written, or is no report.
pub fn bench(arguments: &Bench) -> anyhow::Result<ExitCode> {
    match (&arguments.compare, &arguments.from) {
        (Some(reports), _) => compare(reports),
        (_, Some(report)) => {
            let destinations =
                Destinations::check([("--plot", arguments.plot.as_deref())], &[Some(report)])?;
            let plot = plot::draw(&read(report)?);
            destinations.write([Content::Bytes(plot.as_bytes())])?;
            Ok(ExitCode::SUCCESS)
        }
        _ => measure(arguments),
    }
}

fn compare(reports: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let [a, b] = reports else {
        bail!("--compare takes two reports");
    };
    let text = compare::compared(&read(a)?, &read(b)?);
    let head = format!("A  {}\nB  {}\n", a.display(), b.display());
    terminal::print(&terminal::printable(&(head + &text)))?;
    Ok(ExitCode::SUCCESS)
}

fn measure(arguments: &Bench) -> anyhow::Result<ExitCode> {
    let destinations = Destinations::check(
        [
            ("--out", arguments.out.as_deref()),
            ("--plot", arguments.plot.as_deref()),
        ],
        &[],
    )?;
    let chosen = |workload: &&Workload| {
        let names = &arguments.workloads;
        names.is_empty() && !workload.is_long
            || names.iter().any(|named| named.name == workload.name)
    };
    let workloads = WORKLOADS.iter().filter(chosen);
    let workloads = workloads
        .map(|workload| workload.load(&arguments.guests))
        .collect::<anyhow::Result<Vec<_>>>()?;

    let mut report = BenchReport::new(arguments);
    for workload in &workloads {
        match measure::measure(workload, arguments, report.machine.cores)? {
            Ok(measured) => {
                terminal::print(&format!("{}\n", measured.summary()))?;
                report.workloads.push(measured);
            }
            Err(failed) => {
                terminal::error(&failed);
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    let mut json = serde_json::to_vec_pretty(&report)?;
    json.push(b'\n');
    let plot = plot::draw(&report);
    destinations.write([&json, plot.as_bytes()].map(Content::Bytes))?;
    Ok(ExitCode::SUCCESS)
}
