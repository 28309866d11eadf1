//! Attacks of a dishonest prover, each beside an honest control: printed as a table by
//! `cargo test --release -p zonda-tests --test attacks -- --nocapture attack_table`.
//!
//! - `attack_table`: wrong tables, proved by the honest prover's code with the honest key.
//! - `attack_table_of_shards` (in `relay`): wrong shards of a run, the same way.
//! - `statement`: honest proofs, changed or checked against something else.
//! - `encoding`: proofs' bytes, changed.
//! - `cells`: cells after the last row of a table.
//! - `given`: columns and public values that nobody commits to, of the prover's own.
//! - `heights`: tables left out, and tables with more or fewer rows than they have.
//! - `program`: words that are no instructions, and programs that are not the key's.
//!
//! That each single cell of each column counts is tested in `circuits/tests/runs.rs`.

#[path = "attacks/cells.rs"]
mod cells;
mod common;
#[path = "attacks/counting.rs"]
mod counting;
#[path = "attacks/encoding.rs"]
mod encoding;
#[path = "attacks/forge.rs"]
mod forge;
#[path = "attacks/given.rs"]
mod given;
#[path = "attacks/harness.rs"]
mod harness;
#[path = "attacks/heights.rs"]
mod heights;
#[path = "attacks/names.rs"]
mod names;
#[path = "attacks/program.rs"]
mod program;
#[path = "attacks/relay.rs"]
mod relay;
#[path = "attacks/run.rs"]
mod run;
#[path = "attacks/semantics.rs"]
mod semantics;
#[path = "attacks/spread.rs"]
mod spread;
#[path = "attacks/statement.rs"]
mod statement;
#[path = "attacks/thread.rs"]
mod thread;
#[path = "attacks/told.rs"]
mod told;
#[path = "attacks/victims.rs"]
mod victims;

use std::collections::BTreeSet;

use harness::Forger;
use names::said;
use zonda_oracle::OracleError;

/// One attack.
pub struct Case {
    /// The row of the attack list that it belongs to.
    id: &'static str,
    attack: &'static str,
    /// The difference from an honest prover.
    mutated: &'static str,
    forge: fn() -> Forger<'static>,
    /// All that the debug checker must find: `table: constraint` or `bus name`.
    broken: &'static [&'static str],
}

const fn case(
    id: &'static str,
    attack: &'static str,
    mutated: &'static str,
    forge: fn() -> Forger<'static>,
    broken: &'static [&'static str],
) -> Case {
    Case {
        id,
        attack,
        mutated,
        forge,
        broken,
    }
}

/// Every attack before the debug checker and, proved, before the verifier; each `ask_each`-th is put to
/// the oracle, too.
fn attack(ask_each: usize) {
    let mut wrong = Vec::new();
    println!("| id | attack | what was mutated | refused by |\n|---|---|---|---|");
    let cases = semantics::cases().into_iter().chain(thread::cases());
    for (index, case) in cases.enumerate() {
        let Case {
            id,
            attack,
            mutated,
            forge,
            broken,
        } = case;
        let forger = forge();
        let found = forger.broken();
        let expected: BTreeSet<String> = broken.iter().map(|name| (*name).into()).collect();
        if found != expected || found.is_empty() {
            wrong.push(format!("{id} {attack}: found {found:?}"));
        }
        let refused = said(&forger.verify());
        if refused != first_check(&found) {
            wrong.push(format!("{id} {attack}: refused by {refused}"));
        }
        if index % ask_each == 0 {
            let said = forger.oracle();
            if !matches!(said, Err(OracleError::Verify(_))) {
                wrong.push(format!("{id} {attack}: the oracle says {said:?}"));
            }
        }
        let found = found.into_iter().collect::<Vec<_>>().join(", ");
        println!("| {id} | {attack} | {mutated} | {refused}: {found} |");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The check by which the verifier refuses tables of which all this does not hold: it looks at each
/// part's balance first, then at its constraints, and at what is between the parts last.
fn first_check(broken: &BTreeSet<String>) -> &'static str {
    let is_global = |bus: &str| ["bus boundary", "bus instruction"].contains(&bus);
    let buses = || broken.iter().filter(|name| name.starts_with("bus "));
    if buses().any(|bus| !is_global(bus)) {
        "part 0: Tree.Unbalanced"
    } else if buses().count() < broken.len() {
        "part 0: Rows.Values"
    } else {
        "GlobalBalance"
    }
}

#[test]
fn attack_table() {
    attack(24);
}

#[test]
#[ignore = "takes minutes: puts each of the attacks to the oracle"]
fn attack_table_with_the_oracle() {
    attack(1);
}

#[test]
fn controls_verify() {
    use victims::{CALLS, FLOW, MEMORY, VALUES, ZEROED, asking};
    for (victim, input) in [
        (&VALUES, Vec::new()),
        (&MEMORY, Vec::new()),
        (&FLOW, Vec::new()),
        (&CALLS, asking(64, 3, ZEROED, 4)),
        (&CALLS, asking(63, 0, ZEROED + 64, 8)),
        (&CALLS, asking(64, 1, ZEROED, 0)),
        (&CALLS, asking(93, 5, 0, 0)),
    ] {
        let mut forger = Forger::honest(victim, &input);
        let filled = forger.traces.clone();
        // The wrong prover's tools change nothing of an honest run.
        forger.settle().recount();
        assert!(forger.traces == filled);
        assert_eq!(forger.broken(), BTreeSet::new());
        forger.verify().unwrap();
        assert_eq!(forger.oracle(), Ok(()));
    }
}
