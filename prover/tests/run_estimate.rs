//! The estimated cost of proving is the true one.

mod common;

use common::{INPUT, options, program};
use zonda_prover::{DEFAULT_SHARD_CYCLES, Options, engine::Engine, estimate_run, prove};
use zonda_riscv_emu::{
    execute::{DebugStream, Discard, Host},
    program::Program,
};
use zonda_verifier::Preset;

#[test]
fn estimates_are_those_of_the_proof() {
    let fibonacci = program();
    let json = include_bytes!("../../guests/elf/json.elf");
    let json = Program::from_elf(json).unwrap();
    let text = br#"{"a": [1, 2.5, "three", null]}"#;
    let cut = |shard_cycles, bytes| {
        let mut options = options(shard_cycles);
        options.budget.bytes = bytes;
        options
    };
    let high = Options {
        preset: Preset::High,
        ..options(2000)
    };
    let cases = [
        (&fibonacci, &INPUT[..], options(DEFAULT_SHARD_CYCLES)),
        (&fibonacci, &INPUT, options(2000)),
        (&fibonacci, &INPUT, high),
        (&json, text, options(DEFAULT_SHARD_CYCLES)),
        // Cut by what memory there is.
        (
            &fibonacci,
            &50_000_u32.to_le_bytes(),
            cut(DEFAULT_SHARD_CYCLES, 150 << 20),
        ),
    ];
    for (index, (program, input, options)) in cases.into_iter().enumerate() {
        let engine = Engine::default();
        let estimate = estimate_run(&engine, program, input, &options, &mut Discard).unwrap();
        let report = prove(&engine, program, input, &options, &mut Discard)
            .unwrap()
            .report;
        assert_eq!(estimate.shards, report.shards, "{index}");
        assert_eq!(estimate.parts, report.parts, "{index}");
        assert_eq!(estimate.committed_cells, report.committed_cells, "{index}");
        assert_eq!(estimate.peak_bytes, report.estimate_bytes, "{index}");
        let ratio = estimate.proof_bytes as f64 / report.proof_bytes as f64;
        assert!((0.96..1.04).contains(&ratio), "{index}: {ratio}");
        assert!(estimate.seconds > 0.0, "{index}");
        let threads = Options {
            threads: Some(1),
            ..options
        };
        let alone = estimate_run(&engine, program, input, &threads, &mut Discard).unwrap();
        assert!(alone.seconds >= estimate.seconds, "{index}");
    }
}

#[test]
fn runs_that_have_no_proof_have_no_estimate() {
    let (engine, program) = (Engine::default(), program());
    let mut small = options(2000);
    small.budget.bytes = 1 << 20;
    let endless = Options {
        max_cycles: Some(100),
        ..options(2000)
    };
    for options in [small, endless] {
        let estimated = estimate_run(&engine, &program, &INPUT, &options, &mut Discard);
        let proved = prove(&engine, &program, &INPUT, &options, &mut Discard);
        assert_eq!(estimated.unwrap_err(), proved.unwrap_err());
    }
}

#[test]
fn hosts_hear_how_much_is_executed_and_nothing_twice() {
    struct Heard(Vec<u64>);
    impl Host for Heard {
        fn debug(&mut self, _: DebugStream, bytes: &[u8]) {
            panic!("{bytes:?}");
        }

        fn executed(&mut self, cycles: u64) {
            self.0.push(cycles);
        }
    }
    let panics = include_bytes!("../../guests/elf/panic.elf");
    let program = Program::from_elf(panics).unwrap();
    let mut heard = Heard(Vec::new());
    let options = options(300);
    estimate_run(&Engine::default(), &program, &[], &options, &mut heard).unwrap();
    assert!(heard.0.is_sorted() && heard.0.len() > 1, "{:?}", heard.0);
}

/// However much memory there is.
#[test]
fn more_zeroed_words_than_a_table_can_have_are_in_two_parts() {
    let bulk = include_bytes!("../../guests/elf/bulk.elf");
    let bulk = Program::from_elf(bulk).unwrap();
    // So many bytes are to be written, and more than 2^22 words read.
    let mut input = 100_u32.to_le_bytes().to_vec();
    input.resize((4 << 22) + (1 << 16), 1);
    let mut options = options(1 << 21);
    options.budget.bytes = 16 << 30;
    let engine = Engine::default();
    let estimate = estimate_run(&engine, &bulk, &input, &options, &mut Discard).unwrap();
    // The program, and zeroed words twice at least.
    assert!(estimate.parts >= estimate.shards + 3, "{estimate:?}");
}
