//! Is every constraint and every message needed? Each is left out, and an attack is sought that
//! nothing else refuses: printed by
//! `cargo test --release -p zonda-circuits --test deletion -- --nocapture`.
//!
//! - `plans`: short runs, one row of which is attacked; `world`: their tables.
//! - `histories`: runs whose records lie.
//! - `search`: changes of one row; `settle`: the rest of the machine follows, lookups are counted
//!   anew, and the debug checker confirms that one part alone refuses what comes of it.
//! - `attack`: all attacks on one table.
//! - `system`: runs in which several rows lie together, of the tables without instructions.
//! - `implied`: parts that nothing false is refused by, each with the reason.
//!
//! A lookup is left out alone, and what it asks for is not counted. A message of another bus cannot
//! be left out alone, since honest runs would not balance: it is left out together with those that
//! belong to it: the write with the read, or the whole bus, which counts for the messages that the
//! false run emits on it. Answers of lookup tables are left out with the lookups.
//!
//! The debug checker refuses each false run while everything is in place, and nothing refuses the
//! honest run beside it.

mod attack;
#[path = "../common/mod.rs"]
mod common;
mod histories;
mod implied;
mod plans;
mod row;
mod search;
mod settle;
mod system;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use attack::{Attacks, Kill, Kind};
use implied::implied;
use row::Part;
use system::Found;
use zonda_circuits::{bus::Bus, machine::Table};

/// Parts that are left out, by table.
pub type Masked = BTreeSet<(Table, Part)>;

#[test]
fn everything_is_needed() {
    let mut wrong = Vec::new();
    let mut score: BTreeMap<&str, usize> = BTreeMap::new();
    println!("| table | left out | what is accepted then |\n|---|---|---|");
    // The buses of lookups on which a false run needs an answer, with one such run.
    let mut needed: BTreeMap<Bus, String> = BTreeMap::new();
    for (table, attacks) in all_attacks() {
        for (bus, attack) in attacks.lookups() {
            needed.entry(bus).or_insert(attack);
        }
        let mut implied: BTreeMap<&str, _> = implied(table).map(|i| (i.part, i)).collect();
        let mut show = |name: &str, kill: Option<&Kill>| {
            let implied = implied.remove(name);
            let kind = kill.map(|kill| kill.kind);
            let (kind, text) = match (kill, &implied) {
                (
                    Some(Kill {
                        kind: Kind::False,
                        attack,
                    }),
                    None,
                ) => ("false", attack.clone()),
                (_, Some(implied)) if implied.accepts == kind => {
                    let kind = match kind {
                        Some(Kind::Second) => "second row",
                        Some(Kind::False) => "other limbs",
                        None => "nothing",
                    };
                    let attack = kill.map(|kill| format!(" ({})", kill.attack));
                    (
                        kind,
                        format!("{}{}", implied.reason, attack.unwrap_or_default()),
                    )
                }
                _ => {
                    let found = match kill {
                        Some(kill) => format!("{kill:?}, which `implied` does not list"),
                        None => "no attack is refused by it alone: add a run to `plans` or \
                                 `histories`, or a reason to `implied`"
                            .into(),
                    };
                    wrong.push(format!("{} {name}: {found}", table.name()));
                    ("?", String::new())
                }
            };
            *score.entry(kind).or_default() += 1;
            println!("| {} | {name} | {kind}: {text} |", table.name());
        };
        for (part, name) in attacks.parts() {
            show(&name, attacks.kills.get(&part));
        }
        for (index, name) in attacks.answered() {
            show(&name, attacks.pairs.get(&index));
        }
        let unused = implied
            .into_keys()
            .map(|part| format!("{} has no {part}", table.name()));
        wrong.extend(unused);
        let silent = attacks
            .emitted
            .iter()
            .enumerate()
            .filter(|(_, emitted)| !**emitted);
        wrong.extend(
            silent.map(|(index, _)| format!("no run has {} emit message {index}", table.name())),
        );
    }
    for (table, name, found) in system::parts(&needed, &mut wrong) {
        let (kind, text) = match found {
            Found::False(attack) => ("false", attack),
            Found::Nothing => {
                wrong.push(format!(
                    "{} {name}: add a false run to `system`",
                    table.name()
                ));
                ("?", String::new())
            }
        };
        *score.entry(kind).or_default() += 1;
        println!("| {} | {name} | {kind}: {text} |", table.name());
    }
    println!("{score:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Mounts all attacks on all tables.
fn all_attacks() -> Vec<(Table, Attacks)> {
    // The longest first.
    let mut tables: Vec<Table> = Table::ALL
        .into_iter()
        .filter(|table| table.has_records())
        .collect();
    tables.reverse();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(table) = tables.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let start = std::time::Instant::now();
                    let mut attacks = Attacks::new(*table);
                    attacks.mount();
                    eprintln!("{} {:?}", table.name(), start.elapsed());
                    done.lock().unwrap().push((*table, attacks));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(table, _)| *table);
    done
}
