//! Proofs of version 1, committed: they verify for as long as the version lasts, and have one form.
//!
//! They are made by `cargo test --release --test fixtures -- --ignored`, to be run again only if
//! the protocol changes, which makes another version of it once there is a release.

use std::{fs, path::PathBuf};

use zonda::{
    Discard, Options, Preset, Program, Proof, ProofError, Prover, Statement, VerifyingKey, verify,
};
use zonda_circuits::{instances::several, witness};
use zonda_prover::{commit, engine::Engine, program_image, prove_instances};
use zonda_riscv_emu::execute::{self, execute_recorded};
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
    let bytes = read("v1.statement");
    let (exit_code, output) = bytes.split_first_chunk().unwrap();
    Statement {
        exit_code: u32::from_le_bytes(*exit_code),
        output: output.to_vec(),
    }
}

fn holds(key: &VerifyingKey, name: &str) {
    let bytes = read(&format!("{name}_v1.proof"));
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
    let bytes = read(&format!("{}_v1.key", preset.name()));
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
    for preset in Preset::ALL {
        let mut options = Options::default();
        options.preset = preset;
        let prover = Prover::new(options);
        let proved = prover.prove(&program, &input).unwrap();
        let statement = [&proved.exit_code.to_le_bytes(), &proved.output[..]].concat();
        fs::write(path("v1.statement"), statement).unwrap();
        let name = preset.name();
        let key = prover.verifying_key(&program);
        fs::write(path(&format!("{name}_v1.key")), key.to_bytes()).unwrap();
        let proof = proved.proof.to_bytes();
        fs::write(path(&format!("{name}_v1.proof")), proof).unwrap();
    }

    let (outcome, records) =
        execute_recorded(&program, &input, &execute::Options::default(), &mut Discard).unwrap();
    let statement = Statement {
        exit_code: outcome.exit_code,
        output: outcome.output,
    };
    let image = program_image(&program);
    let instruction_at = |pc| program.instruction(pc).unwrap().unwrap();
    let instances = witness::traces(&image, &records, &statement, several, instruction_at);
    let engine = Engine::default();
    let (key, fixed) = commit(&engine, program.id(), &image, Preset::Standard);
    let key = key.with_parameters(CHEAP);
    let proof = prove_instances(&engine, &key, &fixed, instances, &statement).unwrap();
    fs::write(path("cheap_v1.proof"), proof.to_bytes()).unwrap();
}
