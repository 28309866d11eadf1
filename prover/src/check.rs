//! Checking a run's tables without proving them.

use zonda_circuits::{
    F,
    checker::{Failure, RunChecker},
    fixed::FixedRows,
    machine::{Image, Statement, Table, airs},
    witness::TableTrace,
};
use zonda_riscv_emu::{
    allocate::{self, OutOfMemory},
    execute::Host,
    program::Program,
};

use crate::{
    budget::Run,
    engine::Engine,
    error::ProveError,
    job::Job,
    pipeline::{Options, in_pool},
    setup::Setup,
    stage::Stage,
    witness,
};

/// Runs a program, fills every table of every part, and checks every constraint and bus without
/// proving: returns the run and up to `most` failures. A failure means that zonda itself is at fault.
///
/// # Errors
/// If the guest has no run that could be proved, or memory is refused: every message of the run is
/// kept.
pub fn check(
    engine: &Engine,
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
    most: usize,
) -> Result<(Statement, u64, Vec<Failure>), ProveError> {
    in_pool(options, || {
        let mut job = Job::new(options.observer, options.cancel.clone());
        let setup = job.run(Stage::Key, |_| Setup::new(engine, program, options.preset))??;
        let run = Run::new(engine, &setup, input, options);
        let mut plan = options.budget.plan(run, host, &mut job)?;
        let mut checker = RunChecker::new(most);
        let mut tasks = plan.tasks(&setup, input)?;
        while let Some(task) = job.run(Stage::Execute, |_| tasks.next())?? {
            let work = &task.work;
            let filled = job.run(Stage::Witness, |cancel| {
                witness::fill(&setup, work, |count| allocate::filled(0, count), cancel)
            })??;
            let filled: Vec<_> = filled.into_iter().map(TableTrace::from).collect();
            expect_fixed(&setup.image)?;
            let airs = airs(&setup.image, &work.stated()?, true);
            let instances = filled.iter();
            checker.part(instances.map(|filled| (&airs[filled.table as usize], &filled.trace)))?;
        }
        drop(tasks);
        let cycles = plan.instructions.iter().sum();
        Ok((plan.statement, cycles, checker.finish()))
    })?
}

/// Whether there is memory for all preprocessed columns of a part, which are made without asking.
fn expect_fixed(image: &Image) -> Result<(), OutOfMemory> {
    let rows = Table::ALL.map(|table| FixedRows::new(table, image));
    let cells = rows
        .iter()
        .flatten()
        .map(|rows| rows.height() * rows.width());
    allocate::expect(size_of::<F>() * cells.sum::<usize>())
}
