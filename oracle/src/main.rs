//! Measures `p3-batch-stark` on a run: fills the tables that `zonda prove` fills, proves them with
//! [`STANDARD`], verifies the proof from its bytes, and writes a report in the words of zonda's to
//! standard output. `compare`, beside this crate, runs it and zonda in turn.
//!
//! `RAYON_NUM_THREADS` sets the number of threads. Plonky3's vectors are chosen when it is
//! compiled: on a machine that has wider ones this program refuses to measure.

use std::{env, error::Error, fs, process::ExitCode, time::Instant};

use p3_blake3::Blake3;
use p3_field::{Field, PackedValue};
use p3_matrix::Matrix;
use p3_maybe_rayon::prelude::current_num_threads;
use p3_symmetric::CryptographicHasher;
use serde_json::{Value, json};
use zonda_circuits::{
    F,
    machine::{Image, Statement, TableAir, airs},
    witness::{OneShard, traces},
};
use zonda_oracle::{Proof, STANDARD, assess, filled_height, prove, verify};
use zonda_riscv_emu::{
    execute::{Discard, Options, execute_recorded},
    program::Program,
};

const USAGE: &str = "zonda-oracle ELF INPUT [--any-vectors]";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let measured = match arguments[..] {
        [elf, input] => check_vectors().and_then(|()| measure(elf, input)),
        [elf, input, "--any-vectors"] => measure(elf, input),
        _ => Err(format!("usage: {USAGE}").into()),
    };
    match measured {
        Ok(report) => {
            println!("{report:#}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How many elements Plonky3 computes with at once, and how many messages it hashes at once.
const LANES: [usize; 2] = [
    <F as Field>::Packing::WIDTH,
    <Blake3 as CryptographicHasher<u8, [u8; 32]>>::LANES,
];

/// Whether Plonky3 was compiled for this machine's vectors.
fn check_vectors() -> Result<(), Box<dyn Error>> {
    #[cfg(target_arch = "x86_64")]
    let widest = match (
        is_x86_feature_detected!("avx512f"),
        is_x86_feature_detected!("avx2"),
    ) {
        (true, _) => 16,
        (false, true) => 8,
        (false, false) => 1,
    };
    #[cfg(not(target_arch = "x86_64"))]
    let widest = 4;
    match LANES.iter().all(|lanes| *lanes >= widest) {
        true => Ok(()),
        false => Err(format!(
            "{LANES:?} lanes on a machine that has {widest}: this program is to be compiled with \
             RUSTFLAGS=\"-C target-cpu=native\", and BLAKE3 with a C compiler"
        )
        .into()),
    }
}

/// The report of a proof that was verified. The measured time covers all that zonda's prover does after
/// executing: filling the tables, committing to preprocessed columns, proving, writing the proof.
fn measure(elf: &str, input: &str) -> Result<Value, Box<dyn Error>> {
    let (program, input) = (Program::from_elf(&fs::read(elf)?)?, fs::read(input)?);
    let started = Instant::now();
    let (outcome, records) = execute_recorded(&program, &input, &Options::default(), &mut Discard)?;
    let execute_seconds = started.elapsed().as_secs_f64();

    let image = Image::from(&program);
    let statement = Statement {
        exit_code: outcome.exit_code,
        output: outcome.output,
    };
    // Facts that zonda's prover collects while it executes.
    let run = OneShard::new(&image, &records, &statement)?;
    let (part, boundary) = (&run.part, run.boundary());
    let instruction = |pc| match program.instruction(pc) {
        Some(Ok(instruction)) => instruction,
        _ => unreachable!("{pc:#x} was executed, so it is an instruction"),
    };

    let started = Instant::now();
    let traces = traces(&image, part, &boundary, &records, instruction);
    drop(records);
    let traces: Vec<_> = traces.into_iter().map(|table| table.trace).collect();
    let tables = airs(&image, part, true);
    let witness_seconds = started.elapsed().as_secs_f64();
    let heights: Vec<_> = traces.iter().map(Matrix::height).collect();
    let bytes = postcard::to_allocvec(&prove(&STANDARD, &tables, traces, Vec::new())?)?;
    let prove_seconds = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let proof: Proof = postcard::from_bytes(&bytes)?;
    verify(&STANDARD, &tables, &heights, &proof, Vec::new())?;
    let verify_seconds = started.elapsed().as_secs_f64();

    let assessment = assess(&STANDARD, &tables, &heights)?;
    let terms = assessment.terms.iter();
    let terms = terms.map(|(name, bits)| json!({"name": name, "bits": bits}));
    let output = statement.output.iter().map(|byte| format!("{byte:02x}"));
    Ok(json!({
        "cycles": outcome.cycles,
        "exit_code": statement.exit_code,
        "output_hex": output.collect::<String>(),
        "tables": shapes(&tables, &heights),
        "committed_cells": assessment.committed_cells,
        "parameters": parameters(),
        "security": {
            "bits": assessment.bits,
            "terms": terms.collect::<Vec<_>>(),
            "reported_bits": assessment.reported_bits,
        },
        "lanes": {"field": LANES[0], "hash": LANES[1]},
        "threads": current_num_threads(),
        "execute_seconds": execute_seconds,
        "prove_seconds": prove_seconds,
        "stages": {"witness": witness_seconds, "engine": prove_seconds - witness_seconds},
        "proof_bytes": bytes.len(),
        "verification": {"seconds": verify_seconds},
    }))
}

/// The tables that have rows.
fn shapes(tables: &[TableAir], heights: &[usize]) -> Vec<Value> {
    let tables = tables.iter().zip(heights).filter(|(_, rows)| **rows > 0);
    let tables = tables.map(|(air, rows)| {
        json!({
            "table": air.table.name(),
            "columns": air.table.trace_width(),
            "height": filled_height(*rows),
            "rows": rows,
        })
    });
    tables.collect()
}

/// The parameters that all proofs have.
fn parameters() -> Value {
    json!({
        "queries": STANDARD.queries,
        "lookup_work_bits": STANDARD.work_bits,
        "point_work_bits": STANDARD.work_bits,
        "batch_work_bits": STANDARD.work_bits,
        "fold_work_bits": STANDARD.fold_work_bits,
        "query_work_bits": STANDARD.query_work_bits,
    })
}
