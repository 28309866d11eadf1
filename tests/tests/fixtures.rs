//! Proofs of version 4, committed: they verify for as long as the version lasts, and have one form.
//!
//! They are made by `cargo test --release -p zonda-tests --test fixtures -- --ignored`, to be run again
//! only if the protocol changes, which makes another version of it once there is a release.

mod common;

use std::{fs, path::PathBuf};

use common::{guest, shards::Sharded};
use zonda::{Options, Preset, Proof, ProofError, Prover, Statement, VerifyingKey, verify};
use zonda_prover::{Setup, Tables, engine::Engine, prove_tables};
use zonda_verifier::Parameters;

/// Few queries and no work: such proofs are small, and a change is not refused before it is looked
/// at.
const CHEAP: Parameters = Parameters {
    queries: 4,
    global_work_bits: 0,
    lookup_work_bits: 0,
    columns_work_bits: 0,
    words_work_bits: 0,
    fold_work_bits: 0,
    query_work_bits: 0,
};

/// Instructions of a shard: the run has two.
const SHARD_CYCLES: u64 = 64;

/// Zeroed words of a part.
const CHUNK: usize = 100;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

fn read(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The exit code, then the output.
fn statement() -> Statement {
    let bytes = read("v4.statement");
    let (exit_code, output) = bytes.split_first_chunk().unwrap();
    Statement {
        exit_code: u32::from_le_bytes(*exit_code),
        output: output.to_vec(),
    }
}

/// Checks a committed proof, of so many parts.
fn holds(key: &VerifyingKey, name: &str, parts: usize) {
    let bytes = read(&format!("{name}_v4.proof"));
    let proof = Proof::from_bytes(&bytes).unwrap();
    assert_eq!(proof.parts.len(), parts, "{name}");
    assert!(proof.to_bytes() == bytes, "{name}");
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
    let bytes = read(&format!("{}_v4.key", preset.name()));
    let key = VerifyingKey::from_bytes(&bytes).unwrap();
    assert_eq!(key.to_bytes(), bytes);
    assert_eq!(key.preset(), preset);
    key
}

#[test]
fn committed_proofs_verify() {
    for preset in Preset::ALL {
        holds(&key(preset), preset.name(), 1);
    }
}

#[test]
fn the_committed_proof_in_parts_verifies() {
    let cheap = key(Preset::Standard).with_parameters(CHEAP);
    holds(&cheap, "cheap", 4);
}

/// Proofs and keys of older versions, of which the beginning is kept, are refused by name.
#[test]
fn older_versions_are_refused_by_name() {
    for version in [2, 3] {
        let file = |kind| read(&format!("refused_v{version}.{kind}"));
        let error = Proof::from_bytes(&file("proof")).unwrap_err();
        let expected = format!("proof format version {version}; this verifier reads version 4");
        assert_eq!(error.to_string(), expected);
        let error = VerifyingKey::from_bytes(&file("key")).unwrap_err();
        let expected = format!("key format version {version}; this verifier reads version 4");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
#[ignore = "writes the committed proofs anew"]
fn generate() {
    let program = guest("fibonacci");
    let input = 10_u32.to_le_bytes();
    for preset in Preset::ALL {
        let prover = Prover::new(Options::new().preset(preset));
        let proved = prover.prove(&program, &input).unwrap();
        let statement = [&proved.exit_code.to_le_bytes(), &proved.output[..]].concat();
        fs::write(path("v4.statement"), statement).unwrap();
        let name = preset.name();
        let key = prover.verifying_key(&program).unwrap();
        fs::write(path(&format!("{name}_v4.key")), key.to_bytes()).unwrap();
        let proof = proved.proof.to_bytes();
        fs::write(path(&format!("{name}_v4.proof")), proof).unwrap();
    }

    let mut sharded = Sharded::new(&program, &input, SHARD_CYCLES);
    sharded.chunk = CHUNK;
    let engine = Engine::default();
    let key = key(Preset::Standard).with_parameters(CHEAP);
    let setup = Setup::with_key(&program, key).unwrap();
    let statement = sharded.statement();
    let parts = (0..).zip(sharded.fill());
    let parts = parts.map(|(part, (links, tables))| Tables {
        tables,
        stated: links.part(part, &statement),
        links,
    });
    let shards = sharded.shards.len() as u32;
    let proof = prove_tables(&engine, &setup, &statement, shards, parts.collect()).unwrap();
    fs::write(path("cheap_v4.proof"), proof.to_bytes()).unwrap();
}
