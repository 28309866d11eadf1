//! Proofs of version 2, committed: they verify for as long as the version lasts, and have one form.
//!
//! They are made by `cargo test --release --test fixtures -- --ignored`, to be run again only if
//! the protocol changes, which makes another version of it once there is a release.

use std::{fs, path::PathBuf};

use zonda::{
    Discard, Options, Preset, Program, Proof, ProofError, Prover, Statement, VerifyingKey, verify,
};
use zonda_prover::{Budget, Setup, engine::Engine, plan, prove_task};
use zonda_verifier::Parameters;

/// Few queries and no work: what the fuzzer changes, since this verifies in little time and a change
/// is not refused before it is looked at.
const CHEAP: Parameters = Parameters {
    queries: 4,
    global_work_bits: 0,
    lookup_work_bits: 0,
    constraints_work_bits: 0,
    point_work_bits: 0,
    batch_work_bits: 0,
    fold_work_bits: 0,
    query_work_bits: 0,
};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn read(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The exit code, then the output.
fn statement() -> Statement {
    let bytes = read("v2.statement");
    let (exit_code, output) = bytes.split_first_chunk().unwrap();
    Statement {
        exit_code: u32::from_le_bytes(*exit_code),
        output: output.to_vec(),
    }
}

fn holds(key: &VerifyingKey, name: &str) {
    let bytes = read(&format!("{name}_v2.proof"));
    let proof = Proof::from_bytes(&bytes).unwrap();
    assert_eq!(proof.to_bytes(), bytes, "{name}");
    let statement = statement();
    verify(key, &statement, &proof).unwrap();

    let other = Statement {
        exit_code: statement.exit_code + 1,
        ..statement.clone()
    };
    assert!(verify(key, &other, &proof).is_err());
    let end = bytes.len() - 1;
    let error = Proof::from_bytes(&bytes[..end]).unwrap_err();
    assert!(matches!(error, ProofError::Truncated { .. }), "{error}");
}

fn key(preset: Preset) -> VerifyingKey {
    let bytes = read(&format!("{}_v2.key", preset.name()));
    let key = VerifyingKey::from_bytes(&bytes).unwrap();
    assert_eq!(key.to_bytes(), bytes);
    assert_eq!(key.preset(), preset);
    key
}

#[test]
fn committed_proofs_verify() {
    for preset in Preset::ALL {
        holds(&key(preset), preset.name());
    }
}

#[test]
fn the_committed_proof_of_several_parts_verifies() {
    holds(&key(Preset::Standard), "parts");
    let proof = Proof::from_bytes(&read("parts_v2.proof")).unwrap();
    assert_eq!((proof.header.shards, proof.parts.len()), (2, 3));
}

#[test]
fn the_committed_proof_of_few_queries_verifies() {
    let cheap = key(Preset::Standard).with_parameters(CHEAP);
    holds(&cheap, "cheap");
}

#[test]
#[ignore = "writes the committed proofs anew"]
fn generate() {
    let elf = concat!(env!("CARGO_MANIFEST_DIR"), "/guests/elf/fibonacci.elf");
    let program = Program::from_elf(&fs::read(elf).unwrap()).unwrap();
    let input = 10_u32.to_le_bytes();
    let write = |name: &str, bytes: &[u8]| fs::write(path(name), bytes).unwrap();
    for preset in Preset::ALL {
        let mut options = Options::default();
        options.preset = preset;
        let prover = Prover::new(options);
        let proved = prover.prove(&program, &input).unwrap();
        let statement = [&proved.exit_code.to_le_bytes(), &proved.output[..]].concat();
        write("v2.statement", &statement);
        let name = preset.name();
        let key = prover.verifying_key(&program);
        write(&format!("{name}_v2.key"), &key.to_bytes());
        write(&format!("{name}_v2.proof"), &proved.proof.to_bytes());
    }

    let cycles = Prover::default().execute(&program, &input).unwrap().cycles;
    let shards = Budget {
        shard_cycles: cycles.div_ceil(2),
        ..Budget::default()
    };
    let mut options = Options::default();
    options.budget = shards;
    let proved = Prover::new(options).prove(&program, &input).unwrap();
    write("parts_v2.proof", &proved.proof.to_bytes());

    let engine = Engine::default();
    let options = zonda_prover::Options::default();
    let mut setup = Setup::new(&engine, &program, Preset::Standard);
    setup.key = setup.key.with_parameters(CHEAP);
    let mut plan = plan(&engine, &setup, &input, &options, &mut Discard).unwrap();
    let header = plan.header.clone();
    let mut tasks = plan.tasks(&setup, &input).unwrap();
    let mut parts = Vec::new();
    while let Some(task) = tasks.next().unwrap() {
        parts.push(prove_task(&engine, &setup, &task, &options).unwrap());
    }
    write("cheap_v2.proof", &Proof { header, parts }.to_bytes());
}
