//! Proves that a guest hashed its input, and verifies the proof.
//!
//! Run with `cargo run --release --example prove_elf`. Another guest and input can be given:
//! `cargo run --release --example prove_elf -- guests/elf/fibonacci.elf input.bin`.

use std::{env, error::Error, fs, sync::Arc, time::Instant};

use zonda::{Observer, Options, Program, Progress, Prover, Statement, verify};

struct Print;

impl Observer for Print {
    fn begin(&self, progress: Progress) {
        println!("  {} ...", progress.stage);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let elf = arguments
        .next()
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/guests/elf/sha256.elf").into());
    let input = match arguments.next() {
        Some(file) => fs::read(file)?,
        None => b"zonda proves that a RISC-V program ran. ".repeat(100),
    };

    println!("proving {elf} on {} bytes of input", input.len());
    let program = Program::from_elf(&fs::read(elf)?)?;
    let prover = Prover::new(Options::new().observer(Arc::new(Print)));
    let proved = prover.prove(&program, &input)?;

    let report = &proved.report;
    println!("exit code            {}", proved.exit_code);
    println!("public output        {}", report.output_hex);
    println!("instructions         {}", report.cycles);
    println!("cells/instruction    {:.1}", report.cells_per_instruction);
    println!(
        "execute and prove    {:.2} s",
        report.execute_seconds + report.prove_seconds
    );
    println!("throughput           {:.1} kHz", report.khz);
    println!("proof                {} bytes", report.proof_bytes);
    println!("provable security    {} bits", report.security_bits);
    println!("peak memory          {} MiB", report.peak_rss_bytes >> 20);

    let key = prover.verifying_key(&program)?;
    let statement = Statement {
        exit_code: proved.exit_code,
        output: proved.output,
    };
    let start = Instant::now();
    verify(&key, &statement, &proved.proof)?;
    println!(
        "verified in          {:.0} ms",
        start.elapsed().as_secs_f64() * 1000.0
    );
    Ok(())
}
