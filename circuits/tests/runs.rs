//! Whole runs: the emulator's records fill tables that hold and balance, and no cell of them can be
//! changed.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Run, programs, run};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    bus::Bus,
    checker::{Failure, check, visit},
    evaluate::Listener,
    machine::{Statement, Table, TableAir, airs, height},
};

fn input() -> Vec<u8> {
    (0..4500_u32).map(|i| ((i * i) >> 3) as u8).collect()
}

fn runs() -> Vec<(&'static str, Run)> {
    vec![
        ("nothing", run(&programs::nothing(), &[])),
        ("arithmetic", run(&programs::arithmetic(), &[])),
        ("jumps", run(&programs::jumps(), &[])),
        ("memory", run(&programs::memory(), &[])),
        ("echo", run(&programs::echo(), &input())),
        ("echo of nothing", run(&programs::echo(), &[])),
    ]
}

#[track_caller]
fn assert_holds(name: &str, run: &Run) {
    let failures = check(&run.airs, &run.traces, 5);
    let list: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{name}: {list:#?}");
}

#[test]
fn runs_hold() {
    for (name, run) in runs() {
        assert_holds(name, &run);
    }
}

#[test]
fn tables_have_the_heights_of_their_records() {
    let run = run(&programs::jumps(), &[]);
    for (air, trace) in run.airs.iter().zip(&run.traces) {
        assert_eq!(trace.width(), air.table.width());
        assert_eq!(trace.height(), height(trace.height()));
        if let Some(fixed) = &air.fixed {
            assert_eq!(fixed.height(), trace.height(), "{}", air.table.name());
        }
    }
    let state = |table: Table| run.traces[table as usize].height();
    assert_eq!(state(Table::Multiply), 16);
    assert_eq!(state(Table::Program), height(run.image.text.len()));
    assert!(run.cycles > 300);
}

/// What the tables of `run` say of another statement.
fn failures_for(run: &Run, statement: &Statement) -> Vec<Failure> {
    let airs = airs(&run.image, statement, true);
    let heights_agree = airs.iter().zip(&run.traces).all(|(air, trace)| {
        let period = air.periodic.first().map_or(trace.height(), Vec::len);
        period == trace.height()
    });
    assert!(heights_agree, "a test must keep the statement's height");
    check(&airs, &run.traces, 5)
}

#[test]
fn another_statement_does_not_hold() {
    let run = run(&programs::echo(), &input());
    assert_eq!(failures_for(&run, &run.statement), []);
    let other = |change: &dyn Fn(&mut Statement)| {
        let mut statement = run.statement.clone();
        change(&mut statement);
        failures_for(&run, &statement)
    };
    assert_ne!(other(&|s| s.exit_code ^= 1 << 31), []);
    assert_ne!(other(&|s| s.output[100] ^= 1), []);
    assert_ne!(other(&|s| s.output.swap(100, 101)), []);
    assert_ne!(other(&|s| s.output.push(0)), []);
    assert_ne!(other(&|s| s.output.truncate(s.output.len() - 1)), []);
}

/// All that one row says, and whether its constraints hold.
#[derive(Default)]
struct Said {
    broken: bool,
    messages: BTreeMap<(Bus, Vec<u32>), F>,
}

impl Listener for &mut Said {
    fn constraint(&mut self, value: F) {
        self.broken |= value != F::ZERO;
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        let fields = fields.iter().map(PrimeField32::as_canonical_u32).collect();
        *self.messages.entry((bus, fields)).or_default() += count;
    }
}

fn say(air: &TableAir, trace: &RowMajorMatrix<F>, row: usize) -> Said {
    let mut said = Said::default();
    visit(air, trace, row, &mut said);
    said.messages.retain(|_, count| *count != F::ZERO);
    said
}

/// Columns of which some cell, on a row that says something, can be changed without breaking a
/// constraint or what the buses carry.
///
/// The tables balance before the change. After it they balance only if the row says the same.
fn survivors(run: &Run, table: Table) -> BTreeSet<String> {
    let (air, trace) = (&run.airs[table as usize], &run.traces[table as usize]);
    let names = table.column_names();
    let mut survivors = BTreeSet::new();
    let step = trace.height().div_ceil(2000);
    for row in (0..trace.height()).step_by(step) {
        let honest = say(air, trace, row);
        assert!(!honest.broken);
        if honest.messages.is_empty() {
            continue;
        }
        let mut changed =
            RowMajorMatrix::new(trace.row_slice(row).unwrap().to_vec(), trace.width());
        let alone = alone(air, row);
        for (column, name) in names.iter().enumerate() {
            let value = changed.values[column];
            for delta in [
                F::ONE,
                -F::ONE,
                F::from_u32(1 << 16),
                F::from_u32(0x0123_4567),
            ] {
                changed.values[column] = value + delta;
                let said = say(&alone, &changed, 0);
                let same = !said.broken && said.messages == honest.messages;
                if same && !is_unread(&names, &trace.row_slice(row).unwrap(), column) {
                    survivors.insert(name.clone());
                }
            }
            changed.values[column] = value;
        }
    }
    survivors
}

/// A table of which only `row` is left.
fn alone(air: &TableAir, row: usize) -> TableAir {
    let fixed = air.fixed.as_ref().map(|fixed| {
        let cells = fixed.row_slice(row).unwrap().to_vec();
        RowMajorMatrix::new(cells, fixed.width()).into()
    });
    TableAir {
        table: air.table,
        fixed,
        periodic: air
            .periodic
            .iter()
            .map(|column| vec![column[row]])
            .collect(),
        public: air.public.clone(),
    }
}

/// A cell of a row in use that may have any value: where rd is x0 it is not accessed, so what it
/// held before is not read. Loads and stores access rd or rs2 as their `operand`.
fn is_unread(names: &[String], row: &[F], column: usize) -> bool {
    let is_set = |flag: &str| {
        let at = names
            .iter()
            .position(|name| name.split('.').next_back() == Some(flag));
        at.is_some_and(|at| row[at] == F::ONE)
    };
    let flags = ["writes_rd", "is_store", "is_sw", "is_sh"];
    let before = names[column]
        .split('.')
        .any(|part| part == "old" || part == "operand");
    before && !flags.into_iter().any(is_set)
}

#[test]
fn every_cell_counts() {
    let runs = runs();
    for table in Table::ALL {
        let used = |run: &&(_, Run)| {
            let trace = &run.1.traces[table as usize];
            trace.values.iter().any(|cell| *cell != F::ZERO)
        };
        assert!(
            runs.iter().any(|run| used(&run)),
            "{} is not used",
            table.name()
        );
        let survivors: BTreeSet<String> = runs
            .iter()
            .flat_map(|(_, run)| survivors(run, table))
            .collect();
        assert_eq!(survivors, BTreeSet::new(), "{}", table.name());
    }
}

#[test]
fn the_checker_notices_a_changed_cell_of_every_column() {
    let mut run = run(&programs::nothing(), &[]);
    for table in Table::ALL {
        let row = (0..run.traces[table as usize].height()).find(|row| {
            let said = say(&run.airs[table as usize], &run.traces[table as usize], *row);
            !said.messages.is_empty()
        });
        let Some(row) = row else { continue };
        for column in 0..table.width() {
            let index = row * table.width() + column;
            run.traces[table as usize].values[index] += F::ONE;
            let failures = check(&run.airs, &run.traces, 1);
            let name = &table.column_names()[column];
            assert!(!failures.is_empty(), "{table:?} {name}");
            run.traces[table as usize].values[index] -= F::ONE;
        }
    }
    assert_holds("nothing", &run);
}
