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
    machine::{End, Execution, Part, Table, TableAir, ZeroedRange, airs, matrix},
    system::statement,
};

fn input() -> Vec<u8> {
    (0..4500_u32).map(|i| ((i * i) >> 3) as u8).collect()
}

/// Every program.
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
    let failures = check(run.pairs(), 5);
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
fn tables_have_a_row_for_each_record() {
    let run = run(&programs::jumps(), &[]);
    let tables: Vec<Table> = run.traces.iter().map(|table| table.table).collect();
    assert_eq!(tables, Table::ALL);
    for (air, trace) in run.pairs() {
        assert_eq!(trace.width(), air.table.trace_width());
        if let Some(fixed) = &air.fixed {
            assert_eq!(fixed.height(), trace.height(), "{}", air.table.name());
        }
    }
    let height = |table: Table| run.of(table).height();
    assert_eq!(height(Table::Multiply), 0);
    assert_eq!(height(Table::Program), run.image.text.len());
    assert_eq!(height(Table::PowersOfTwo), 8);
    assert_eq!(height(Table::Statement), run.statement.output.len().max(1));
    let families = Table::ALL
        .into_iter()
        .filter(|table| *table <= Table::Ecall);
    assert_eq!(families.map(height).sum::<usize>() as u64, run.cycles);
    assert!(run.cycles > 300);
}

/// No row fills a table up: but for rows of the program, of memory and of lookup tables that the run
/// does not use, each emits a message.
#[test]
fn each_row_says_something() {
    for (name, run) in runs() {
        for (air, trace) in run.pairs().filter(|(air, _)| air.fixed.is_none()) {
            let silent = |row: &usize| evaluate(air, trace, *row).messages.is_empty();
            let found = (0..trace.height()).find(silent);
            assert_eq!(found, None, "{name}: {}", air.table.name());
        }
    }
}

/// The failures of `run`'s tables as those of another part, whose statement has its own table.
fn failures_for(run: &Run, part: &Part) -> Vec<Failure> {
    let airs = airs(&run.image, part, true);
    let execution = part.execution.as_ref().expect("a shard");
    let stated = matrix(statement::all(execution).expect("memory"));
    let trace = |air: &TableAir| match air.table {
        Table::Statement => stated.clone(),
        table => run.of(table).clone(),
    };
    let traces: Vec<RowMajorMatrix<F>> = airs.iter().map(trace).collect();
    check(airs.iter().zip(&traces), 5)
}

#[test]
fn another_statement_does_not_hold() {
    let run = run(&programs::echo(), &input());
    assert_eq!(failures_for(&run, &run.part), []);
    let other = |change: &dyn Fn(&mut Execution)| {
        let mut part = run.part.clone();
        change(part.execution.as_mut().unwrap());
        failures_for(&run, &part)
    };
    let exit_code = run.statement.exit_code;
    let exit = |code| End::Exit { code };
    assert_eq!(other(&|s| s.end = exit(exit_code)), []);
    assert_ne!(other(&|s| s.end = exit(exit_code ^ 1 << 31)), []);
    let cycles = run.cycles as u32;
    assert_ne!(other(&|s| s.end = End::Next { pc: s.pc, cycles }), []);
    assert_ne!(other(&|s| s.pc += 4), []);
    assert_ne!(other(&|s| s.position += 1), []);
    assert_ne!(other(&|s| s.output_start += 1), []);
    assert_ne!(other(&|s| s.output[100] ^= 1), []);
    assert_ne!(other(&|s| s.output.swap(100, 101)), []);
    assert_ne!(other(&|s| s.output.push(0)), []);
    assert_ne!(other(&|s| s.output.truncate(s.output.len() - 1)), []);

    let other = |change: &dyn Fn(&mut ZeroedRange)| {
        let mut part = run.part.clone();
        change(part.zeroed.as_mut().unwrap());
        failures_for(&run, &part)
    };
    assert_ne!(other(&|range| range.from = [1, 0]), []);
    assert_ne!(other(&|range| range.to[0] += 1), []);
    assert_ne!(other(&|range| range.to[1] += 1), []);
}

/// The messages of one row, and whether its constraints hold.
#[derive(Default)]
struct Evaluation {
    broken: bool,
    messages: BTreeMap<(Bus, Vec<u32>), F>,
}

impl Listener for &mut Evaluation {
    fn constraint(&mut self, value: F) {
        self.broken |= value != F::ZERO;
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        let fields = fields.iter().map(PrimeField32::as_canonical_u32).collect();
        *self.messages.entry((bus, fields)).or_default() += count;
    }
}

fn evaluate(air: &TableAir, trace: &RowMajorMatrix<F>, row: usize) -> Evaluation {
    let mut evaluation = Evaluation::default();
    visit(air, trace, row, &mut evaluation);
    evaluation.messages.retain(|_, count| *count != F::ZERO);
    evaluation
}

/// Columns of which some cell, on a row that emits a message, can be changed without breaking a
/// constraint or what the buses carry.
///
/// The tables balance before the change. After it they balance only if the row emits the same messages.
fn survivors(run: &Run, table: Table) -> BTreeSet<String> {
    let (air, trace) = (&run.airs[table as usize], run.of(table));
    let names = air.table.column_names();
    let mut survivors = BTreeSet::new();
    let step = trace.height().div_ceil(2000).max(1);
    for row in (0..trace.height()).step_by(step) {
        let honest = evaluate(air, trace, row);
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
                let evaluation = evaluate(&alone, &changed, 0);
                let same = !evaluation.broken && evaluation.messages == honest.messages;
                if same {
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

#[test]
fn every_cell_counts() {
    let runs = runs();
    for table in Table::ALL {
        assert!(
            runs.iter().any(|(_, run)| run.of(table).height() > 0),
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
#[should_panic(expected = "height of table powers_of_two")]
fn the_checker_refuses_another_height() {
    let mut run = run(&programs::nothing(), &[]);
    run.traces[Table::PowersOfTwo as usize].trace.values.pop();
    check(run.pairs(), 1);
}

#[test]
fn the_checker_notices_a_changed_cell_of_every_column() {
    let mut run = run(&programs::nothing(), &[]);
    for index in 0..run.traces.len() {
        let (air, trace) = run.pairs().nth(index).unwrap();
        let table = air.table;
        let row = (0..trace.height()).find(|row| !evaluate(air, trace, *row).messages.is_empty());
        let Some(row) = row else { continue };
        for column in 0..table.trace_width() {
            let cell = row * table.trace_width() + column;
            run.traces[index].trace.values[cell] += F::ONE;
            let failures = check(run.pairs(), 1);
            let name = &table.column_names()[column];
            assert!(!failures.is_empty(), "{table:?} {name}");
            run.traces[index].trace.values[cell] -= F::ONE;
        }
    }
    assert_holds("nothing", &run);
}
