//! `zonda run`.

use std::{collections::BTreeMap, process::ExitCode, time::Instant};

use serde::Serialize;
use zonda::{Execution, Family, Prover, peak_rss_bytes};

use super::{input, load, no_exit, options};
use crate::{
    arguments::Run,
    files::{Content, Destinations},
    summary::{Facts, grouped},
    terminal,
};

/// Runs a guest. The exit code is the low 8 bits of the guest's, or [`NO_EXIT`].
///
/// # Errors
/// If the guest cannot be loaded or a file cannot be read or written.
pub fn run(arguments: &Run) -> anyhow::Result<ExitCode> {
    let Run {
        guest,
        results,
        limit,
    } = arguments;
    let program = load(&guest.elf)?;
    let input = input(guest)?;
    let destinations = Destinations::check(
        [
            ("--output", results.output.as_deref()),
            ("--report", results.report.as_deref()),
        ],
        &[Some(&guest.elf), guest.input.as_deref()],
    )?;

    let prover = Prover::new(options(Some(limit)));
    let start = Instant::now();
    let execution = match prover.execute(&program, &input) {
        Ok(execution) => execution,
        Err(error) => {
            terminal::error(&format!("the guest did not exit: {}", no_exit(&error)));
            return Ok(ExitCode::from(NO_EXIT));
        }
    };
    let report = RunReport::new(&program.id(), &execution, start.elapsed().as_secs_f64());
    let facts = Facts::default()
        .with_statement(&program.id(), execution.exit_code, &execution.output)
        .with("instructions", grouped(execution.cycles))
        .with(
            "time",
            format!(
                "{:.3} s, {:.1} MHz",
                report.execute_seconds,
                report.khz / 1000.0
            ),
        );

    let mut report = serde_json::to_vec_pretty(&report)?;
    report.push(b'\n');
    destinations.write([Content::Bytes(&execution.output), Content::Bytes(&report)])?;
    terminal::notice(&facts.into_text());
    Ok(ExitCode::from(execution.exit_code as u8))
}

/// The report of a run without a proof: what [`zonda::Report`] has of it, and what was counted.
#[derive(Debug, Serialize)]
struct RunReport {
    /// The program's id, in hexadecimal.
    program_id: String,
    /// The argument of `exit`, all 32 bits.
    exit_code: u32,
    /// The public output, in hexadecimal.
    output_hex: String,
    /// Executed instructions.
    cycles: u64,
    /// Executed instructions by family.
    families: BTreeMap<&'static str, u64>,
    /// Loads and stores off their natural alignment.
    misaligned_accesses: u64,
    /// Distinct words of memory read or written.
    touched_words: u64,
    /// Words moved by `read` and by public `write`.
    transferred_words: u64,
    /// Stores to words of text, which do not change what is executed.
    stores_to_text: u64,
    /// Seconds of execution, counting included.
    execute_seconds: f64,
    /// Thousands of instructions per second.
    khz: f64,
    /// The most physical memory the process has held, in bytes; 0 where the system does not say.
    peak_rss_bytes: u64,
}

impl RunReport {
    fn new(program_id: &[u8; 32], execution: &Execution, execute_seconds: f64) -> Self {
        let meter = &execution.meter;
        Self {
            program_id: hex::encode(program_id),
            exit_code: execution.exit_code,
            output_hex: hex::encode(&execution.output),
            cycles: execution.cycles,
            families: Family::ALL
                .into_iter()
                .map(|family| (family.name(), meter.count(family)))
                .collect(),
            misaligned_accesses: meter.misaligned(),
            touched_words: meter.touched_words,
            transferred_words: meter.transferred_words,
            stores_to_text: meter.stores_to_text,
            execute_seconds,
            khz: execution.cycles as f64 / execute_seconds / 1000.0,
            peak_rss_bytes: peak_rss_bytes().unwrap_or_default(),
        }
    }
}

/// The exit code if the guest trapped or went past a limit.
const NO_EXIT: u8 = 125;
