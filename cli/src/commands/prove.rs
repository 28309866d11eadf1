//! `zonda prove`.

use std::{path::Path, process::ExitCode, sync::Arc, time::Instant};

use anyhow::{anyhow, bail};
use zonda::{
    Cancel, Options, ProveError, Prover, ReadError, Report, Statement, VerifyError, VerifyingKey,
    Written,
};

use super::{
    accept::{Accepted, accept},
    input, json, load, options, without,
};
use crate::{
    arguments::{Prove, Talk},
    files::{Content, Destinations, Draft},
    interrupt,
    progress::{Progress, Show},
    report::{ProofReport, described},
    summary::{Facts, counted, details, grouped, percent},
    terminal, work_dir,
};

/// Runs a guest, proves the run, verifies the proof and writes it. The exit code is 1 if the run has no
/// proof, and [`UNEXPECTED`] if the guest's is not the expected one.
///
/// # Errors
/// If a file cannot be read or written, or is not what it should be.
pub fn prove(arguments: &Prove) -> anyhow::Result<ExitCode> {
    let Prove {
        guest,
        results,
        talk,
        ..
    } = arguments;
    let destinations = Destinations::check(
        [
            ("--proof", Some(&arguments.proof)),
            ("--output", results.output.as_deref()),
            ("--report", results.report.path()),
        ],
        &[Some(&guest.elf), guest.input.as_deref()],
    )?;
    destinations.spare_terminals("--proof")?;
    let program = load(&guest.elf)?;
    let input = input(guest)?;

    let progress = Progress::new(Show {
        quiet: talk.quiet,
        standard_output_taken: destinations.have_standard_output(),
        label: arguments.label.as_deref(),
    });
    let options = options_of(arguments, &progress)?;
    let cancel = options.cancel.clone();
    let prover = Prover::new(options);

    let start = Instant::now();
    let mut draft = destinations.draft()?;
    let written = prover.prove_to(&program, &input, &mut draft);
    let wall_seconds = start.elapsed().as_secs_f64();
    let verified = written.map_err(Failure::Prove).and_then(|written| {
        progress.show("verify");
        let key = prover.verifying_key(&program).map_err(Failure::Prove)?;
        let accepted = check(&key, &written.statement, &draft, &cancel)?;
        Ok((written, key, accepted))
    });
    progress.finish();
    let (Written { statement, report }, key, accepted) = match verified {
        Ok(verified) => verified,
        Err(Failure::Prove(ProveError::Cancelled(_))) => {
            // Drafts are removed before the summary of finished files.
            drop(draft);
            return Ok(interrupted(arguments.work_dir.as_deref()));
        }
        Err(failure) => return failure.explained(arguments),
    };
    let json = json(&ProofReport::new(&report, &key, wall_seconds, &accepted))?;
    destinations.write([
        Content::Draft(draft),
        Content::Bytes(&statement.output),
        Content::Report(&json),
    ])?;
    if arguments.label.is_none() {
        let facts = facts(&statement, &report, &accepted, arguments);
        terminal::summary(*talk, facts);
    }
    Ok(ending(statement.exit_code, arguments.exit_code))
}

fn options_of(arguments: &Prove, progress: &Arc<Progress>) -> anyhow::Result<Options> {
    let mut options = options(&arguments.limit, progress);
    options.threads = arguments.threads.threads;
    options.preset = arguments.preset;
    options.budget = match &arguments.work_dir {
        Some(directory) => work_dir::budget(directory, &arguments.cut)?,
        None => arguments.cut.budget(options.budget),
    };
    options.work_dir = arguments.work_dir.clone();
    options.cancel = interrupt::cancel()?;
    Ok(options)
}

/// Ends a command whose proof is written and states the exit code `got`.
fn ending(got: u32, expected: u32) -> ExitCode {
    if got == expected {
        return ExitCode::SUCCESS;
    }
    terminal::error(&format!(
        "the guest exited with code {got}, not {expected}; the proof states {got}, and verifies with \
         --exit-code {got}"
    ));
    ExitCode::from(UNEXPECTED)
}

/// Why no proof is written.
enum Failure {
    Prove(ProveError),
    /// The proof that was made is refused, or cannot be read again.
    Own(ReadError),
}

/// Verifies the proof as anyone would: from its bytes.
fn check(
    key: &VerifyingKey,
    statement: &Statement,
    draft: &Draft,
    cancel: &Cancel,
) -> Result<Accepted, Failure> {
    let own = |error: ReadError| Failure::Own(error);
    let reader = draft.reader().map_err(|error| own(error.into()))?;
    match accept(key, statement, reader, cancel).map_err(own)? {
        Some(accepted) => Ok(accepted),
        None => Err(Failure::Prove(zonda::Cancelled.into())),
    }
}

impl Failure {
    /// As [`without`].
    fn explained(self, arguments: &Prove) -> anyhow::Result<ExitCode> {
        let Prove {
            proof, work_dir, ..
        } = arguments;
        match self {
            Self::Prove(ProveError::Write { reason, .. }) => {
                bail!("no proof: cannot write {}: {reason}", proof.display())
            }
            Self::Prove(error) => without("no proof", &error),
            Self::Own(ReadError::Verify(VerifyError::Part { part, error })) => {
                let finished = |directory| work_dir::finished(directory, part);
                match work_dir.as_deref().and_then(finished) {
                    Some(file) => bail!(
                        "no proof: {} is refused: {error}; delete it, and run the same command again",
                        file.display()
                    ),
                    None => Err(at_fault(VerifyError::Part { part, error }.into())),
                }
            }
            Self::Own(error) => Err(at_fault(error)),
        }
    }
}

fn at_fault(error: ReadError) -> anyhow::Error {
    match error {
        ReadError::Io(_) => error.into(),
        _ => anyhow!("zonda is at fault, please report this: its own proof is refused: {error}"),
    }
}

/// Reports the files that an interruption has left.
fn interrupted(work_dir: Option<&Path>) -> ExitCode {
    let left = match work_dir {
        Some(directory) => format!(
            "finished parts are in {}: the same command goes on from there",
            directory.display()
        ),
        None => "nothing is left of it; --work-dir would have kept finished parts".to_owned(),
    };
    terminal::error(&format!("interrupted: {left}"));
    interrupt::interrupted()
}

/// The summary: as much as fits a terminal, or everything.
fn facts(statement: &Statement, report: &Report, accepted: &Accepted, arguments: &Prove) -> Facts {
    let Talk { verbose, .. } = arguments.talk;
    let facts = Facts::default()
        .with("program", &report.program_id)
        .with_result(statement.exit_code, &statement.output)
        .with("instructions", grouped(report.cycles))
        .with("shards", made(report))
        .with(
            "cells",
            format!(
                "{} committed, {:.1} per instruction; {} messages",
                grouped(report.committed_cells),
                report.cells_per_instruction,
                grouped(report.messages),
            ),
        )
        .with(
            "security",
            format!("{} bits, provable", report.security_bits),
        )
        .with("preset", described(arguments.preset))
        .with("proof", proof_bytes(accepted))
        .with(
            "time",
            format!(
                "execute {:.3} s, prove {:.3} s, verify {:.3} s; {}",
                report.execute_seconds,
                report.prove_seconds,
                accepted.seconds,
                counted(report.threads as u64, "thread"),
            ),
        )
        .with("throughput", throughput(report))
        .with(
            "peak memory",
            format!(
                "{} MiB; {} MiB estimated, {} MiB allowed",
                grouped(report.peak_rss_bytes >> 20),
                grouped(report.estimate_bytes >> 20),
                grouped(report.budget_bytes >> 20),
            ),
        );
    if verbose {
        everything(facts, report, accepted)
    } else {
        facts
    }
}

/// A summary, and all else that is known.
fn everything(facts: Facts, report: &Report, accepted: &Accepted) -> Facts {
    let verification = accepted.cost.total();
    facts
        .with("misaligned", grouped(report.misaligned_accesses))
        .with(
            "boundary",
            format!(
                "{} of the cells are committed to for what is between shards",
                percent(report.boundary_cells, report.committed_cells),
            ),
        )
        .with(
            "verification",
            format!(
                "{} of BLAKE3, {} of challenges",
                counted(verification.compressions, "compression"),
                counted(verification.products, "product"),
            ),
        )
        .followed_by(&details(report))
}

/// `1200.00 kHz`, unless some of the work was done before.
fn throughput(report: &Report) -> String {
    match report.finished_before {
        0 => format!("{:.2} kHz", report.khz),
        _ => "not measured: parts were finished before".to_owned(),
    }
}

/// The shards, and how many parts were there already.
fn made(report: &Report) -> String {
    let shards = shards(report.shards, report.parts);
    match report.finished_before {
        0 => shards,
        before => format!("{shards}, {before} of them finished before"),
    }
}

/// `3, in 4 parts`.
pub fn shards(shards: u64, parts: u64) -> String {
    format!("{}, in {}", grouped(shards), counted(parts, "part"))
}

/// `4,000,000 bytes, 1,000,000 per shard`.
pub fn proof_bytes(accepted: &Accepted) -> String {
    let bytes = counted(accepted.sizes.total(), "byte");
    match accepted.header.shards {
        0 | 1 => bytes,
        _ => format!("{bytes}, {} per shard", grouped(accepted.bytes_per_shard())),
    }
}

/// The exit code if the proof is written, and states another exit code than the expected one.
const UNEXPECTED: u8 = 3;
