//! `zonda show`: what a file claims to be, and that nothing of it is verified.

mod common;

use std::fs;

use common::{Ended, Scratch, zonda};
use serde_json::Value;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/");

fn show(path: &str) -> Ended {
    zonda(["show", path])
}

/// Where the claimed exit code stands in a proof: after magic, version, preset and two digests.
const EXIT_CODE: usize = 5 + 2 + 1 + 64;

#[test]
fn proofs_are_shown_and_not_verified() {
    let scratch = Scratch::new();
    let proof = format!("{FIXTURES}standard_v4.proof");
    let report = scratch.path("report");
    let ended = zonda(["show", &*proof, "--report", &report]).with(0);
    for said in [
        "a proof of version 4; nothing of it is verified",
        "standard",
        "exit code     0\n",
        "4 bytes\n",
        "100 bits, provable, if it is verified\n",
    ] {
        assert!(ended.out.contains(said), "{said}: {ended:?}");
    }
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    assert_eq!(report["verified"], false);
    assert_eq!(report["version"], 4);
    assert_eq!(report["exit_code"], 0);
    assert_eq!(report["output_bytes"], 4);
    let bytes = fs::read(&proof).unwrap();
    assert_eq!(report["proof_bytes"], bytes.len());
    assert_eq!(report["program_id"], hex(&bytes[8..40]));
    assert_eq!(report["key_digest"], hex(&bytes[40..72]));

    // Any claim is shown, and `verify` refuses it.
    let mut lie = bytes.clone();
    lie[EXIT_CODE] = 9;
    let lie = scratch.file("lie", lie);
    assert!(show(&lie).with(0).out.contains("exit code     9\n"));
    let key = format!("{FIXTURES}standard_v4.key");
    let output = scratch.file("output", 55_u32.to_le_bytes());
    let verify = |proof: &str, code: &str| {
        zonda([
            "verify",
            "--key",
            &key,
            "--proof",
            proof,
            "--output",
            &output,
            "--exit-code",
            code,
        ])
    };
    verify(&proof, "0").with(0);
    verify(&lie, "0")
        .with(1)
        .saying("the proof states exit code 9, you expect 0");
    verify(&lie, "9").with(1).saying("refused: ");
}

#[test]
fn keys_are_shown() {
    let ended = show(&format!("{FIXTURES}standard_v4.key")).with(0);
    assert!(ended.out.contains("a key; nothing of it is verified"));
    assert!(ended.out.contains("queries 194"), "{ended:?}");
}

#[test]
fn other_files_are_no_claims() {
    let scratch = Scratch::new();
    let proof = fs::read(format!("{FIXTURES}standard_v4.proof")).unwrap();
    let refused = |bytes: &[u8], said: &str| {
        let path = scratch.file("file", bytes);
        show(&path).with(2).saying(said);
    };
    refused(b"", "is not a proof, key or task");
    refused(&[0xff; 4096], "is not a proof, key or task");
    refused(&proof[..200], "the proof ends in its");
    refused(&proof[..proof.len() - 1], "the proof ends in its parts");
    refused(&[&proof[..], &[0]].concat(), "follow the end");
    let old = fs::read(format!("{FIXTURES}refused_v3.proof")).unwrap();
    refused(&old, "proof format version 3");
    // A header that no proof has is shown for what it is.
    let mut many = proof[..112].to_vec();
    many.extend([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    refused(&many, "4294967295 parts");
    show(&scratch.path("none")).with(2).saying("cannot read");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
