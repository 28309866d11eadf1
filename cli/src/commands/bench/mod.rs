//! `zonda bench`: measures proofs of fixed workloads, draws and compares measurements.

pub mod arguments;
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

use zonda::Cancelled;

use self::{
    report::{BenchReport, read},
    workloads::{WORKLOADS, Workload},
};
use super::json;
use crate::{
    arguments::Bench,
    files::{Content, Destinations},
    interrupt, terminal,
};

/// Measures, draws or compares.
///
/// # Errors
/// If a file cannot be read or written, or is not a report.
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
            ("--output", arguments.output.as_deref()),
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

    let cancel = interrupt::cancel()?;
    let mut report = BenchReport::new(arguments);
    for workload in &workloads {
        let cores = report.machine.cores;
        let measured = match measure::measure(workload, arguments, cores, &cancel) {
            Err(error) if error.is::<Cancelled>() => {
                terminal::error("interrupted");
                return Ok(interrupt::interrupted());
            }
            measured => measured?,
        };
        match measured {
            Ok(measured) => {
                terminal::notice(&format!("{}\n", measured.summary()));
                report.workloads.push(measured);
            }
            Err(failed) => {
                terminal::error(&failed);
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    let json = json(&report)?;
    let plot = plot::draw(&report);
    destinations.write([&json, plot.as_bytes()].map(Content::Bytes))?;
    Ok(ExitCode::SUCCESS)
}
