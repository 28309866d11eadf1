//! Runs in several shards state what they state in one, however they are cut.

mod common;

use common::{expectation, guest, input, program};
use zonda::{Options, Program, ProveError, Proved, Prover, verify};
use zonda_riscv_emu::testing::{add, addi, bne, ecall, exit, li};

fn prover(shard_cycles: u64) -> Prover {
    Prover::new(Options::new().shard_cycles(shard_cycles))
}

/// Proves a run in so many shards of equal length, and verifies it.
fn prove_in(program: &Program, input: &[u8], shards: u64) -> Proved {
    let executed = Prover::default().execute(program, input).unwrap();
    let prover = prover(executed.cycles.div_ceil(shards));
    if executed.cycles < 200_000 {
        let checked = prover.check(program, input).unwrap();
        assert_eq!(checked.failures, [""; 0]);
    }
    let proved = prover.prove(program, input).unwrap();
    assert_eq!(proved.report.shards, shards);
    assert_eq!(proved.report.cycles, executed.cycles);
    assert_eq!(proved.output, executed.output);
    assert_eq!(proved.exit_code, executed.exit_code);
    let (key, statement) = expectation(program, &proved);
    verify(&key, &statement, &proved.proof).unwrap();
    proved
}

#[test]
fn one_shard_and_eight_state_the_same() {
    let fibonacci = guest("fibonacci");
    let one = prove_in(&fibonacci, &1000_u32.to_le_bytes(), 1);
    let eight = prove_in(&fibonacci, &1000_u32.to_le_bytes(), 8);
    assert_eq!((one.proof.parts.len(), one.proof.header.shards), (1, 1));
    assert_eq!((eight.proof.parts.len(), eight.proof.header.shards), (9, 8));
    // One key and one statement for both.
    let (key, statement) = expectation(&fibonacci, &one);
    assert_eq!(
        (key.clone(), statement.clone()),
        expectation(&fibonacci, &eight)
    );
    verify(&key, &statement, &one.proof).unwrap();
    verify(&key, &statement, &eight.proof).unwrap();
    assert!(one.report.security_bits >= 100 && eight.report.security_bits >= 100);
}

#[test]
fn guests_in_shards() {
    let bytes: Vec<u8> = (0..2000_u32).map(|i| (i * 7 + (i >> 5)) as u8).collect();
    prove_in(&guest("sha256"), &bytes, 5);
    prove_in(&guest("c_checksum"), &bytes, 3);
    prove_in(&guest("echo"), &bytes, 4);
    prove_in(&guest("json"), b"{\"a\": [1, 2.5, null, \"b\"]}", 6);
    assert_eq!(prove_in(&guest("exit_code"), &[7, 0, 0, 0], 4).exit_code, 7);
    assert_eq!(prove_in(&guest("panic"), b"three", 4).exit_code, 101);
}

#[test]
fn secp256k1_in_shards() {
    let proved = prove_in(&guest("secp256k1"), &input("secp256k1-1.bin"), 3);
    assert_eq!(proved.output, input("secp256k1-1.expected"));
}

/// Where bytes are read to.
const BUFFER: u32 = 0x100_0000;

/// How many bytes a call moves.
const CALL_BYTES: u32 = 4096;

/// Reads so many times 4096 bytes, and makes so many times 4096 of them public.
fn transfers(reads: u32, writes: u32) -> Program {
    let mut words = Vec::new();
    for (number, descriptor, times) in [(63, 0, reads), (64, 3, writes)] {
        words.extend([li(8, BUFFER), li(18, times), li(12, CALL_BYTES)].concat());
        words.extend([
            addi(17, 0, number),
            addi(10, 0, descriptor),
            addi(11, 8, 0),
            ecall(),
        ]);
        words.extend([add(8, 8, 12), addi(18, 18, -1), bne(18, 0, -5 * 4)]);
    }
    words.extend(exit(0));
    program(&words, &[])
}

/// A run that moves many bytes, whose input and output have no pattern.
fn prove_transfers(reads: u32, writes: u32, shard_cycles: u64) -> Proved {
    let program = transfers(reads, writes);
    let bytes = (0..reads * CALL_BYTES).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8);
    let input: Vec<u8> = bytes.collect();
    let proved = prover(shard_cycles).prove(&program, &input).unwrap();
    assert!(proved.output == input[..(writes * CALL_BYTES) as usize]);
    let (key, statement) = expectation(&program, &proved);
    verify(&key, &statement, &proved.proof).unwrap();
    proved
}

#[test]
fn input_and_output_are_moved_across_shards() {
    // 1 MiB and 64 KiB.
    let proved = prove_transfers(256, 16, 400);
    assert!(proved.report.shards > 3, "{}", proved.report.shards);
}

/// `cargo test --release -p zonda-tests --test shards -- --ignored --nocapture a_hundred_megabytes`
#[test]
#[ignore = "takes minutes and gigabytes: 26 million words are read"]
fn a_hundred_megabytes_of_input_and_one_of_output() {
    let proved = prove_transfers(25_600, 256, 1 << 12);
    println!(
        "{} shards, {} parts",
        proved.report.shards, proved.report.parts
    );
    println!("{} bytes", proved.report.proof_bytes);
}

/// The budget that the prover asked for.
#[test]
fn zeroed_words_are_opened_in_several_parts() {
    let program = transfers(256, 1);
    let input: Vec<u8> = (0..256 * CALL_BYTES).map(|i| (i >> 3) as u8).collect();
    let prover = |bytes| Prover::new(Options::new().memory(bytes));
    let needed = match prover(1).prove(&program, &input) {
        Err(ProveError::Budget { needed, budget: 1 }) => needed,
        other => panic!("{other:?}"),
    };
    let proved = prover(needed).prove(&program, &input).unwrap();
    let zeroed = proved.proof.header.parts.iter();
    let zeroed = zeroed.filter(|part| part.links.zeroed.is_some());
    assert!(zeroed.count() > 2);
    assert_eq!(proved.output, input[..CALL_BYTES as usize]);
    let (key, statement) = expectation(&program, &proved);
    verify(&key, &statement, &proved.proof).unwrap();
}
