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
    /// Extending and committing to the tables.
    Commit,
    /// The lookup argument's columns, extended and committed to.
    Sums,
    /// Constraints, and the quotient, extended and committed to.
    Quotient,
    /// Every column at the out-of-domain points.
    Open,
    /// All columns combined into one.
    Compose,
    /// The low-degree test and its queries.
    Fold,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 9] = [
        Self::Execute,
        Self::Witness,
        Self::Key,
        Self::Commit,
        Self::Sums,
        Self::Quotient,
        Self::Open,
        Self::Compose,
        Self::Fold,
    ];

    /// The stage's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Witness => "witness",
            Self::Key => "key",
            Self::Commit => "commit",
            Self::Sums => "sums",
            Self::Quotient => "quotient",
            Self::Open => "open",
            Self::Compose => "compose",
            Self::Fold => "fold",
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
    current: Option<(Stage, Instant)>,
}

impl<'a> Clock<'a> {
    pub(crate) fn new(observer: Option<&'a dyn Observer>) -> Self {
        Self {
            observer,
            seconds: Vec::new(),
            current: None,
        }
    }

    /// Goes on to the next stage.
    pub(crate) fn enter(&mut self, stage: Stage) {
        let now = Instant::now();
        self.leave(now);
        if let Some(observer) = self.observer {
            observer.begin(stage);
        }
        tracing::info!(stage = stage.name(), "begins");
        self.current = Some((stage, now));
    }

    /// Ends the current stage.
    pub(crate) fn leave(&mut self, now: Instant) {
        if let Some((stage, start)) = self.current.take() {
            self.seconds.push((stage, now - start));
        }
    }

    pub(crate) fn run<R>(&mut self, stage: Stage, work: impl FnOnce() -> R) -> R {
        self.enter(stage);
        let result = work();
        self.leave(Instant::now());
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
