//! Runs, proofs and verifications of two small guests, with a program that is loaded: what a user of the
//! library waits for.
//!
//! ```sh
//! cargo bench -p zonda-tests --bench end_to_end
//! ```

use std::{fs, path::Path, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use zonda::{Program, Proof, Prover, Statement, verify};

fn end_to_end(criterion: &mut Criterion) {
    let count = 10_000_u32.to_le_bytes();
    for (name, input) in [("fibonacci", &count[..]), ("sha256", &[0; 1024])] {
        let path = format!("guests/elf/{name}.elf");
        let elf = fs::read(Path::new(ROOT).join(path)).expect("the guest is there");
        let program = Program::from_elf(&elf).expect("it is a guest");
        // Memory is taken once, as by a service that proves one run after the other.
        let prover = Prover::default();
        let proved = prover.prove(&program, input).expect("the run has a proof");
        let bytes = proved.proof.to_bytes();
        let key = prover.verifying_key(&program).expect("there is memory");
        let statement = Statement {
            exit_code: 0,
            output: proved.output,
        };
        let cycles = prover.execute(&program, input).expect("it ends").cycles;

        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(cycles));
        group.bench_function("execute", |bencher| {
            bencher.iter(|| prover.execute(&program, input).expect("it ends"));
        });
        group
            .sample_size(10)
            .measurement_time(Duration::from_secs(10));
        group.bench_function("prove", |bencher| {
            bencher.iter(|| prover.prove(&program, input).expect("it has a proof"));
        });
        group.bench_function("verify", |bencher| {
            bencher.iter(|| {
                let proof = Proof::from_bytes(&bytes).expect("it is a proof");
                verify(&key, &statement, &proof).expect("it is right");
            });
        });
        group.finish();
    }
}

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

criterion_group!(benches, end_to_end);
criterion_main!(benches);
