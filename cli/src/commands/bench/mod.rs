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

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};

use zonda::Cancelled;

use self::{
    report::{BenchReport, read},
    workloads::{Loaded, WORKLOADS, Workload},
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
    print_compared([&read(a)?, &read(b)?], [a, b])?;
    Ok(ExitCode::SUCCESS)
}

/// Prints how two measurements of these names differ.
fn print_compared([a, b]: [&BenchReport; 2], names: [&Path; 2]) -> anyhow::Result<()> {
    let text = compare::compared(a, b);
    let [of_a, of_b] = names.map(Path::display);
    let head = format!("A  {of_a}\nB  {of_b}\n");
    terminal::print(&terminal::printable(&(head + &text)))
}

fn measure(arguments: &Bench) -> anyhow::Result<ExitCode> {
    let destinations = Destinations::check(
        [
            ("--output", arguments.output.as_deref()),
            ("--plot", arguments.plot.as_deref()),
        ],
        &[],
    )?;
    let workloads = chosen(arguments)?;
    let cancel = interrupt::cancel()?;
    let this = env::current_exe().context("zonda does not find itself")?;
    let binaries: Vec<PathBuf> = [this]
        .into_iter()
        .chain(arguments.against.clone())
        .collect();
    let mut report = BenchReport::new(arguments);
    for workload in &workloads {
        let cores = report.machine.cores;
        let measured = match measure::measure(workload, arguments, &binaries, cores, &cancel) {
            Err(error) if error.is::<Cancelled>() => {
                terminal::error("interrupted");
                return Ok(interrupt::interrupted());
            }
            measured => measured?,
        };
        match measured {
            Ok(measured) => {
                let mut measured = measured.into_iter();
                if let Some(measured) = measured.next() {
                    terminal::notice(&format!("{}\n", measured.summary()));
                    report.workloads.push(measured);
                }
                report.against.extend(measured);
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
    if let [this, other] = &binaries[..] {
        let against = BenchReport {
            workloads: report.against.clone(),
            ..report.clone()
        };
        print_compared([&against, &report], [other, this])?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The workloads to measure: the named ones, or all that are not long.
fn chosen(arguments: &Bench) -> anyhow::Result<Vec<Loaded>> {
    let names = &arguments.workloads;
    let chosen = |workload: &&Workload| {
        names.is_empty() && !workload.is_long
            || names.iter().any(|named| named.name == workload.name)
    };
    let workloads = WORKLOADS.iter().filter(chosen);
    workloads
        .map(|workload| workload.load(&arguments.guests))
        .collect()
}
