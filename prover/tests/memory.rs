//! The memory that proving takes is close to the estimate, and within the budget. A test binary of its
//! own, since it measures the greatest memory that the process has held.
#![cfg(target_os = "linux")]

use zonda_prover::{Budget, DEFAULT_SHARD_CYCLES, Options, engine::Engine, prove_to};
use zonda_riscv_emu::{execute::Discard, program::Program};

#[test]
fn memory_is_as_estimated() {
    let elf = include_bytes!("../../guests/elf/sha256.elf");
    let program = Program::from_elf(elf).unwrap();
    let engine = Engine::default();
    // Some 500,000 instructions.
    let input = vec![0; 8 << 10];
    for mebibytes in [200, 320] {
        let options = Options {
            budget: Budget {
                bytes: mebibytes << 20,
                shard_cycles: DEFAULT_SHARD_CYCLES,
            },
            ..Options::default()
        };
        let sink = &mut std::io::sink();
        let (_, report) =
            prove_to(&engine, &program, &input, &options, &mut Discard, sink).unwrap();
        let (estimate, peak) = (report.estimate_bytes as f64, report.peak_rss_bytes as f64);
        let text = format!("estimate {estimate}, peak {peak}, {} shards", report.shards);
        assert!((estimate / peak - 1.0).abs() <= 0.1, "{text}");
        assert!(report.shards > 1, "{text}");
    }
}
