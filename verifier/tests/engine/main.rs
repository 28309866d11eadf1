//! Attacks of a dishonest prover on the engine, each beside an honest control. One command
//! prints all of it, with what was changed, what refused it, and which flawed verifier would not
//! have:
//!
//! `cargo test --release -p zonda-verifier --test engine -- --nocapture table`
//!
//! - `forged`: proofs by provers that lie at one step and are honest, with the challenges that
//!   follow from the lie, at all others.
//! - `changed`: honest proofs of which something is changed, and honest proofs under other keys.
//! - `runs`: runs of several parts that are not put together as they should be.
//! - `absorbed`: every value is absorbed, and decides the next challenge.
//! - `words`: the low-degree test by itself, on words that are not codewords.

mod absorbed;
mod changed;
mod forged;
mod lax;
#[path = "../reference/prover.rs"]
mod prover;
#[path = "../reference/run.rs"]
mod run;
mod runs;
#[path = "../reference/spec.rs"]
mod spec;
#[path = "../reference/tree.rs"]
mod tree;
mod words;

use std::{fmt::Debug, sync::OnceLock};

use lax::Flaw;
use run::Run;
use zonda_verifier::{
    Layout, Parameters, Preset, Proof, QM31, VerifyError, VerifyingKey, proof::Body, verify,
};

/// Works at every site: what changes a state is refused there.
const WORKED: Parameters = Parameters {
    queries: 20,
    global_work_bits: 18,
    lookup_work_bits: 18,
    constraints_work_bits: 18,
    point_work_bits: 18,
    batch_work_bits: 18,
    fold_work_bits: 18,
    query_work_bits: 18,
};

/// No works: what is wrong is left to the other checks.
const FREE: Parameters = Parameters {
    queries: 20,
    global_work_bits: 0,
    lookup_work_bits: 0,
    constraints_work_bits: 0,
    point_work_bits: 0,
    batch_work_bits: 0,
    fold_work_bits: 0,
    query_work_bits: 0,
};

/// A run with honest proofs under two keys.
struct Setup {
    run: Run,
    worked: (VerifyingKey, Proof),
    free: (VerifyingKey, Proof),
}

impl Setup {
    fn new(run: Run) -> Self {
        let [worked, free] = [WORKED, FREE].map(|parameters| {
            let key = run.key(Preset::Standard, parameters);
            let proof = run.prove::<QM31>(&key);
            assert_eq!(verify(&key, &run.statement, &proof), Ok(()), "the control");
            let verdict = lax::verify::<QM31>(&key, &run.statement, &proof, Flaw::None);
            assert!(verdict.accepted);
            (key, proof)
        });
        Self { run, worked, free }
    }
}

/// The run in one part, whose honest proofs verify.
fn setup() -> &'static Setup {
    static SETUP: OnceLock<Setup> = OnceLock::new();
    SETUP.get_or_init(|| Setup::new(run::one_part()))
}

/// The run in four parts, whose honest proofs verify.
fn setup_of_parts() -> &'static Setup {
    static SETUP: OnceLock<Setup> = OnceLock::new();
    SETUP.get_or_init(|| Setup::new(run::four_parts()))
}

/// A proof with one part changed.
fn with_body(proof: &Proof, part: usize, change: impl FnOnce(&mut Body<QM31>)) -> Proof {
    let mut proof = proof.clone();
    let mut body = proof.body(part).unwrap();
    change(&mut body);
    let layout = Layout::new(&proof.header.parts[part].shape, 4);
    proof.parts[part] = body.to_bytes(&layout);
    proof
}

/// The error that refuses a proof of one part: the part's error by itself.
fn of_part(result: Result<(), VerifyError>) -> Result<(), Box<dyn Debug>> {
    result.map_err(|error| match error {
        VerifyError::Part { part: 0, error } => Box::new(error) as Box<dyn Debug>,
        error => Box::new(error),
    })
}

/// The table, and what in it is not as it should be.
#[derive(Default)]
struct Report {
    wrong: Vec<String>,
}

impl Report {
    /// Something must have been refused with an error that begins as `expected`.
    fn line<E: Debug>(
        &mut self,
        id: &str,
        attack: &str,
        changed: &str,
        result: &Result<(), E>,
        expected: &str,
        without: &str,
    ) {
        let refused = match result {
            Ok(()) => String::from("nothing"),
            Err(error) => format!("{error:?}"),
        };
        if !refused.starts_with(expected) {
            let line = format!("{id} {attack}: {changed}: refused by {refused}, not {expected}");
            self.wrong.push(line);
        }
        println!("| {id} | {attack} | {changed} | {refused} | {without} |");
    }
}

#[test]
fn table() {
    println!("| id | attack | what was changed | refused by | accepted by a verifier that |");
    println!("|---|---|---|---|---|");
    let mut report = Report::default();
    absorbed::report(&mut report);
    changed::report(&mut report);
    runs::report(&mut report);
    forged::report(&mut report);
    words::report(&mut report);
    assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
}
