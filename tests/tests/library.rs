//! The library as its users call it: options, typed input and output, cancellation. That all this
//! compiles outside the crate is part of the test.

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use common::{buses, guest};
use serde::{Deserialize, Serialize};
use zonda::{
    Cancel, Cancelled, Input, Observer, Options, Output, Preset, Progress, ProveError, Prover,
    Stage, Statement, ValueError, verify,
};
use zonda_circuits::machine::Table;

/// What the guest `typed` reads first.
#[derive(Serialize)]
struct Account<'a> {
    name: &'a str,
    balance: i64,
    limit: Option<u32>,
}

/// What it makes public last.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Balances<'a> {
    balance: i64,
    lowest: i64,
    overdrawn: bool,
    #[serde(borrow)]
    purposes: Vec<&'a str>,
}

fn typed_input() -> Result<Input, ValueError> {
    let account = Account {
        name: "Ada",
        balance: 100,
        limit: Some(50),
    };
    let bookings: [(&str, i64); 3] = [("rent", -170), ("books", -20), ("salary", 3000)];
    Input::new().write(&account)?.write(&bookings[..])
}

#[test]
fn values_go_to_a_guest_and_come_back() {
    let typed = guest("typed");
    let input = typed_input().unwrap();
    let prover = Prover::default();
    assert_eq!(prover.check(&typed, &input).unwrap().failures, [""; 0]);
    let executed = prover.execute(&typed, &input).unwrap();
    let proved = prover.prove(&typed, &input).unwrap();
    assert_eq!(proved.output, executed.output);

    let expected = Balances {
        balance: 2910,
        lowest: -90,
        overdrawn: true,
        purposes: vec!["books", "rent", "salary"],
    };
    let mut output = Output::new(&proved.output);
    assert_eq!(output.read::<&str>().unwrap(), "ADA");
    assert_eq!(output.read::<Balances<'_>>().unwrap(), expected);
    output.end().unwrap();

    // A verifier knows the values, and states the bytes.
    let statement = Statement {
        exit_code: 0,
        output: Output::bytes_of(&("ADA", &expected)).unwrap(),
    };
    let key = prover.verifying_key(&typed).unwrap();
    verify(&key, &statement, &proved.proof).unwrap();
}

#[test]
fn values_that_are_not_all_or_not_those_are_errors() {
    let typed = guest("typed");
    let prover = Prover::default();
    // The guest panics, which ends a run like any other.
    let short = Input::new().write("Ada").unwrap();
    assert_eq!(prover.execute(&typed, &short).unwrap().exit_code, 101);

    let executed = prover.execute(&typed, &typed_input().unwrap()).unwrap();
    let length = executed.output.len();
    let mut output = Output::new(&executed.output);
    output.read::<String>().unwrap();
    let left = length - 4;
    assert_eq!(
        output.clone().end().unwrap_err(),
        ValueError::Left { at: 4, left }
    );
    let cut = Output::new(&executed.output[4..length - 1]).read::<Balances<'_>>();
    let Err(ValueError::Read { value, at: 0, .. }) = cut else {
        panic!("{cut:?}")
    };
    assert!(value.contains("Balances"), "{value}");
}

#[test]
fn options_are_what_was_set() {
    let options = Options::new()
        .max_cycles(1 << 20)
        .threads(2)
        .preset(Preset::High)
        .memory(1 << 30)
        .shard_cycles(1 << 12)
        .work_dir("job")
        .print_debug(true);
    assert_eq!(options.max_cycles, Some(1 << 20));
    assert_eq!(options.threads, Some(2));
    assert_eq!(options.preset, Preset::High);
    assert_eq!(options.budget.bytes, 1 << 30);
    assert_eq!(options.budget.shard_cycles, 1 << 12);
    assert_eq!(options.work_dir.as_deref(), Some("job".as_ref()));
    assert!(options.print_debug && options.observer.is_none());
    let plain = Options::new();
    assert_eq!((plain.max_cycles, plain.threads), (None, None));
    assert!(plain.work_dir.is_none() && !plain.print_debug);
}

/// Cancels once, when the first part is committed to.
struct Once {
    cancel: Cancel,
    done: AtomicBool,
}

impl Observer for Once {
    fn begin(&self, progress: Progress) {
        if progress.stage == Stage::Commit && !self.done.swap(true, Ordering::Relaxed) {
            self.cancel.cancel();
        }
    }
}

#[test]
fn a_prover_that_was_cancelled_proves_again() {
    let echo = guest("echo");
    let cancel = Cancel::new();
    let once = Arc::new(Once {
        cancel: cancel.clone(),
        done: AtomicBool::new(false),
    });
    let prover = Prover::new(Options::new().cancel(cancel.clone()).observer(once));
    let cancelled = ProveError::Cancelled(Cancelled);
    assert_eq!(prover.prove(&echo, b"abc").unwrap_err(), cancelled);
    // A token stays cancelled: a cancellation between two runs is not lost.
    assert_eq!(prover.prove(&echo, b"abc").unwrap_err(), cancelled);

    assert!(cancel.reset());
    let proved = prover.prove(&echo, b"abc").unwrap();
    assert!(!cancel.reset(), "nobody has cancelled since");
    let fresh = Prover::default().prove(&echo, b"abc").unwrap();
    assert!(proved.proof == fresh.proof);
}

/// Rows, cells and messages, counted once more from the proof's header.
#[test]
fn the_report_counts_what_the_proof_has() {
    let prover = Prover::new(Options::new().shard_cycles(1000));
    let input = 1000_u32.to_le_bytes();
    let proved = prover.prove(&guest("fibonacci"), &input).unwrap();
    let (report, proof) = (&proved.report, &proved.proof);
    let stages = [
        "boundary", "commit", "execute", "fold", "key", "open", "rows", "tree", "witness",
    ];
    assert!(report.stages.keys().copied().eq(stages));
    assert!(report.shards > 2 && report.parts > report.shards);
    assert_eq!(report.parts, proof.parts.len() as u64);
    assert_eq!(report.proof_bytes, proof.to_bytes().len() as u64);

    let (mut cells, mut boundary, mut messages) = (0, 0, 0);
    for (table, buses) in buses() {
        let heights = proof.header.parts.iter().map(|part| part.heights.of(table));
        let rows: u64 = heights.map(u64::from).sum();
        boundary += rows * table.boundary_width() as u64;
        messages += rows * buses.len() as u64;
        // The verifier knows the statement's columns: nobody commits to them.
        if table != Table::Statement {
            cells += rows * table.trace_width() as u64;
        }
    }
    assert_eq!(report.committed_cells, cells);
    assert_eq!(report.boundary_cells, boundary);
    assert_eq!(report.messages, messages);
    let families: u64 = report.families.values().sum();
    assert_eq!(report.cycles, families);
}
