//! Proves a guest and prints the report.
use zonda_prover::{Options, prove, verifying_key};
use zonda_riscv_emu::{execute::Discard, program::Program};
use zonda_verifier::{Preset, Statement};
fn main() {
    let mut arguments = std::env::args().skip(1);
    let elf = std::fs::read(arguments.next().unwrap()).unwrap();
    let input = std::fs::read(arguments.next().unwrap()).unwrap();
    let threads = arguments.next().map(|x| x.parse().unwrap());
    let preset = if arguments.next().as_deref() == Some("high") {
        Preset::High
    } else {
        Preset::Standard
    };
    let program = Program::from_elf(&elf).unwrap();
    let options = Options {
        threads,
        preset,
        ..Default::default()
    };
    let engine = zonda_prover::engine::Engine::default();
    for _ in 0..2 {
        let p = prove(&engine, &program, &input, &options, &mut Discard).unwrap();
        println!("{:.3} {:?}", p.report.prove_seconds, p.report.stages);
    }
    let proved = prove(&engine, &program, &input, &options, &mut Discard).unwrap();
    if let Ok(path) = std::env::var("ZONDA_JSON") {
        std::fs::write(path, serde_json::to_string(&proved.report).unwrap()).unwrap();
    }
    let mut report = serde_json::to_value(&proved.report).unwrap();
    for key in ["cells", "families", "output_hex", "program_id"] {
        report.as_object_mut().unwrap().remove(key);
    }
    println!("{report:#}");
    let prove: f64 = proved
        .report
        .stages
        .iter()
        .filter(|(k, _)| **k != "execute")
        .map(|(_, v)| v)
        .sum();
    println!(
        "ns per cell and core {:.2}, khz (records to proof) {:.1}",
        prove * 1e9 * proved.report.threads as f64 / proved.report.committed_cells as f64,
        proved.report.cycles as f64 / prove / 1e3
    );
    let key = verifying_key(&engine, &program, preset);
    let statement = Statement {
        exit_code: proved.exit_code,
        output: proved.output,
    };
    let start = std::time::Instant::now();
    println!(
        "{:?} in {:?}",
        zonda_verifier::verify(&key, &statement, &proved.proof),
        start.elapsed()
    );
}
