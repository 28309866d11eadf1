//! Proving a run on several machines: the tasks of its parts, and the proof of one of them.

use zonda_circuits::machine::Statement;
use zonda_riscv_emu::{execute::Host, program::Program};
use zonda_verifier::Header;

use crate::{
    directory,
    engine::Engine,
    error::ProveError,
    job::Job,
    pipeline::{Options, in_pool},
    setup::Setup,
    stage::Stage,
    task::{self, Task, TaskError},
};

/// A run that was planned: its proof is this header, and the proofs of all tasks, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Planned {
    /// What the proof will state.
    pub statement: Statement,
    /// The proof's header.
    pub header: Header,
    /// Executed instructions.
    pub cycles: u64,
}

/// Runs a program, cuts the run into parts, and hands out their tasks, in order. With a work
/// directory, the proof's header is kept there, so that it waits for the proofs of the tasks.
///
/// # Errors
/// If the guest has no run that could be proved, or the work directory cannot be used; and what
/// `each` returns.
pub fn plan(
    engine: &Engine,
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
    each: &mut (dyn FnMut(Task) -> Result<(), ProveError> + Send),
) -> Result<Planned, ProveError> {
    in_pool(options, || {
        let mut job = Job::new(options.observer, options.cancel.clone());
        let setup = job.run(Stage::Key, |_| Setup::new(engine, program, options.preset))?;
        let budget = &options.budget;
        let mut plan = budget.plan(engine, &setup, input, options, host, &mut job)?;
        let _locked = plan.directory(options)?;
        let mut tasks = plan.tasks(&setup, input)?;
        while let Some(task) = job.run(Stage::Execute, |_| tasks.next())?? {
            each(task)?;
        }
        drop(tasks);
        Ok(Planned {
            cycles: plan.instructions.iter().sum(),
            statement: plan.statement,
            header: plan.header,
        })
    })?
}

/// Proves a task of a run of a program. Returns the part's bytes, as they stand in the proof.
///
/// # Errors
/// If the task is not one of this program, or not what the program does; or if the machine cannot
/// prove it.
pub fn prove_task(
    engine: &Engine,
    program: &Program,
    task: &Task,
    options: &Options<'_>,
) -> Result<Vec<u8>, ProveError> {
    in_pool(options, || {
        let mut job = Job::new(options.observer, options.cancel.clone());
        if task.program_id != program.id() {
            return Err(TaskError::Program.into());
        }
        let setup = job.run(Stage::Key, |_| {
            Setup::with_digest(engine, program, &task.key_digest)
        })?;
        let setup = setup.ok_or(TaskError::Key)?;
        // How long it takes is told of this part alone.
        job.plan(vec![1]);
        job.begin_part(0);
        task::prove(engine, &setup, task, None, &mut job)
    })?
}

impl Task {
    /// The name of the part's files in a work directory, without extension: `.task` is usual for the
    /// task, and `.part` is where the part is looked for.
    pub fn file_name(&self) -> String {
        directory::name(&self.global.0, self.index)
    }

    /// The content of the part's file in a work directory, from the part's bytes.
    pub fn part_file(&self, bytes: &[u8]) -> Vec<u8> {
        directory::content(&self.global.0, self.index, bytes)
    }
}
