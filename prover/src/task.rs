//! The work of one part, complete in itself: another machine can prove the part from it.

use std::ops::Deref;

use zonda_circuits::{
    machine::Table,
    system::{
        boundary::Left,
        zeroed::{NotZeroed, Opening, openings},
    },
    tape::Plan,
    witness::Filled,
};
use zonda_kernels::AllocationError;
use zonda_riscv_emu::{allocate::OutOfMemory, shard::ReplayError};
use zonda_verifier::{
    Layout, Machine, PartHeader, Preset, QM31, Sextic, header::MAX_SHARDS, layout::MAIN,
    proof::Digest,
};

use crate::{
    directory,
    engine::{
        Engine, ProverChallenge,
        columns::{self, TableRows},
        part::{self, Committed},
    },
    error::ProveError,
    estimate,
    forecast::Cost,
    job::Job,
    part::{Work, ZeroedWork},
    pipeline::{Options, in_pool},
    plan::commit_boundary,
    setup::Setup,
    stage::Stage,
    witness,
};

mod codec;

pub use codec::TaskReadError;

/// The work of one part of a run.
///
/// With the program and its key it is enough to prove the part; nothing else of the run is needed. A
/// task may come from anyone: errors in it are found, at the latest by the verifier.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Task {
    /// The program's id.
    pub program_id: [u8; 32],
    /// The digest of the program's key, which decides all parameters.
    pub key_digest: [u8; 32],
    /// The number of the part in the proof.
    pub index: u32,
    /// The part's entry in the proof's header.
    pub header: PartHeader,
    /// Where the transcripts of all parts begin.
    pub global: Digest,
    /// The part's work.
    pub work: Work,
}

/// A task that cannot be one of a run of this program.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// It is of another program.
    #[error("the task belongs to another program")]
    Program,
    /// It is for another key: another preset, other parameters, or another version of zonda.
    #[error("the task is for another key: another preset or another version of zonda made it")]
    Key,
    /// It proves nothing.
    #[error("the task proves nothing")]
    Nothing,
    /// Its shard's position is impossible, or not the part's.
    #[error("the shard's position, {got}, is impossible or not the part's")]
    Position {
        /// The position.
        got: u32,
    },
    /// Replaying its shard gives something else.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The system refuses memory.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// Replaying its shard gives something else.
    #[error("replaying the shard gives another {what}")]
    Differs {
        /// What differs.
        what: &'static str,
    },
    /// Its header does not match its work.
    #[error("the task's header has another {what} than its work")]
    Header {
        /// What differs.
        what: &'static str,
    },
    /// A word that it opens as zeroed is none.
    #[error("the task's zeroed words are not those of a run of the program: {0}")]
    NotZeroed(#[from] NotZeroed),
    /// Its memory or its instructions are not in the one order of a task.
    #[error("the task's {what} are not in ascending order, or not of the program")]
    Order {
        /// The list that is out of order.
        what: &'static str,
    },
}

/// Proves a part of a run, which may have been planned on another machine. Returns its bytes, as they
/// stand in the proof. Of the options, threads, observer and cancellation play a part.
///
/// # Errors
/// If the task is not one of this program and key, or is not what the program does; or if the engine
/// fails, or the work is cancelled.
pub fn prove_task(
    engine: &Engine,
    setup: &Setup<'_>,
    task: &Task,
    options: &Options<'_>,
) -> Result<Vec<u8>, ProveError> {
    in_pool(options, || {
        let mut job = Job::new(options.observer, options.cancel.clone());
        // The estimate of the time left covers this part alone.
        job.plan(vec![Cost::of(&task.header.heights, setup.key.preset())]);
        job.begin_part();
        prove(engine, setup, task, None, &mut job)
    })?
}

/// Proves a part. Returns its bytes, as they stand in the proof.
///
/// `boundary` is the commitment to the part's boundary columns if it is at hand.
///
/// # Errors
/// If the task is not one of this program and key, or is not what the program does; or if the engine
/// fails, or the job is cancelled.
pub(crate) fn prove(
    engine: &Engine,
    setup: &Setup<'_>,
    task: &Task,
    boundary: Option<Committed>,
    job: &mut Job<'_>,
) -> Result<Vec<u8>, ProveError> {
    match setup.key.preset() {
        Preset::Standard => prove_over::<QM31>(engine, setup, task, boundary, job),
        Preset::High => prove_over::<Sextic>(engine, setup, task, boundary, job),
    }
}

fn prove_over<E: ProverChallenge>(
    engine: &Engine,
    setup: &Setup<'_>,
    task: &Task,
    boundary: Option<Committed>,
    job: &mut Job<'_>,
) -> Result<Vec<u8>, ProveError> {
    let heights = &task.header.heights;
    task.check(setup)?;
    let estimate = estimate::part(heights, setup.key.preset(), &task.work);
    engine.pool.set_limit(estimate.pool());
    let boundary = match boundary {
        Some(boundary) => boundary,
        None => job.run(Stage::Boundary, |cancel| {
            commit_boundary(engine, setup, &task.work, heights, cancel)
        })??,
    };
    if boundary.commitment.root() != task.header.boundary_root {
        let what = "boundary";
        return Err(TaskError::Header { what }.into());
    }
    let layout = Layout::new(heights);
    let main = job.run(Stage::Witness, |cancel| {
        let cells = |count| {
            let cells = engine.pool.take(count);
            cells.map_err(|AllocationError { bytes }| OutOfMemory { bytes })
        };
        let filled = witness::fill(setup, &task.work, cells, cancel)?;
        let rows: Vec<TableRows<'_>> = filled.iter().map(rows).collect();
        let sources = columns::sources(&rows, MAIN);
        Ok::<_, ProveError>(columns::committed(
            engine.platform,
            &engine.pool,
            &layout,
            MAIN,
            &sources,
        )?)
    })??;
    let fixed = job.run(Stage::Key, |_| setup.fixed(engine, heights))??;
    let [program, gaps] = fixed.phases();
    let given = part::Given {
        machine: &Machine::new(),
        plans: &Table::ALL.map(Plan::of),
        layout: &layout,
        position: task.index,
        stated: &task.work.stated()?,
        earlier: [program, gaps, Some(&boundary)],
        parameters: setup.key.parameters(),
    };
    let body = part::prove::<E>(engine, &given, main, &task.global, job)?;
    Ok(body.to_bytes(&layout))
}

/// The rows of a filled table.
pub(crate) fn rows<M: Deref<Target = [u32]>>(filled: &Filled<M>) -> TableRows<'_> {
    TableRows {
        table: filled.table,
        height: filled.cells.len() / filled.width,
        fixed: &[],
        trace: &filled.cells,
    }
}

impl Task {
    /// The name of the part's files in a work directory, without extension: `.task` is usual for the
    /// task, and `.part` is where the part is looked for.
    pub fn file_name(&self) -> String {
        directory::name(&self.global, self.index)
    }

    /// The content of the part's file in a work directory, from the part's bytes.
    pub fn part_file(&self, bytes: &[u8]) -> Vec<u8> {
        directory::content(&self.global, self.index, bytes)
    }

    /// Checks everything that can be checked without executing the shard.
    fn check(&self, setup: &Setup<'_>) -> Result<(), TaskError> {
        let Work {
            shard,
            program,
            zeroed,
        } = &self.work;
        if self.program_id != *setup.key.program_id() || self.program_id != setup.program.id() {
            return Err(TaskError::Program);
        }
        if self.key_digest != setup.key.digest() {
            return Err(TaskError::Key);
        }
        if let Work {
            shard: None,
            program: None,
            zeroed: None,
        } = &self.work
        {
            return Err(TaskError::Nothing);
        }
        let text = &setup.image.text;
        let is_instruction = |pc: &u32| text.binary_search_by_key(pc, |(pc, _)| *pc).is_ok();
        if let Some(shard) = shard {
            let got = shard.position;
            if !(1..=MAX_SHARDS).contains(&got) || self.index != got - 1 {
                return Err(TaskError::Position { got });
            }
            let pcs = &shard.pcs;
            if !pcs.is_sorted_by(|a, b| a < b) || !pcs.iter().all(is_instruction) {
                return Err(TaskError::Order {
                    what: "instructions",
                });
            }
        }
        if let Some(program) = program {
            let numbers = || program.uses.iter().map(|(number, _)| *number as usize);
            let is_sorted = numbers().is_sorted_by(|a, b| a < b);
            if !is_sorted || numbers().any(|number| number >= text.len()) {
                return Err(TaskError::Order {
                    what: "uses of instructions",
                });
            }
        }
        let left = program.iter().map(|program| &program.left);
        for left in left.chain(zeroed.iter().map(|zeroed| &zeroed.left)) {
            let places = left.iter().map(|left| (left.space, left.address));
            if !places.is_sorted_by(|a, b| a < b) {
                return Err(TaskError::Order { what: "words" });
            }
        }
        self.check_zeroed(setup)?;
        if self.header.heights != self.work.heights(&setup.image) {
            return Err(TaskError::Header { what: "heights" });
        }
        if self.header.links != self.work.links() {
            return Err(TaskError::Header { what: "links" });
        }
        Ok(())
    }

    /// Zeroed words lie where the image is not, and their range is theirs.
    fn check_zeroed(&self, setup: &Setup<'_>) -> Result<(), TaskError> {
        let Some(ZeroedWork { range, left }) = &self.work.zeroed else {
            return Ok(());
        };
        let openings = openings(&setup.image, left)?;
        let to = openings.last().map_or(range.from, Opening::next);
        let [low, high] = range.from.map(u64::from);
        let is_after = |left: &Left| u64::from(left.address) >= low + (high << 16);
        if left.first().is_none_or(is_after) && range.to == to {
            Ok(())
        } else {
            let what = "zeroed words";
            Err(TaskError::Order { what })
        }
    }
}
