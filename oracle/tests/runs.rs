//! Runs are proved, and what is wrong is refused.

#[path = "../../circuits/tests/common/mod.rs"]
mod common;

use common::programs;
use p3_field::PrimeCharacteristicRing;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    instances::single,
    machine::{Table, TableAir},
};
use zonda_oracle::{OracleError, Proof, QUICK, prove, verify};

const SEED: &[u8] = b"test";

/// One instance of every table, filled.
struct Run {
    airs: Vec<TableAir>,
    traces: Vec<RowMajorMatrix<F>>,
}

fn run(elf: &[u8]) -> Run {
    let run = common::run(elf, &[], single);
    let (airs, traces) = run
        .pairs()
        .map(|(air, trace)| (air.clone(), trace.clone()))
        .unzip();
    Run { airs, traces }
}

fn proof(run: &Run) -> Proof {
    prove(&QUICK, &run.airs, &run.traces, SEED.to_vec()).expect("a proof, right or wrong")
}

fn check(run: &Run, proof: &Proof, seed: &[u8]) -> Result<(), OracleError> {
    let height = |trace: &RowMajorMatrix<F>| trace.height().ilog2() as usize;
    let heights: Vec<_> = run.traces.iter().map(height).collect();
    verify(&QUICK, &run.airs, &heights, proof, seed.to_vec())
}

fn index(run: &Run, table: Table) -> usize {
    let at = run.airs.iter().position(|air| air.table == table);
    at.expect("the run has the table")
}

#[test]
fn a_run_is_proved_and_a_changed_cell_is_refused() {
    let mut run = run(&programs::nothing());
    let honest = proof(&run);
    assert_eq!(check(&run, &honest, SEED), Ok(()));
    assert!(check(&run, &honest, b"another").is_err());

    let at = index(&run, Table::AddImmediate);
    run.traces[at].values[0] += F::ONE;
    let error = check(&run, &proof(&run), SEED);
    assert!(matches!(error, Err(OracleError::Verify(_))), "{error:?}");
}

#[test]
fn a_table_is_there_several_times_or_not_at_all() {
    let mut run = run(&programs::nothing());
    // Nothing multiplies: rows of zeros emit no message.
    let unused = index(&run, Table::Multiply);
    run.airs.remove(unused);
    run.traces.remove(unused);
    // Once more, of another height, with nothing in it.
    let twice = index(&run, Table::AddImmediate);
    let width = run.airs[twice].table.trace_width();
    run.airs.insert(twice + 1, run.airs[twice].clone());
    let empty = RowMajorMatrix::new(F::zero_vec(32 * width), width);
    run.traces.insert(twice + 1, empty);

    let honest = proof(&run);
    assert_eq!(check(&run, &honest, SEED), Ok(()));
    run.airs.swap(unused, twice + 2);
    assert!(check(&run, &honest, SEED).is_err());
}
