//! A proof in the making: how far it is, how long its stages took, and whether it is still wanted.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use zonda_riscv_emu::execute::DebugStream;

use crate::{
    cancel::{Cancel, Cancelled},
    forecast::{Cost, Forecast},
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
    /// About how long the rest takes: what it costs by the parts' shapes, at the speed of the stages so
    /// far. `None` until tables have been committed to.
    pub remaining: Option<Duration>,
}

/// Is called as each stage begins, on the thread that called the prover, and while the guest runs.
pub trait Observer: Send + Sync {
    /// A stage begins; the one before, if any, is over.
    fn begin(&self, progress: Progress);

    /// The guest has executed so many instructions so far: called about once a shard, or several
    /// times a second, and from the beginning again where a run is cut anew.
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
    forecast: Forecast,
    /// The part that is being proved, or comes next.
    part: usize,
    is_proving: bool,
}

impl<'a> Job<'a> {
    pub(crate) fn new(observer: Option<&'a dyn Observer>, cancel: Cancel) -> Self {
        Self {
            cancel,
            observer,
            seconds: BTreeMap::new(),
            current: None,
            forecast: Forecast::default(),
            part: 0,
            is_proving: false,
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
            part: self.is_proving.then_some(self.part as u32),
            parts: self.forecast.parts() as u32,
            remaining: self.forecast.remaining(self.part, stage),
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
            let time = now - start;
            *self.seconds.entry(stage).or_default() += time;
            if self.is_proving {
                self.forecast.done(self.part, stage, time);
            }
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

    /// Sets the costs of the run's parts.
    pub(crate) fn plan(&mut self, costs: Vec<Cost>) {
        self.forecast = Forecast::new(costs);
    }

    /// Begins the next part.
    pub(crate) fn begin_part(&mut self) {
        self.is_proving = true;
    }

    /// Ends the part that has begun.
    pub(crate) fn end_part(&mut self) {
        self.leave(Instant::now());
        self.is_proving = false;
        self.part += 1;
    }

    /// Goes past a part that was proved before.
    pub(crate) fn skip_part(&mut self) {
        self.part += 1;
    }

    /// The time of a stage, over all parts.
    pub(crate) fn of(&self, stage: Stage) -> Duration {
        self.seconds.get(&stage).copied().unwrap_or_default()
    }

    /// The time of all stages.
    pub(crate) fn total(&self) -> Duration {
        self.seconds.values().sum()
    }
}
