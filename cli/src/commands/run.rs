//! `zonda run`.

use std::{collections::BTreeMap, path::Path, process::ExitCode, sync::Arc, time::Instant};

use anyhow::bail;
use serde::Serialize;
use zonda::{
    Execution, Family, MAX_OUTPUT_BYTES, Observer, Options, Profile, Prover, RunEstimate, Service,
    peak_rss_bytes,
};

use super::{input, json, load, no_exit, no_proof, options};
use crate::{
    arguments::Run,
    files::{Content, Destinations},
    profiles::{self, Format},
    progress::{Progress, Show},
    summary::{Facts, counted, grouped},
    terminal,
};

/// Runs a guest. The exit code is the low 8 bits of the guest's, or [`NO_EXIT`].
///
/// # Errors
/// If the guest cannot be loaded or a file cannot be read or written.
pub fn run(arguments: &Run) -> anyhow::Result<ExitCode> {
    let Run { guest, talk, .. } = arguments;
    if let Some(option) = arguments.prospect.given()
        && !arguments.estimate
    {
        bail!("{option} is an option of a proof: it needs --estimate");
    }
    let format = arguments.profile.as_deref().map(Format::of).transpose()?;
    let destinations = destinations(arguments)?;
    let program = load(&guest.elf)?;
    let input = input(guest)?;

    let progress = Progress::new(Show {
        quiet: talk.quiet,
        standard_output_taken: destinations.have_standard_output(),
        label: None,
    });
    let prover = Prover::new(prospect(arguments, &progress));
    let start = Instant::now();
    progress.executed(0);
    let executed = match format {
        Some(_) => prover.profile(&program, &input),
        None => (prover.execute(&program, &input)).map(|run| (run, Profile::default())),
    };
    let (execution, profile) = match executed {
        Ok(executed) => executed,
        Err(error) => {
            progress.finish();
            terminal::error(&format!("the guest did not exit: {}", no_exit(&error)));
            return Ok(ExitCode::from(NO_EXIT));
        }
    };
    let mut report = RunReport::new(&program.id(), &execution, start.elapsed().as_secs_f64());
    if arguments.estimate && report.no_proof.is_none() {
        match prover.estimate(&program, &input) {
            Ok(estimate) => report.estimate = Some(estimate),
            Err(error) => report.no_proof = Some(no_proof(&error)),
        }
    }
    progress.finish();

    let (mut drawn, mut facts) = (Vec::new(), facts(&report, &execution));
    if let Some(format) = format {
        let by = arguments.by.unwrap_or_default();
        drawn = format.bytes(&profile, by, &title(&guest.elf))?;
        facts = facts.followed_by(&profiles::tables(&profile, by));
        report.profile = Some(ProfileReport::new(&profile));
    }
    let json = json(&report)?;
    destinations.write([
        Content::Bytes(&execution.output),
        Content::Bytes(&drawn),
        Content::Report(&json),
    ])?;
    terminal::summary(*talk, facts);
    if let Some(reason) = &report.no_proof {
        terminal::error(&format!("`zonda prove` would refuse this run: {reason}"));
    }
    Ok(ExitCode::from(execution.exit_code as u8))
}

/// Where the results go: output, profile and report.
fn destinations(arguments: &Run) -> anyhow::Result<Destinations<3>> {
    let Run { guest, results, .. } = arguments;
    Destinations::check(
        [
            ("--output", results.output.as_deref()),
            ("--profile", arguments.profile.as_deref()),
            ("--report", results.report.path()),
        ],
        &[Some(&guest.elf), guest.input.as_deref()],
    )
}

/// What a profile is called.
fn title(elf: &Path) -> String {
    let name = elf.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The options of the run, and of the proof that there might be.
fn prospect(arguments: &Run, progress: &Arc<Progress>) -> Options {
    let prospect = &arguments.prospect;
    let mut options = options(&arguments.limit, progress);
    options.threads = prospect.threads.threads;
    options.preset = prospect.preset.unwrap_or_default();
    options.budget = prospect.cut.budget(options.budget);
    options
}

fn facts(report: &RunReport, execution: &Execution) -> Facts {
    let facts = Facts::default()
        .with("program", &report.program_id)
        .with_result(execution.exit_code, &execution.output)
        .with("instructions", grouped(execution.cycles))
        .with(
            "time",
            format!(
                "{:.3} s, {:.1} MHz",
                report.execute_seconds,
                report.khz / 1000.0
            ),
        );
    let Some(estimate) = &report.estimate else {
        return facts;
    };
    let RunEstimate {
        parts,
        committed_cells,
        peak_bytes,
        proof_bytes,
        seconds,
        ..
    } = estimate;
    facts.with(
        "proving",
        format!(
            "about {seconds:.1} s, {} MiB of memory, {} in {}; the proof has about {}",
            grouped(peak_bytes >> 20),
            counted(*committed_cells, "cell"),
            counted(*parts, "part"),
            counted(*proof_bytes, "byte"),
        ),
    )
}

/// The report of a run without a proof: the fields of [`zonda::Report`] that it has, and counts.
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
    /// Why `zonda prove` would refuse the run, if that is known.
    no_proof: Option<String>,
    /// The cost of `zonda prove`, if `--estimate` asks for it.
    estimate: Option<RunEstimate>,
    /// The cells that `--profile` counts, and the spans that the guest marks.
    profile: Option<ProfileReport>,
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
    /// The most physical memory the process has held, in bytes; 0 where the system does not report it.
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
            no_proof: too_long(execution.output.len()),
            estimate: None,
            profile: None,
            touched_words: meter.touched_words,
            transferred_words: meter.served(Service::Transfer),
            stores_to_text: meter.stores_to_text,
            execute_seconds,
            khz: execution.cycles as f64 / execute_seconds / 1000.0,
            peak_rss_bytes: peak_rss_bytes().unwrap_or_default(),
        }
    }
}

/// What a profile adds to a report.
#[derive(Debug, Serialize)]
struct ProfileReport {
    /// Cells that depend on what is executed.
    cells: u64,
    /// Spans, in the order of their first beginnings.
    spans: Vec<SpanReport>,
}

/// A span, everything within included.
#[derive(Debug, Serialize)]
struct SpanReport {
    /// Its name.
    name: String,
    /// How often it began.
    count: u64,
    /// Executed instructions.
    instructions: u64,
    /// Cells.
    cells: u64,
}

impl ProfileReport {
    fn new(profile: &Profile) -> Self {
        let spans = profile.spans.iter().map(|span| SpanReport {
            name: span.name.clone(),
            count: span.count,
            instructions: span.weight.instructions,
            cells: span.weight.cells,
        });
        Self {
            cells: profile.total.cells,
            spans: spans.collect(),
        }
    }
}

/// Why a run with so much public output has no proof.
fn too_long(output: usize) -> Option<String> {
    (output > MAX_OUTPUT_BYTES).then(|| {
        format!(
            "its output has {}, and a proof states {} at most",
            counted(output as u64, "byte"),
            grouped(MAX_OUTPUT_BYTES as u64),
        )
    })
}

/// The exit code if the guest trapped or went past a limit.
const NO_EXIT: u8 = 125;
