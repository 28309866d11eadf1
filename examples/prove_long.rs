//! Proves a run in shards, within a budget of memory, and goes on where it was after it was
//! interrupted.
//!
//! Run with `cargo run --release --example prove_long`.

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::BufReader,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use zonda::{Cancel, Observer, Options, Program, Progress, ProveError, Prover, Stage, verify_from};

/// Prints how far the proof is, and cancels it once, when a part begins, as a user might.
struct Watch {
    cancel: Cancel,
    cancelled: AtomicBool,
}

impl Observer for Watch {
    fn begin(&self, progress: Progress) {
        let (Stage::Commit, Some(part)) = (progress.stage, progress.part) else {
            return;
        };
        let left = progress.remaining.unwrap_or_default().as_secs_f64();
        println!(
            "  part {} of {}, {left:.1} s left",
            part + 1,
            progress.parts
        );
        if part == 2 && !self.cancelled.swap(true, Ordering::Relaxed) {
            self.cancel.cancel();
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let elf = concat!(env!("CARGO_MANIFEST_DIR"), "/guests/elf/sha256.elf");
    let program = Program::from_elf(&fs::read(elf)?)?;
    let input = vec![0; 16 << 10];
    let directory = env::temp_dir().join(format!("zonda-prove-long-{}", std::process::id()));
    let proof = directory.join("proof");
    fs::create_dir_all(&directory)?;

    let cancel = Cancel::new();
    let watch = Watch {
        cancel: cancel.clone(),
        cancelled: AtomicBool::new(false),
    };
    let options = Options::new()
        .memory(1 << 30)
        // Short, so that this example has several shards.
        .shard_cycles(1 << 18)
        .work_dir(directory.join("job"))
        .cancel(cancel.clone())
        .observer(Arc::new(watch));
    let prover = Prover::new(options);

    println!("proving, until somebody cancels");
    match prover.prove_to(&program, &input, File::create(&proof)?) {
        Err(ProveError::Cancelled(_)) => println!("cancelled: finished parts are kept"),
        other => return Err(format!("not cancelled: {other:?}").into()),
    }

    println!("proving the rest");
    cancel.reset();
    let written = prover.prove_to(&program, &input, File::create(&proof)?)?;
    let report = &written.report;
    println!("instructions       {}", report.cycles);
    println!("parts              {}", report.parts);
    println!("finished before    {}", report.finished_before);
    println!("proof              {} bytes", report.proof_bytes);
    println!("peak memory        {} MiB", report.peak_rss_bytes >> 20);
    println!("estimated          {} MiB", report.estimate_bytes >> 20);

    // In memory for one part of the proof.
    let key = prover.verifying_key(&program)?;
    let reader = BufReader::new(File::open(&proof)?);
    verify_from(&key, &written.statement, reader)?;
    println!("verified");
    fs::remove_dir_all(directory)?;
    Ok(())
}
