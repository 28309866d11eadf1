//! How to execute and prove.

use std::{path::PathBuf, sync::Arc};

use zonda_prover::{Budget, Cancel, Observer};
use zonda_verifier::Preset;

/// How to execute and prove: defaults, and what a caller sets.
///
/// ```
/// use zonda::{Cancel, Options, Preset, Prover};
///
/// let cancel = Cancel::new();
/// let options = Options::new()
///     .preset(Preset::High)
///     .threads(4)
///     .memory(4 << 30)
///     .max_cycles(1_000_000_000)
///     .work_dir("job")
///     .cancel(cancel.clone());
/// assert_eq!(options.budget.bytes, 4 << 30);
/// let prover = Prover::new(options);
/// // cancel.cancel() stops the prover's work, from any thread.
/// # let _ = (prover, cancel);
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// The most instructions to execute. `None` is no limit.
    pub max_cycles: Option<u64>,
    /// Threads to prove with, at most [`MAX_THREADS`](crate::MAX_THREADS). `None` and 0 are as many as the machine has.
    pub threads: Option<usize>,
    /// How sure proofs are.
    pub preset: Preset,
    /// How much memory to take, and how long shards may be: [`Self::memory`], [`Self::shard_cycles`].
    pub budget: Budget,
    /// The directory where finished parts are kept, if any.
    pub work_dir: Option<PathBuf>,
    /// Stops the work, from any thread.
    pub cancel: Cancel,
    /// Is called as each stage of proving begins.
    pub observer: Option<Arc<dyn Observer>>,
    /// Whether the guest's debug text is printed.
    pub print_debug: bool,
}

impl Options {
    /// The defaults: no limit of instructions, all threads, [`Preset::Standard`], [`Budget::default`].
    pub fn new() -> Self {
        Self::default()
    }

    /// The most instructions to execute. A run that would go on is
    /// [`ExecuteError::CycleLimit`](crate::ExecuteError::CycleLimit).
    pub fn max_cycles(mut self, max_cycles: u64) -> Self {
        self.max_cycles = Some(max_cycles);
        self
    }

    /// How many threads to prove with, at most [`MAX_THREADS`](crate::MAX_THREADS); 0 is as many as the machine has.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// How sure proofs are.
    pub fn preset(mut self, preset: Preset) -> Self {
        self.preset = preset;
        self
    }

    /// How many bytes of memory the process may take. Fewer bytes make shorter shards, and more parts.
    pub fn memory(mut self, bytes: u64) -> Self {
        self.budget.bytes = bytes;
        self
    }

    /// The most instructions of a shard, at least 1.
    pub fn shard_cycles(mut self, cycles: u64) -> Self {
        self.budget.shard_cycles = cycles;
        self
    }

    /// Keeps finished parts in a directory, so that a proof that was interrupted goes on where it was:
    /// by [`Self::cancel`], a signal, or a power failure. The prover makes the directory if it is not
    /// there. It belongs to one run of one program, proved with the same options.
    pub fn work_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.work_dir = Some(directory.into());
        self
    }

    /// Stops the work when this token, or a clone of it, is cancelled.
    pub fn cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// Tells an observer of each stage of proving as it begins.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Whether the guest's debug text (file descriptors 1 and 2), messages of its panics included, goes
    /// to this process's standard output and standard error. Otherwise it is dropped.
    pub fn print_debug(mut self, print: bool) -> Self {
        self.print_debug = print;
        self
    }
}
