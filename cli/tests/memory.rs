//! With too little memory, commands end with an error about memory at every limit: never with a
//! panic or a signal.
#![cfg(target_os = "linux")]

mod common;

use common::{Ended, zonda_with_address_space as limited};

const GUEST: &str = "guests/elf/fibonacci.elf";
const SHA256: &str = "guests/elf/sha256.elf";
const EVM: &str = "guests/elf/evm.elf";

/// Kibibytes of address space, from next to nothing to plenty.
const LIMITS: [u32; 12] = [
    30_000, 45_000, 60_000, 80_000, 100_000, 125_000, 150_000, 200_000, 250_000, 400_000, 700_000,
    1_500_000,
];

/// Checks that the command did its work, or failed with an error about memory.
#[track_caller]
fn is_typed(limit: u32, ended: Ended) -> bool {
    match ended.code {
        Some(0) => true,
        Some(1 | 2) => {
            let error = &ended.error;
            let says = ["memory", "threads", "allocate"];
            assert!(
                says.iter().any(|word| error.contains(word)),
                "{limit}: {ended:#?}"
            );
            assert!(!error.contains(common::PANIC), "{limit}: {ended:#?}");
            false
        }
        _ => panic!("{limit}: {ended:#?}"),
    }
}

#[test]
fn every_limit_of_address_space_gives_a_result_or_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let [input, proof] = [file("input"), file("proof")];
    std::fs::write(&input, 50_u32.to_le_bytes()).unwrap();
    let commands = [
        vec!["prove", GUEST, "--input", &input, "--proof", &proof],
        // A budget that the limit does not allow: planning succeeds, the work must fail.
        vec![
            "prove", GUEST, "--input", &input, "--proof", &proof, "--memory", "8G",
        ],
        vec!["check", GUEST, "--input", &input, "--memory", "8G"],
        vec!["key", EVM],
    ];
    for command in commands {
        let succeeded = LIMITS.map(|limit| is_typed(limit, limited(limit, &command)));
        let [first, .., last] = succeeded;
        assert!(!first && last, "{command:?}: {succeeded:?}");
    }
}

/// The default budget is one that the limit allows.
#[test]
fn the_budget_heeds_the_limit_of_address_space() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let [input, proof, report] = [file("input"), file("proof"), file("report")];
    std::fs::write(&input, vec![7; 16 << 10]).unwrap();
    let files = ["--input", &input, "--proof", &proof, "--report", &report];
    let ended = limited(1_500_000, ["prove", SHA256].iter().chain(&files));
    ended.with(0);
    let report = std::fs::read_to_string(&report).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let budget = report["budget_bytes"].as_u64();
    assert!(budget.is_some_and(|bytes| bytes < 1 << 30), "{report:#}");
    assert!(
        report["shards"].as_u64().is_some_and(|shards| shards > 1),
        "{report:#}"
    );
}
