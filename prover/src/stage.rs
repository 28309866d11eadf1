//! The stages of a proof: one name for tracing spans, progress, and reports.

use std::time::{Duration, Instant};

/// A stage of proving.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Stage {
    /// Running the guest and recording what happens.
    Execute,
    /// Filling the tables from the records.
    Witness,
    /// Committing to the tables' preprocessed columns: the key.
    Key,
    /// The proof itself: commitments, lookup argument, quotients, openings.
    Prove,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 4] = [Self::Execute, Self::Witness, Self::Key, Self::Prove];

    /// The stage's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Witness => "witness",
            Self::Key => "key",
            Self::Prove => "prove",
        }
    }
}

/// Is told of each stage as it begins, from the thread that called.
pub trait Observer: Send + Sync {
    /// A stage begins; the one before, if any, is over.
    fn begin(&self, stage: Stage);
}

/// Measures the stages.
pub(crate) struct Clock<'a> {
    observer: Option<&'a dyn Observer>,
    pub(crate) seconds: Vec<(Stage, Duration)>,
}

impl<'a> Clock<'a> {
    pub(crate) fn new(observer: Option<&'a dyn Observer>) -> Self {
        Self {
            observer,
            seconds: Vec::new(),
        }
    }

    pub(crate) fn run<R>(&mut self, stage: Stage, work: impl FnOnce() -> R) -> R {
        if let Some(observer) = self.observer {
            observer.begin(stage);
        }
        let _span = tracing::info_span!("stage", name = stage.name()).entered();
        let start = Instant::now();
        let result = work();
        self.seconds.push((stage, start.elapsed()));
        result
    }

    pub(crate) fn of(&self, stage: Stage) -> Duration {
        self.seconds
            .iter()
            .filter(|(s, _)| *s == stage)
            .map(|(_, time)| *time)
            .sum()
    }
}
