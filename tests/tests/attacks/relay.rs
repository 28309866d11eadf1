//! Attacks on what goes from shard to shard, on runs of [`RELAY`]: A41 to A46.
//!
//! A cheat executes shards from what they did not find, leaves some out, gives them other places,
//! and fills, counts and proves everything else as an honest prover does.

#[path = "relay/cases.rs"]
mod cases;
#[path = "relay/memory.rs"]
mod memory;

use std::{collections::BTreeSet, sync::LazyLock};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::Matrix;
use zonda::{Proof, verify};
use zonda_circuits::{F, machine::Table};
use zonda_prover::Work;

use super::{
    common::shards::Sharded,
    names::said,
    run::{Filled, Run},
    victims::{RELAY, ROUND},
};

/// The shards of an honest run, by their places: the rounds, and the last one.
const R1: usize = 1;
const R2: usize = 2;
const R3: usize = 3;
const LAST: usize = 4;
/// The parts after the shards: the program, with the first of the zeroed words, and the others.
const PROGRAM: usize = 5;
const ZEROED: usize = 6;

/// One attack on a run of several parts.
struct Case {
    /// The row of the attack list that it belongs to.
    id: &'static str,
    attack: &'static str,
    /// The difference from an honest prover.
    mutated: &'static str,
    forge: fn() -> Forged,
    /// The check by which the verifier refuses it.
    refused: &'static str,
    /// All that the debug checker must find, which does not look at headers.
    broken: &'static [&'static str],
}

const fn case(
    id: &'static str,
    attack: &'static str,
    mutated: &'static str,
    forge: fn() -> Forged,
    refused: &'static str,
    broken: &'static [&'static str],
) -> Case {
    Case {
        id,
        attack,
        mutated,
        forge,
        refused,
        broken,
    }
}

/// The proof that a cheat hands in.
enum Forged {
    /// Tables, proved with the honest prover's code.
    Tables(Run<'static>),
    /// An honest proof, changed.
    Changed(Proof),
}

/// The honest run.
static HONEST: LazyLock<Sharded> = LazyLock::new(|| sharded(&[5, 6, 8]));

/// Its proof.
static PROOF: LazyLock<Proof> = LazyLock::new(|| run(&HONEST).prove());

fn sharded(input: &[u32]) -> Sharded {
    let input: Vec<u8> = input.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut sharded = Sharded::new(&RELAY.program, &input, ROUND);
    sharded.chunk = 2;
    sharded
}

/// The run of these shards, filled.
fn run(sharded: &Sharded) -> Run<'static> {
    run_of(sharded, &sharded.works())
}

/// The run of these parts, filled.
fn run_of(sharded: &Sharded, works: &[Work]) -> Run<'static> {
    let parts = sharded.fill_these(works).into_iter();
    let parts = parts.map(|(links, tables)| Filled { links, tables });
    let mut run = Run {
        victim: &RELAY,
        statement: sharded.statement(),
        shards: sharded.shards.len() as u32,
        parts: parts.collect(),
    };
    run.recount();
    run
}

/// Shards that a cheat has changed.
fn shards(change: impl FnOnce(&mut Sharded)) -> Forged {
    let mut sharded = HONEST.clone();
    change(&mut sharded);
    Forged::Tables(run(&sharded))
}

/// Parts that a cheat has changed, before their tables are filled.
fn parts(change: impl FnOnce(&mut Vec<Work>)) -> Forged {
    let mut works = HONEST.works();
    change(&mut works);
    Forged::Tables(run_of(&HONEST, &works))
}

/// Tables that a cheat has changed, with lookups counted anew.
fn tables(change: impl FnOnce(&mut Run<'static>)) -> Forged {
    let mut run = run(&HONEST);
    change(&mut run);
    run.recount();
    Forged::Tables(run)
}

/// A proof that a cheat has changed.
fn proof(change: impl FnOnce(&mut Proof)) -> Forged {
    let mut proof = PROOF.clone();
    change(&mut proof);
    Forged::Changed(proof)
}

impl Run<'_> {
    /// The row of a table of a part that has these cells.
    fn find<const N: usize>(
        &mut self,
        part: usize,
        table: Table,
        cells: [(&str, u32); N],
    ) -> usize {
        let rows = self.trace(part, table).values.len() / table.trace_width();
        let is = |run: &mut Self, row, (column, value): (&str, u32)| {
            run.cell(part, table, row, column).as_canonical_u32() == value
        };
        let mut rows = (0..rows).filter(|row| cells.into_iter().all(|cell| is(self, *row, cell)));
        rows.next().expect("there is such a row")
    }

    /// Sets cells of a row.
    fn set(&mut self, part: usize, table: Table, row: usize, cells: &[(&str, i64)]) -> &mut Self {
        for (column, value) in cells {
            *self.cell(part, table, row, column) = F::from_i64(*value);
        }
        self
    }

    /// Sets cells of the row with which a shard holds a place.
    fn hold(
        &mut self,
        part: usize,
        (space, address): (u32, u32),
        cells: &[(&str, i64)],
    ) -> &mut Self {
        let place = [("space", space), ("address", address)];
        let row = self.find(part, Table::Boundary, place);
        self.set(part, Table::Boundary, row, cells)
    }

    /// Takes away the row with which a shard holds a place.
    fn release(&mut self, part: usize, (space, address): (u32, u32)) -> &mut Self {
        let place = [("space", space), ("address", address)];
        let row = self.find(part, Table::Boundary, place);
        let width = Table::Boundary.trace_width();
        let values = &mut self.trace(part, Table::Boundary).values;
        values.drain(row * width..(row + 1) * width);
        self
    }

    /// Adds a row to a table of a part, like another one but for some cells. Returns its number.
    fn add(&mut self, part: usize, table: Table, like: usize, cells: &[(&str, i64)]) -> usize {
        let width = table.trace_width();
        let trace = self.trace(part, table);
        let row = trace.height();
        let values = &mut trace.values;
        values.extend_from_within(like * width..(like + 1) * width);
        self.set(part, table, row, cells);
        row
    }
}

#[test]
fn attack_table_of_shards() {
    let mut wrong = Vec::new();
    println!("| id | attack | what was mutated | refused by |\n|---|---|---|---|");
    for case in cases::cases().into_iter().chain(memory::cases()) {
        let Case {
            id,
            attack,
            mutated,
            forge,
            refused,
            broken,
        } = case;
        let (got, found) = match forge() {
            Forged::Tables(run) => (run.verify(), run.broken()),
            Forged::Changed(proof) => {
                let statement = HONEST.statement();
                (verify(&RELAY.key, &statement, &proof), BTreeSet::new())
            }
        };
        let got = said(&got);
        let expected: BTreeSet<String> = broken.iter().map(|name| (*name).into()).collect();
        if got != refused || found != expected {
            wrong.push(format!("{id} {attack}: {got}, found {found:?}"));
        }
        let found = found.into_iter().collect::<Vec<_>>().join(", ");
        println!("| {id} | {attack} | {mutated} | {got}: {found} |");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The proofs that a wrong prover's tools make of the honest run, and of other true runs, verify.
#[test]
fn controls_of_shards_verify() {
    let honest = &*HONEST;
    let pcs: Vec<u32> = honest
        .shards
        .iter()
        .map(|(shard, _)| shard.start.pc)
        .collect();
    let round = RELAY.mark("round");
    assert_eq!(pcs[R1..], [round, round, round, round + 4 * ROUND as u32]);
    assert_eq!(honest.works().len(), ZEROED + 1);
    assert_eq!(
        said(&verify(&RELAY.key, &honest.statement(), &PROOF)),
        "nothing"
    );

    // Executing, numbering and counting once more changes nothing.
    let mut same = honest.clone();
    same.renumber().follow(0).go_on(0);
    assert!(same.shards == honest.shards);
    let mut settled = run(honest);
    settled.settle().recount();
    assert!(said(&settled.verify()) == "nothing" && settled.broken().is_empty());

    let holds = |run: Run<'_>| {
        assert_eq!(
            (said(&run.verify()), run.broken()),
            ("nothing".into(), BTreeSet::new())
        );
    };
    // Another input; an exit in the second round; all zeroed words in one part.
    holds(run(&sharded(&[1, 2, 3])));
    holds(run(&sharded(&[5, 0])));
    let mut whole = honest.clone();
    whole.chunk = 10;
    holds(run(&whole));
    // Everything but four shards in the last of them.
    let mut works = whole.works();
    let closing = works.pop().expect("a part that closes the run");
    works[LAST].program = closing.program;
    works[LAST].zeroed = closing.zeroed;
    holds(run_of(&whole, &works));
    // A shard need not hold a register that it does not access: it passes from its owner to the next.
    let mut passed = run(honest);
    passed.release(R2, cases::UNUSED);
    passed.hold(R3, cases::UNUSED, &[("owner", R1 as i64 + 1)]);
    holds({
        passed.recount();
        passed
    });
}
