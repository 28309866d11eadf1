//! `zonda prove`.

use std::{process::ExitCode, sync::Arc, time::Instant};

use anyhow::{Context, anyhow};
use zonda::{
    Observer, Preset, Proof, Proved, Prover, Report, Statement, VerifyingKey, verify_with_cost,
};

use super::{input, load, no_proof, options};
use crate::{
    arguments::Prove,
    files::Destinations,
    report::{ProofReport, Verified, described},
    summary::{Facts, counted, details, grouped, percent},
    terminal::{self, Progress},
};

/// Runs a guest, proves the run, verifies the proof and writes it.
///
/// # Errors
/// If there is no proof, or a file cannot be read or written.
pub fn prove(arguments: &Prove) -> anyhow::Result<ExitCode> {
    let Prove { guest, results, .. } = arguments;
    let program = load(&guest.elf)?;
    let input = input(guest)?;
    let destinations = Destinations::check(
        [
            ("--proof", Some(&arguments.proof)),
            ("--output", results.output.as_deref()),
            ("--report", results.report.as_deref()),
        ],
        &[Some(&guest.elf), guest.input.as_deref()],
    )?;

    let progress = Progress::on_terminal(arguments.label.as_deref());
    let mut options = options(Some(&arguments.limit));
    options.threads = arguments.threads.threads;
    options.preset = arguments.preset;
    options.observer = progress
        .clone()
        .map(|progress| progress as Arc<dyn Observer>);
    let prover = Prover::new(options);
    let start = Instant::now();
    let proved = prover.prove(&program, &input);
    let wall_seconds = start.elapsed().as_secs_f64();
    if let Some(progress) = &progress {
        match proved {
            Ok(_) => progress.show("verify"),
            Err(_) => progress.finish(),
        }
    }
    let Proved {
        proof,
        output,
        exit_code,
        report,
    } = proved.map_err(|error| anyhow!("no proof: {}", no_proof(&error)))?;

    let key = prover.verifying_key(&program);
    let statement = Statement { exit_code, output };
    let bytes = proof.to_bytes();
    let verified = accept(&key, &statement, &bytes);
    if let Some(progress) = &progress {
        progress.finish();
    }
    let verified =
        verified.context("zonda is at fault, please report this: its own proof is refused")?;

    let json = ProofReport::new(&report, &key, &proof, wall_seconds, &verified);
    let mut json = serde_json::to_vec_pretty(&json)?;
    json.push(b'\n');
    destinations.write([&bytes, &statement.output, &json])?;
    let facts = facts(
        &program.id(),
        &statement,
        &report,
        arguments.preset,
        &verified,
    );
    let text = format!("{}\n{}", facts.into_text(), details(&report));
    terminal::print(&text)?;
    if exit_code != 0 {
        terminal::notice(&format!(
            "zonda: the guest exited with code {exit_code}; the proof states it, and verifies with \
             --exit-code {exit_code}\n"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Verifies the proof as anyone would: from its bytes.
fn accept(key: &VerifyingKey, statement: &Statement, proof: &[u8]) -> anyhow::Result<Verified> {
    let start = Instant::now();
    let proof = Proof::from_bytes(proof)?;
    let cost = verify_with_cost(key, statement, &proof)?;
    Ok(Verified {
        cost,
        seconds: start.elapsed().as_secs_f64(),
    })
}

fn facts(
    id: &[u8; 32],
    statement: &Statement,
    report: &Report,
    preset: Preset,
    verified: &Verified,
) -> Facts {
    let verification = verified.cost.total();
    Facts::default()
        .with_statement(id, statement.exit_code, &statement.output)
        .with("instructions", grouped(report.cycles))
        .with("misaligned", grouped(report.misaligned_accesses))
        .with(
            "cells",
            format!(
                "{} committed, {} of them padding; {:.1} per instruction",
                grouped(report.committed_cells),
                percent(report.padding_cells, report.committed_cells),
                report.cells_per_instruction,
            ),
        )
        .with(
            "security",
            format!("{} bits, provable", report.security_bits),
        )
        .with("preset", described(preset))
        .with(
            "verification",
            format!(
                "{} of BLAKE3, {} of challenges",
                counted(verification.compressions, "compression"),
                counted(verification.products, "product"),
            ),
        )
        .with("proof", counted(report.proof_bytes, "byte"))
        .with(
            "time",
            format!(
                "execute {:.3} s, prove {:.3} s, verify {:.3} s; {}",
                report.execute_seconds,
                report.prove_seconds,
                verified.seconds,
                counted(report.threads as u64, "thread"),
            ),
        )
        .with("throughput", format!("{:.2} kHz", report.khz))
        .with(
            "peak memory",
            format!("{} MiB", grouped(report.peak_rss_bytes >> 20)),
        )
}
