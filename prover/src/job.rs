//! A proof in the making: how far it is, how long its stages took, and whether it is still wanted.

use std::{
    collections::BTreeMap,
    ops::Range,
    time::{Duration, Instant},
};

use zonda_riscv_emu::execute::DebugStream;

use crate::{
    cancel::{Cancel, Cancelled},
    stage::Stage,
};

/// How far a proof is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The stage that begins.
    pub stage: Stage,
    /// The part that it is a stage of, counted from 0, if it is one of a part's.
    pub part: Option<u32>,
    /// How many parts there are; 0 until the run has been cut.
    pub parts: u32,
    /// About how long the rest takes, as far as that can be said.
    pub remaining: Option<Duration>,
}

/// Is told of each stage as it begins, from the thread that called, and of what the guest does.
pub trait Observer: Send + Sync {
    /// A stage begins; the one before, if any, is over.
    fn begin(&self, progress: Progress);

    /// The guest has executed so many instructions so far: said about once a shard, or several times a
    /// second, and from the beginning again where a run is cut anew.
    fn executed(&self, _cycles: u64) {}

    /// The guest wrote debug text, messages of its panics included; one `write` may be a part of a line
    /// or of a character.
    fn debug(&self, _stream: DebugStream, _bytes: &[u8]) {}
}

/// Measures the stages, tells the observer, and looks for cancellation.
pub(crate) struct Job<'a> {
    cancel: Cancel,
    observer: Option<&'a dyn Observer>,
    seconds: BTreeMap<Stage, Duration>,
    current: Option<(Stage, Instant)>,
    /// What each part costs, in any unit.
    costs: Vec<u64>,
    part: Option<(usize, Instant)>,
    /// Cost and time of the parts that this job has proved.
    done: (u64, Duration),
}

impl<'a> Job<'a> {
    pub(crate) fn new(observer: Option<&'a dyn Observer>, cancel: Cancel) -> Self {
        Self {
            cancel,
            observer,
            seconds: BTreeMap::new(),
            current: None,
            costs: Vec::new(),
            part: None,
            done: (0, Duration::ZERO),
        }
    }

    /// Goes on to the next stage.
    ///
    /// # Errors
    /// If the work is to stop.
    pub(crate) fn enter(&mut self, stage: Stage) -> Result<(), Cancelled> {
        self.check()?;
        let now = Instant::now();
        self.leave(now);
        let progress = Progress {
            stage,
            part: self.part.map(|(part, _)| part as u32),
            parts: self.costs.len() as u32,
            remaining: self.remaining(stage, now),
        };
        if let Some(observer) = self.observer {
            observer.begin(progress);
        }
        tracing::info!(stage = stage.name(), part = progress.part, "begins");
        self.current = Some((stage, now));
        Ok(())
    }

    /// Ends the current stage.
    pub(crate) fn leave(&mut self, now: Instant) {
        if let Some((stage, start)) = self.current.take() {
            *self.seconds.entry(stage).or_default() += now - start;
        }
    }

    /// Does the work of a stage.
    ///
    /// # Errors
    /// If the work is to stop.
    pub(crate) fn run<R>(
        &mut self,
        stage: Stage,
        work: impl FnOnce(&Cancel) -> R,
    ) -> Result<R, Cancelled> {
        self.enter(stage)?;
        let result = work(&self.cancel);
        self.leave(Instant::now());
        self.check()?;
        Ok(result)
    }

    /// # Errors
    /// If the work is to stop.
    pub(crate) fn check(&self) -> Result<(), Cancelled> {
        self.cancel.check()
    }

    pub(crate) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Says what the parts cost that the run has.
    pub(crate) fn plan(&mut self, costs: Vec<u64>) {
        self.costs = costs;
    }

    /// Begins a part.
    pub(crate) fn begin_part(&mut self, part: usize) {
        self.part = Some((part, Instant::now()));
    }

    /// Ends the part that has begun.
    pub(crate) fn end_part(&mut self) {
        let now = Instant::now();
        self.leave(now);
        if let Some((part, start)) = self.part.take() {
            self.done.0 += self.costs.get(part).copied().unwrap_or(0);
            self.done.1 += now - start;
        }
    }

    /// The time of a stage, over all parts.
    pub(crate) fn of(&self, stage: Stage) -> Duration {
        self.seconds.get(&stage).copied().unwrap_or_default()
    }

    /// The time of all stages.
    pub(crate) fn total(&self) -> Duration {
        self.seconds.values().sum()
    }

    fn remaining(&self, stage: Stage, now: Instant) -> Option<Duration> {
        let (part, start) = self.part?;
        let sum = |parts: Range<usize>| self.costs.get(parts).unwrap_or_default().iter().sum();
        let (own, later): (u64, u64) = (sum(part..part + 1), sum(part + 1..self.costs.len()));
        let share = stage.share_before();
        let (cost, time) = match self.done {
            (0, _) => (own as f64 * share, now - start),
            (cost, time) => (cost as f64, time),
        };
        let left = own as f64 * (1.0 - share) + later as f64;
        let seconds = time.as_secs_f64() * left / cost;
        (share > 0.0 || self.done.0 > 0).then(|| Duration::try_from_secs_f64(seconds).ok())?
    }
}
