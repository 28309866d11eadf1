//! The work of one part, complete in itself: what another machine needs to prove it.

use zonda_circuits::{
    instances::several,
    system::{
        boundary::Left,
        zeroed::{Opening, openings},
    },
    witness::{self, InstanceTrace},
};
use zonda_riscv_emu::{
    execute,
    record::Records,
    shard::{End, ReplayError, replay},
};
use zonda_verifier::{Layout, PartHeader, Preset, QM31, Sextic, header::MAX_SHARDS};

use crate::{
    directory,
    engine::{Commitment, Engine, Filled, Global, ProverChallenge, canonical},
    error::ProveError,
    estimate,
    job::Job,
    part::{ShardWork, Work, ZeroedWork},
    pipeline::{Options, in_pool},
    plan::commit_boundary,
    setup::Setup,
    stage::Stage,
};

mod codec;

pub use codec::TaskReadError;

/// The work of one part of a run.
///
/// Whoever has it, the program and its key can prove the part, and needs nothing else of the run. A
/// task may come from anyone: what is wrong in it is found out, at the latest by the verifier.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Task {
    /// The program's id.
    pub program_id: [u8; 32],
    /// The digest of the program's key, which decides all parameters.
    pub key_digest: [u8; 32],
    /// The number of the part in the proof.
    pub index: u32,
    /// What the proof's header says of the part.
    pub header: PartHeader,
    /// Where the transcripts of all parts begin.
    pub global: Global,
    /// What the part proves.
    pub work: Work,
}

/// A task that cannot be one of a run of this program.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// It is of another program.
    #[error("the task is of another program")]
    Program,
    /// It is for another key: another preset, other parameters, or another version of zonda.
    #[error("the task is for another key: its preset or its version of zonda is another")]
    Key,
    /// It proves nothing.
    #[error("the task proves nothing")]
    Nothing,
    /// Its shard's position is none, or not the part's.
    #[error("the shard's position is {got}, which is not the part's, or none")]
    Position {
        /// The position.
        got: u32,
    },
    /// Replaying its shard gives something else.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// Replaying its shard gives something else.
    #[error("replaying the shard gives another {what}")]
    Differs {
        /// What differs.
        what: &'static str,
    },
    /// What its header says is not what its work is.
    #[error("the task's header has another {what} than its work")]
    Header {
        /// What differs.
        what: &'static str,
    },
    /// What it says of memory or instructions is in no order in which a prover says it.
    #[error("the task's {what} are not in ascending order, or not of the program")]
    Order {
        /// What is out of order.
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
        // How long it takes is told of this part alone.
        job.plan(vec![1]);
        job.begin_part(0);
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
    boundary: Option<Commitment>,
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
    boundary: Option<Commitment>,
    job: &mut Job<'_>,
) -> Result<Vec<u8>, ProveError> {
    let shape = &task.header.shape;
    task.check(setup)?;
    let estimate = estimate::part(shape, setup.key.preset(), &task.work);
    engine.pool.set_limit(estimate.pool());
    let boundary = match boundary {
        Some(boundary) => boundary,
        None => job.run(Stage::Boundary, |cancel| {
            commit_boundary(engine, setup, &task.work, shape, cancel)
        })??,
    };
    if boundary.root() != task.header.boundary_root {
        let what = "boundary";
        return Err(TaskError::Header { what }.into());
    }
    let records = job.run(Stage::Replay, |_| {
        let shard = task.work.shard.as_ref();
        shard.map(|shard| replayed(setup, shard)).transpose()
    })??;
    let traces = job.run(Stage::Witness, |_| {
        let instances = fill(setup, &task.work, &records.unwrap_or_default()).into_iter();
        instances.map(|filled| canonical(filled.trace)).collect()
    })?;
    let fixed = job.run(Stage::Key, |_| setup.fixed(engine, shape))?;
    let filled = Filled {
        shape: shape.clone(),
        traces,
        stated: task.work.stated(),
    };
    let (index, global) = (task.index, &task.global);
    let body = engine.prove_part::<E>(&setup.key, &fixed, global, index, &boundary, filled, job)?;
    Ok(body.to_bytes(&Layout::new(shape, E::DEGREE)))
}

/// The part's tables, filled.
pub(crate) fn fill(setup: &Setup<'_>, work: &Work, records: &Records) -> Vec<InstanceTrace> {
    let stated = work.stated();
    work.with_boundary(&setup.image, |boundary| {
        let instruction_at = |pc| setup.instruction_at(pc);
        witness::traces(
            &setup.image,
            &stated,
            boundary,
            records,
            several,
            instruction_at,
        )
    })
}

/// Executes a shard again, and holds the result against what is said of it.
pub(crate) fn replayed(setup: &Setup<'_>, shard: &ShardWork) -> Result<Records, TaskError> {
    const PAGE_BYTES: u64 = 1 << 14;
    // As many pages as there are words suffice, and no run has more than it may have.
    let max_memory = PAGE_BYTES * shard.words.len() as u64;
    let max_memory = max_memory.min(execute::Options::default().max_memory);
    let records = replay(setup.program, &shard.replay_input(), max_memory)?;
    let registers = records.registers.iter().map(|register| register.value);
    let written = records
        .transfers
        .iter()
        .filter(|transfer| transfer.is_output);
    let output = written.flat_map(|transfer| {
        let bytes = transfer.word.after.to_le_bytes().into_iter();
        bytes
            .skip(transfer.offset.into())
            .take(transfer.count.into())
    });
    let executed = executed(setup, &records);
    let same = [
        ("registers", registers.eq(shard.registers_after)),
        (
            "output length",
            records.output_length.value == shard.output_length_after,
        ),
        ("output", output.eq(shard.output.iter().copied())),
        (
            "end",
            match shard.end {
                End::Next { pc } => records.final_pc == Some(pc),
                End::Exit { code } => {
                    records.final_pc.is_none() && records.registers[A0].value == code
                }
            },
        ),
        ("instructions", executed.eq(&shard.pcs)),
    ];
    match same.into_iter().find(|(_, same)| !same) {
        Some((what, _)) => Err(TaskError::Differs { what }),
        None => Ok(records),
    }
}

/// Register a0: the argument of `exit`.
const A0: usize = 10;

/// The pcs that records are of, ascending.
fn executed(setup: &Setup<'_>, records: &Records) -> Vec<u32> {
    let text = &setup.image.text;
    let mut is_executed = vec![false; text.len()];
    let steps = records.steps.iter().flatten().map(|step| step.pc);
    let words = records.load_store_word.iter().map(|step| step.step.pc);
    let subwords = records.load_store_subword.iter().map(|step| step.step.pc);
    let misaligned = records
        .load_store_misaligned
        .iter()
        .map(|step| step.step.pc);
    let ecalls = records.ecalls.iter().map(|step| step.pc);
    let mut first = (0, 0);
    for pc in steps
        .chain(words)
        .chain(subwords)
        .chain(misaligned)
        .chain(ecalls)
    {
        // Text is mostly one range of instructions.
        let guess = (first.1 + (pc.wrapping_sub(first.0) / 4) as usize).min(text.len() - 1);
        let number = if text[guess].0 == pc {
            guess
        } else {
            let found = text.binary_search_by_key(&pc, |(pc, _)| *pc);
            found.expect("only instructions are executed")
        };
        first = (pc, number);
        is_executed[number] = true;
    }
    let executed = text
        .iter()
        .zip(is_executed)
        .filter(|(_, is_executed)| *is_executed);
    executed.map(|((pc, _), _)| *pc).collect()
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
        if self.header.shape != self.work.shape(setup.key.fixed()) {
            return Err(TaskError::Header { what: "shape" });
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
        let openings = openings(&setup.image, left);
        let to = openings.last().map_or(range.from, Opening::next);
        let [low, high] = range.from.map(u64::from);
        let is_after = |left: &Left| u64::from(left.address) >= low + (high << 16);
        let is_open = openings.len() == left.len() && left.first().is_none_or(is_after);
        if is_open && range.to == to {
            Ok(())
        } else {
            let what = "zeroed words";
            Err(TaskError::Order { what })
        }
    }
}
