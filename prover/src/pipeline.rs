//! The pipeline: plan the run, then prove part after part.

use std::{io::Write, path::Path};

use zonda_circuits::machine::Statement;
use zonda_riscv_emu::{
    allocate,
    error::ExecuteError,
    execute::{self, Discard, Host, execute_metered},
    meter::Meter,
    program::Program,
    shard::Sharder,
};
use zonda_verifier::{Header, Preset, Proof};

use crate::{
    budget::{Budget, Run},
    cancel::Cancel,
    directory::{Directory, DirectoryError},
    engine::Engine,
    error::ProveError,
    estimate,
    job::{Job, Observer},
    part::{ShardWork, Work},
    plan::Plan,
    report::Report,
    setup::Setup,
    stage::Stage,
    task::{self, Task},
};

/// How to execute and prove.
#[derive(Clone, Default)]
pub struct Options<'a> {
    /// The most instructions to execute.
    pub max_cycles: Option<u64>,
    /// Threads to prove with, at most [`MAX_THREADS`]; `None` for as many as the machine has.
    pub threads: Option<usize>,
    /// How sure the proof is.
    pub preset: Preset,
    /// How much memory to take, and so how long shards are.
    pub budget: Budget,
    /// Is called as each stage begins.
    pub observer: Option<&'a dyn Observer>,
    /// Stops the work.
    pub cancel: Cancel,
    /// Where finished parts are kept, so that a proof that was interrupted goes on where it was.
    pub directory: Option<&'a Path>,
}

/// A run, not proved.
#[derive(Clone, Debug)]
pub struct Execution {
    /// The argument of `exit`.
    pub exit_code: u32,
    /// The public output.
    pub output: Vec<u8>,
    /// Executed instructions.
    pub cycles: u64,
    /// Counts by family, and others.
    pub meter: Meter,
}

/// A run, proved.
#[derive(Debug)]
pub struct Proved {
    /// The proof.
    pub proof: Proof,
    /// The public output.
    pub output: Vec<u8>,
    /// The argument of `exit`.
    pub exit_code: u32,
    /// The proof's cost and security.
    pub report: Report,
}

/// Runs a program without proving anything, and counts.
///
/// # Errors
/// If the guest traps or goes past a limit.
pub fn execute(
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
) -> Result<Execution, ExecuteError> {
    let limits = execute::Options {
        max_cycles: options.max_cycles,
        ..Default::default()
    };
    let (outcome, meter) = execute_metered(program, input, &limits, host)?;
    Ok(Execution {
        exit_code: outcome.exit_code,
        output: outcome.output,
        cycles: outcome.cycles,
        meter,
    })
}

/// Runs a program and proves the run.
///
/// # Errors
/// If the guest has no run that could be proved, or the machine cannot prove it.
pub fn prove(
    engine: &Engine,
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
) -> Result<Proved, ProveError> {
    let mut proof = Proof::default();
    let sink = &mut |piece: Piece<'_>| {
        match piece {
            Piece::Header(header) => proof.header = header.clone(),
            Piece::Part(bytes) => proof.parts.push(allocate::copied(bytes)?),
        }
        Ok(())
    };
    let (statement, report) = prove_into(engine, program, input, options, host, sink)?;
    Ok(Proved {
        proof,
        output: statement.output,
        exit_code: statement.exit_code,
        report,
    })
}

/// [`prove`], but writes each part of the proof as soon as it is finished: at most one part is in
/// memory.
///
/// # Errors
/// As [`prove`]; or if the proof cannot be written.
pub fn prove_to(
    engine: &Engine,
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
    writer: &mut (dyn Write + Send),
) -> Result<(Statement, Report), ProveError> {
    let mut write = |bytes: &[u8]| Ok::<_, ProveError>(writer.write_all(bytes)?);
    let sink = &mut |piece: Piece<'_>| match piece {
        Piece::Header(header) => write(&header.to_bytes()),
        Piece::Part(bytes) => {
            write(&(bytes.len() as u32).to_le_bytes())?;
            write(bytes)
        }
    };
    prove_into(engine, program, input, options, host, sink)
}

/// Executes a run and plans its proof, for whoever proves its parts elsewhere: with
/// [`prove_task`](crate::prove_task), in any order.
///
/// # Errors
/// As [`prove`].
pub fn plan(
    engine: &Engine,
    setup: &Setup<'_>,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
) -> Result<Plan, ProveError> {
    in_pool(options, || {
        let mut job = Job::new(options.observer, options.cancel.clone());
        let run = Run::new(engine, setup, input, options);
        options.budget.plan(run, host, &mut job)
    })?
}

/// A piece of a proof: its header first, then its parts, in order.
enum Piece<'a> {
    Header(&'a Header),
    Part(&'a [u8]),
}

fn prove_into(
    engine: &Engine,
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
    sink: &mut (dyn FnMut(Piece<'_>) -> Result<(), ProveError> + Send),
) -> Result<(Statement, Report), ProveError> {
    in_pool(options, || {
        let mut job = Job::new(options.observer, options.cancel.clone());
        let mut setup = job.run(Stage::Key, |_| Setup::new(engine, program, options.preset))??;
        let run = Run::new(engine, &setup, input, options);
        let mut plan = options.budget.plan(run, host, &mut job)?;
        let directory = options.directory.map(|path| plan.open(path)).transpose()?;
        sink(Piece::Header(&plan.header))?;
        if plan.header.parts.len() > 1 {
            setup.forget_fixed();
        }
        job.plan(plan.costs.clone());
        let mut part_bytes = Vec::new();
        let mut finished_before = 0;
        let mut boundary = plan.boundary.take();
        let mut tasks = plan.tasks(&setup, input)?;
        while let Some(task) = job.run(Stage::Execute, |_| tasks.next())?? {
            let index = task.index;
            let finished = directory.as_ref().map(|directory| directory.load(index));
            let bytes = match finished.transpose()?.flatten() {
                Some(bytes) => {
                    job.skip_part();
                    finished_before += 1;
                    bytes
                }
                None => {
                    job.begin_part();
                    let bytes = task::prove(engine, &setup, &task, boundary.take(), &mut job)?;
                    job.end_part();
                    if let Some(directory) = &directory {
                        directory.store(index, &bytes)?;
                    }
                    bytes
                }
            };
            sink(Piece::Part(&bytes))?;
            part_bytes.push(bytes.len() as u64);
        }
        drop(tasks);
        let estimate = estimate::process(&setup, input) + plan.reserve + plan.part_peak;
        let mut report = Report::new(
            &setup,
            &plan,
            &job,
            part_bytes,
            estimate,
            options.budget.bytes,
        );
        report.finished_before = finished_before;
        Ok((plan.statement, report))
    })?
}

/// The tasks of a run, in order: those that execute are kept from the first pass, or found by
/// executing the run once more.
pub struct Tasks<'a> {
    plan: &'a Plan,
    setup: &'a Setup<'a>,
    executing: Executing<'a>,
    closing: std::vec::IntoIter<Work>,
    index: u32,
}

enum Executing<'a> {
    Kept(std::vec::IntoIter<Work>),
    Again(Box<Sharder<'a>>),
}

impl Plan {
    /// Makes a directory the work directory of the run, unless it is that already: keeps the header
    /// there, and checks the parts that are there already. [`prove`] then takes these for finished.
    ///
    /// # Errors
    /// If the directory cannot be used, or is of another run.
    pub fn prepare(&self, directory: &Path) -> Result<(), DirectoryError> {
        self.open(directory).map(drop)
    }

    fn open(&self, directory: &Path) -> Result<Directory, DirectoryError> {
        let parts = self.header.parts.len() as u32;
        Directory::open(directory, self.global, &self.header.to_bytes(), parts)
    }

    /// The tasks of the run. They can be had once.
    ///
    /// # Errors
    /// If the run cannot be executed a second time.
    pub fn tasks<'a>(
        &'a mut self,
        setup: &'a Setup<'_>,
        input: &'a [u8],
    ) -> Result<Tasks<'a>, ProveError> {
        let closing = std::mem::take(&mut self.closing).into_iter();
        let executing = match self.kept.take() {
            Some(kept) => Executing::Kept(kept.into_iter()),
            None => {
                let (limits, cut) = (&self.cutting.limits, self.cutting.cut);
                let sharder = Sharder::new(setup.program, input, limits, cut)?;
                Executing::Again(Box::new(sharder))
            }
        };
        Ok(Tasks {
            plan: self,
            setup,
            executing,
            closing,
            index: 0,
        })
    }
}

impl Tasks<'_> {
    /// The next task, if there is one.
    ///
    /// # Errors
    /// If the run cannot be executed a second time.
    #[allow(
        clippy::should_implement_trait,
        reason = "an iterator would say its errors last"
    )]
    pub fn next(&mut self) -> Result<Option<Task>, ProveError> {
        let work = match &mut self.executing {
            Executing::Kept(kept) => kept.next(),
            Executing::Again(sharder) => {
                let shard = sharder.next(&mut Discard)?;
                shard.map(|shard| Work {
                    shard: Some(ShardWork::from(shard)),
                    ..Work::default()
                })
            }
        };
        let Some(work) = work.or_else(|| self.closing.next()) else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        let key = &self.setup.key;
        let header = self.plan.header.parts.get(index as usize);
        Ok(Some(Task {
            program_id: *key.program_id(),
            key_digest: key.digest(),
            index,
            header: header.cloned().unwrap_or_default(),
            global: self.plan.global,
            work,
        }))
    }
}

/// About what a thread takes at first: its stack, and what the system needs to start it.
const THREAD_BYTES: usize = (2 << 20) + (128 << 10);

/// The most threads that can be asked for: more are a mistake, and would take minutes to start.
pub const MAX_THREADS: usize = 1024;

pub(crate) fn in_pool<R: Send>(
    options: &Options<'_>,
    work: impl FnOnce() -> R + Send,
) -> Result<R, ProveError> {
    let threads = options.threads.unwrap_or(0);
    if threads > MAX_THREADS {
        return Err(ProveError::TooManyThreads { threads });
    }
    // A thread that gets a stack and nothing else ends the process.
    let most = match threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    allocate::expect(most * THREAD_BYTES)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| ProveError::Threads {
            threads,
            reason: error.to_string(),
        })?;
    Ok(pool.install(work))
}
