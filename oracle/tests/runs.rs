//! Runs are proved, and what is wrong is refused.

#[path = "../../circuits/tests/common/mod.rs"]
mod common;

use common::programs;
use p3_field::PrimeCharacteristicRing;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    machine::{Table, TableAir},
};
use zonda_oracle::{OracleError, Proof, QUICK, prove, verify};

const SEED: &[u8] = b"test";

/// All tables, filled.
struct Run {
    airs: Vec<TableAir>,
    traces: Vec<RowMajorMatrix<F>>,
}

fn run(elf: &[u8], input: &[u8]) -> Run {
    let run = common::run(elf, input);
    let (airs, traces) = run
        .pairs()
        .map(|(air, trace)| (air.clone(), trace.clone()))
        .unzip();
    Run { airs, traces }
}

impl Run {
    fn of(&mut self, table: Table) -> &mut RowMajorMatrix<F> {
        &mut self.traces[table as usize]
    }

    fn proof(&self) -> Result<Proof, OracleError> {
        prove(&QUICK, &self.airs, self.traces.clone(), SEED.to_vec())
    }

    fn heights(&self) -> Vec<usize> {
        self.traces.iter().map(Matrix::height).collect()
    }
}

fn check(run: &Run, proof: &Proof, seed: &[u8]) -> Result<(), OracleError> {
    verify(&QUICK, &run.airs, &run.heights(), proof, seed.to_vec())
}

/// Asserts that tables that do not hold have no proof.
#[track_caller]
fn assert_refused(run: &Run) {
    let proof = run.proof().expect("a proof, though wrong");
    let error = check(run, &proof, SEED);
    assert!(matches!(error, Err(OracleError::Verify(_))), "{error:?}");
}

#[test]
fn a_run_is_proved_and_a_changed_cell_is_refused() {
    let mut run = run(&programs::nothing(), &[]);
    let honest = run.proof().expect("a proof");
    assert_eq!(check(&run, &honest, SEED), Ok(()));
    assert!(check(&run, &honest, b"another").is_err());

    run.of(Table::AddImmediate).values[0] += F::ONE;
    assert_refused(&run);
}

#[test]
fn output_is_stated() {
    let mut run = run(&programs::echo(), b"seventeen letters");
    let honest = run.proof().expect("a proof");
    assert_eq!(check(&run, &honest, SEED), Ok(()));

    // Another byte, in the statement and in its table.
    let statement = &mut run.airs[Table::Statement as usize];
    statement.periodic[3][5] += F::ONE;
    assert!(check(&run, &honest, SEED).is_err());
    run.of(Table::Statement).values[5 * Table::Statement.trace_width() + 3] += F::ONE;
    assert_refused(&run);
}

#[test]
fn heights_are_any_and_those_of_the_tables() {
    let mut run = run(&programs::nothing(), &[]);
    let honest = run.proof().expect("a proof");
    let heights = run.heights();
    // Nothing multiplies; and tables are filled up.
    assert_eq!(heights[Table::Multiply as usize], 0);
    assert!(!heights[Table::Instructions as usize].is_power_of_two());

    let other = |table: Table, rows: usize| {
        let mut heights = heights.clone();
        heights[table as usize] = rows;
        verify(&QUICK, &run.airs, &heights, &honest, SEED.to_vec())
    };
    // As high when it is filled up, but other rows are the table's.
    let error = other(Table::AddImmediate, 16);
    assert!(matches!(error, Err(OracleError::Verify(_))), "{error:?}");
    for (table, rows) in [(Table::AddImmediate, 17), (Table::Multiply, 1)] {
        let error = other(table, rows);
        assert!(
            matches!(error, Err(OracleError::Heights { .. })),
            "{error:?}"
        );
    }
    let expected = heights[Table::Program as usize];
    let error = OracleError::Rows {
        table: "program",
        expected,
        got: expected - 1,
    };
    assert_eq!(other(Table::Program, expected - 1), Err(error.clone()));
    run.of(Table::Program).values.pop();
    assert_eq!(run.proof().err(), Some(error));
}

#[test]
fn an_instruction_that_the_program_does_not_count_is_refused() {
    let mut run = run(&programs::nothing(), &[]);
    let width = Table::Instructions.trace_width();
    let instructions = run.of(Table::Instructions);
    let mut again = instructions.values[..width].to_vec();
    again[width - 1] = F::ZERO;
    instructions.values.extend(again);
    assert_refused(&run);
    // Counted, a second row does no harm.
    run.of(Table::Program).values[0] += F::ONE;
    let proof = run.proof().expect("a proof");
    assert_eq!(check(&run, &proof, SEED), Ok(()));
}
