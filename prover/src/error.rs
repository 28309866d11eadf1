//! Why there is no proof.

use std::io::{self, ErrorKind};

use zonda_circuits::system::zeroed::NotZeroed;
use zonda_kernels::AllocationError;
use zonda_riscv_emu::{allocate::OutOfMemory, error::ExecuteError, shard::ReplayError};
use zonda_verifier::{HeaderError, header::MAX_SHARDS};

use crate::{
    cancel::Cancelled, directory::DirectoryError, engine::EngineError, pipeline::MAX_THREADS,
    task::TaskError,
};

/// Why there is no proof.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The guest did not run to its exit. A trapped run has no proof.
    #[error(transparent)]
    Execute(ExecuteError),
    /// The run is longer than can be proved.
    #[error(
        "the run needs more than {MAX_SHARDS} shards, the most that a proof can have: raise the \
         memory budget, so that shards become longer, or give the guest less to do"
    )]
    TooLong,
    /// Proving the run takes more memory than is allowed, however it is cut.
    #[error(
        "proving this run takes {} MiB of memory; the budget is {} MiB: raise the budget",
        needed.div_ceil(1 << 20),
        budget >> 20
    )]
    Budget {
        /// A budget that is enough, in bytes: the least, or a little more.
        needed: u64,
        /// The budget, in bytes.
        budget: u64,
    },
    /// The system refuses memory: the process has less than its budget, by a limit such as
    /// `ulimit -v`, or because others take it.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// The run does not fit a proof.
    #[error("the run does not fit a proof: {0}")]
    Header(#[from] HeaderError),
    /// A part does not match its task.
    #[error(transparent)]
    Task(TaskError),
    /// More threads are asked for than any machine has a use for.
    #[error("{threads} threads; the most is {MAX_THREADS}, and as many as there are cores is best")]
    TooManyThreads {
        /// How many were asked for.
        threads: usize,
    },
    /// No threads could be started.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// The system's message.
        reason: String,
    },
    /// The engine failed.
    #[error(transparent)]
    Engine(EngineError),
    /// The work directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The proof could not be written where it was to go.
    #[error("cannot write the proof: {reason}")]
    Write {
        /// The kind of error, such as [`StorageFull`](ErrorKind::StorageFull).
        kind: ErrorKind,
        /// The system's message.
        reason: String,
    },
    /// The work was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// For writers of the proof or of a [`Task`](crate::Task).
impl From<io::Error> for ProveError {
    fn from(error: io::Error) -> Self {
        Self::Write {
            kind: error.kind(),
            reason: error.to_string(),
        }
    }
}

/// A task that opens a word as zeroed that is none.
impl From<NotZeroed> for ProveError {
    fn from(word: NotZeroed) -> Self {
        Self::Task(word.into())
    }
}

impl From<EngineError> for ProveError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            EngineError::OutOfMemory(refused) => Self::OutOfMemory(refused),
            error => Self::Engine(error),
        }
    }
}

// Memory refused anywhere is one error.

impl From<AllocationError> for ProveError {
    fn from(error: AllocationError) -> Self {
        EngineError::from(error).into()
    }
}

impl From<ExecuteError> for ProveError {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::OutOfMemory(refused) => Self::OutOfMemory(refused),
            error => Self::Execute(error),
        }
    }
}

impl From<TaskError> for ProveError {
    fn from(error: TaskError) -> Self {
        match error {
            TaskError::OutOfMemory(refused)
            | TaskError::Replay(ReplayError::OutOfMemory(refused)) => Self::OutOfMemory(refused),
            error => Self::Task(error),
        }
    }
}
