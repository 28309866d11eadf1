//! Stopping work from another thread.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Stops work that is no longer wanted. Clones share one flag; all work that was given one of them
/// stops within a fraction of a second of [`Cancel::cancel`], in every stage.
///
/// A token stays cancelled, and stops all work that is begun with it, until [`Cancel::reset`].
///
/// ```
/// use zonda_prover::Cancel;
///
/// let cancel = Cancel::new();
/// cancel.clone().cancel();
/// assert!(cancel.is_cancelled());
/// assert!(cancel.reset()); // It was cancelled. Work that is begun from now on goes on.
/// assert!(!cancel.is_cancelled());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
    #[cfg(test)]
    looks: Arc<tests::Looks>,
}

impl From<Arc<AtomicBool>> for Cancel {
    /// Cancels when the flag is set, by a handler of signals for instance.
    fn from(flag: Arc<AtomicBool>) -> Self {
        Self {
            flag,
            #[cfg(test)]
            looks: Arc::default(),
        }
    }
}

/// The work was cancelled.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

impl Cancel {
    /// Work goes on until somebody cancels.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops all work that was given this token or a clone of it.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Makes the token usable again, and returns whether it was cancelled.
    ///
    /// Call it when the work that was cancelled has returned: work that is still running may not have
    /// looked since, and would go on. A cancellation between that return and this call is lost; one after
    /// this call stops the next work at once, also before it begins. Whoever must not lose one of several
    /// runs' cancellations gives each run a token of its own.
    pub fn reset(&self) -> bool {
        self.flag.swap(false, Ordering::Relaxed)
    }

    /// Whether to stop. Cheap enough for each block of a loop.
    pub fn is_cancelled(&self) -> bool {
        #[cfg(test)]
        self.looks.count(self);
        self.flag.load(Ordering::Relaxed)
    }

    /// # Errors
    /// If the work is to stop.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() {
            Err(Cancelled)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, atomic::AtomicU64};

    use zonda_riscv_emu::{execute::Discard, program::Program};

    use super::*;
    use crate::{Observer, Options, Progress, ProveError, Stage, engine::Engine, prove};

    /// Counts how often work looks whether to stop, and cancels it at one of these looks. So a
    /// cancellation comes in the middle of a stage without a clock.
    #[derive(Debug, Default)]
    pub(super) struct Looks {
        count: AtomicU64,
        /// The look, counted from 1, that cancels; none if 0.
        last: AtomicU64,
    }

    impl Looks {
        pub(super) fn count(&self, cancel: &Cancel) {
            let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
            if count == self.last.load(Ordering::Relaxed) {
                cancel.cancel();
            }
        }
    }

    impl Cancel {
        /// A token that the look of this number cancels.
        fn at_look(number: u64) -> Self {
            let cancel = Self::default();
            cancel.looks.last.store(number, Ordering::Relaxed);
            cancel
        }

        fn looks(&self) -> u64 {
            self.looks.count.load(Ordering::Relaxed)
        }
    }

    /// Notes how often work had looked when each stage began.
    struct Watch {
        cancel: Cancel,
        begun: Mutex<Vec<(Stage, u64)>>,
    }

    impl Observer for Watch {
        fn begin(&self, progress: Progress) {
            assert!(!self.cancel.flag.load(Ordering::Relaxed), "{progress:?}");
            let begun = (progress.stage, self.cancel.looks());
            self.begun.lock().unwrap().push(begun);
        }
    }

    /// Proves some 5,000 instructions in two shards.
    fn run(engine: &Engine, cancel: Cancel) -> (Option<ProveError>, Vec<(Stage, u64)>) {
        let elf = include_bytes!("../../guests/elf/fibonacci.elf");
        let program = Program::from_elf(elf).unwrap();
        let watch = Watch {
            cancel: cancel.clone(),
            begun: Mutex::default(),
        };
        let mut options = Options {
            observer: Some(&watch),
            cancel,
            ..Options::default()
        };
        options.budget.shard_cycles = 3000;
        let input = 1000_u32.to_le_bytes();
        let result = prove(engine, &program, &input, &options, &mut Discard);
        (result.err(), watch.begun.into_inner().unwrap())
    }

    #[test]
    fn work_stops_in_the_middle_of_each_stage() {
        let engine = Engine::default();
        // Once, so that what the engine keeps is at hand in all runs that are compared.
        assert_eq!(run(&engine, Cancel::new()).0, None);
        let whole = Cancel::new();
        let (error, mut begun) = run(&engine, whole.clone());
        assert_eq!(error, None);
        begun.push((Stage::Execute, whole.looks()));

        for stage in [
            Stage::Witness,
            Stage::Commit,
            Stage::Tree,
            Stage::Rows,
            Stage::Open,
            Stage::Fold,
        ] {
            // Where the stage looks most often, between the look that begins it and the one that ends it.
            let looks = |at: usize| begun[at + 1].1 - begun[at].1;
            let stages = (0..begun.len() - 1).filter(|at| begun[*at].0 == stage);
            let at = stages.max_by_key(|at| looks(*at)).unwrap();
            assert!(looks(at) >= 3, "{stage} looks {} times", looks(at));
            let middle = begun[at].1 + looks(at) / 2;

            let (error, stopped) = run(&engine, Cancel::at_look(middle));
            assert_eq!(error, Some(ProveError::Cancelled(Cancelled)), "{stage}");
            // The observer asserts that no stage has begun after the cancellation.
            assert_eq!(stopped.len(), at + 1, "{stage}");
            assert_eq!(stopped.last().map(|(stage, _)| *stage), Some(stage));
        }
    }
}
