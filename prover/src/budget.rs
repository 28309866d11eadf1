//! How much memory proving may take, and how a run is cut so that it takes no more.

use zonda_circuits::machine::Table;
use zonda_riscv_emu::{
    execute::{self, DebugStream, Discard, Host},
    record::{Family, Service},
    shard::{Costs, Cut},
};
use zonda_verifier::{MAX_OUTPUT_BYTES, Preset};

use crate::{
    engine::Engine,
    error::ProveError,
    estimate,
    job::Job,
    memory::available_bytes,
    part::{ProgramWork, Work, ZeroedWork},
    pipeline::Options,
    plan::{Cutting, Plan, PlanError},
    setup::Setup,
};

/// How much memory proving may take, and how long shards may be. Equal budgets cut a run in the same
/// way on any machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    /// How many bytes of memory the process may take.
    pub bytes: u64,
    /// The most instructions of a shard, at least 1. Longer shards than [`DEFAULT_SHARD_CYCLES`] make a shorter
    /// proof; they take more memory and are no faster to prove.
    pub shard_cycles: u64,
}

/// The most instructions of a shard, unless a budget sets another number.
pub const DEFAULT_SHARD_CYCLES: u64 = 1 << 20;

impl Default for Budget {
    /// About half of the memory that the machine has available; small changes of it do not change the
    /// shards' length: see [`Budget::of_memory`].
    fn default() -> Self {
        Self::of_memory(available_bytes().unwrap_or(UNKNOWN_BYTES))
    }
}

impl Budget {
    /// The budget where so many bytes of memory are available: half of them, or up to a third less,
    /// so that a little more or less of them make no difference.
    pub fn of_memory(available: u64) -> Self {
        let power = (available / 2).checked_ilog2().map_or(0, |log| 1 << log);
        let bytes = if power + power / 2 <= available / 2 {
            power + power / 2
        } else {
            power
        };
        Self {
            bytes,
            shard_cycles: DEFAULT_SHARD_CYCLES,
        }
    }

    /// Plans a run's proof within the budget.
    ///
    /// # Errors
    /// If the guest has no run that could be proved, or not within the budget: then the error has a
    /// budget that was tried, and is enough.
    pub(crate) fn plan(
        &self,
        run: Run<'_>,
        host: &mut (dyn Host + Send),
        job: &mut Job<'_>,
    ) -> Result<Plan, ProveError> {
        let planned = self.try_plan(run, host, job);
        let Err(ProveError::Budget { needed, budget }) = planned else {
            return planned;
        };
        // The run needs at least this; a plan with it shows whether it is enough.
        let mut enough = Self {
            bytes: needed,
            ..*self
        };
        loop {
            match enough.try_plan(run, &mut Discard, job) {
                Err(ProveError::Budget { needed, .. }) => {
                    let more = enough.bytes + enough.bytes / RESERVE_SHARE;
                    enough.bytes = needed.max(more);
                }
                Err(error) => return Err(error),
                Ok(_) => {
                    let needed = enough.bytes;
                    return Err(ProveError::Budget { needed, budget });
                }
            }
        }
    }

    /// How a run is cut into parts of at most so many bytes, when a shard's costs add up to `capacity` at most.
    fn cutting(
        &self,
        max_cycles: Option<u64>,
        preset: Preset,
        part_bytes: u64,
        capacity: u64,
    ) -> Cutting {
        Cutting {
            limits: execute::Options {
                max_cycles,
                max_output: MAX_OUTPUT_BYTES as u32,
                ..Default::default()
            },
            cut: Cut {
                max_cycles: self.shard_cycles,
                capacity,
                costs: costs(preset),
            },
            part_bytes,
            keep_bytes: self.bytes / KEEP_SHARE,
        }
    }

    /// [`Self::plan`], but the error's budget may be too small as well.
    fn try_plan(
        &self,
        run: Run<'_>,
        host: &mut (dyn Host + Send),
        job: &mut Job<'_>,
    ) -> Result<Plan, ProveError> {
        let Run { setup, input, .. } = run;
        let preset = setup.key.preset();
        let too_small = |estimate: u64| ProveError::Budget {
            // The least of which so much is left without the margin.
            needed: (estimate - 1) * MARGIN_SHARE / (MARGIN_SHARE - 1) + 1,
            budget: self.bytes,
        };
        // The memory of a part with empty tables, or with the program alone.
        let part = |work: &Work| estimate::part(&work.heights(&setup.image), preset, work).peak();
        let empty = part(&Work::default());
        let program = part(&Work {
            program: Some(ProgramWork::default()),
            zeroed: Some(ZeroedWork::default()),
            ..Work::default()
        });
        let least = (empty + MIN_CAPACITY).max(program);

        let process = estimate::process(setup, input);
        let allowed = self.bytes - self.bytes / MARGIN_SHARE;
        let mut reserve = process;
        let mut fitting = u64::MAX;
        let mut host = Once {
            host,
            told: 0,
            seen: 0,
        };
        loop {
            let part_bytes = allowed.saturating_sub(reserve);
            if part_bytes < least {
                return Err(too_small(reserve + least));
            }
            let capacity = (part_bytes - empty).saturating_mul(HOPE).min(fitting);
            let cutting = self.cutting(run.max_cycles, preset, part_bytes, capacity);
            host.seen = 0;
            match Plan::new(run.engine, setup, input, &cutting, &mut host, job) {
                Ok(plan) if process + plan.reserve + plan.part_peak <= allowed => {
                    return Ok(plan);
                }
                // The memory that the run takes beside its parts is known once it has been executed.
                Ok(plan) => {
                    reserve = reserve.max(process + plan.reserve) + self.bytes / RESERVE_SHARE;
                }
                Err(PlanError::Prove(error)) => return Err(error),
                Err(PlanError::Over { bytes }) => {
                    let capacity = cutting.cut.capacity;
                    if capacity <= MIN_CAPACITY {
                        return Err(too_small(reserve + bytes));
                    }
                    let fits = capacity as u128 * u128::from(part_bytes) / u128::from(bytes);
                    fitting = (fits as u64 / 16 * 15).max(MIN_CAPACITY);
                }
            }
        }
    }
}

/// A run that is to be proved.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    /// Commits to what goes from shard to shard; without it, nothing is committed to.
    engine: Option<&'a Engine>,
    setup: &'a Setup<'a>,
    input: &'a [u8],
    /// The most instructions to execute.
    max_cycles: Option<u64>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        setup: &'a Setup<'a>,
        input: &'a [u8],
        options: &Options<'_>,
    ) -> Self {
        Self {
            engine: Some(engine),
            ..Self::uncommitted(setup, input, options)
        }
    }

    /// A run that is to be cut like one that is proved.
    pub(crate) fn uncommitted(
        setup: &'a Setup<'a>,
        input: &'a [u8],
        options: &Options<'_>,
    ) -> Self {
        Self {
            engine: None,
            setup,
            input,
            max_cycles: options.max_cycles,
        }
    }
}

/// The memory that is assumed where the system does not report it.
const UNKNOWN_BYTES: u64 = 8 << 30;

/// How many times its bytes a part is first filled with: rows are counted with what their table takes
/// where it takes the most, and tables do not all do so at once. A capacity that proves too large
/// is shrunk.
const HOPE: u64 = 2;

/// Shards are not made shorter than this many bytes.
const MIN_CAPACITY: u64 = 16 << 20;

/// The share of a budget that is left for what the process takes above the estimate.
const MARGIN_SHARE: u64 = 32;

/// The share of a budget that finished work may take, so that a run is not executed again.
const KEEP_SHARE: u64 = 16;

/// The share of a budget by which what is set aside grows at least, if it was too little.
const RESERVE_SHARE: u64 = 32;

/// The cost of each thing, in bytes of memory at the stage where proving a part takes the most.
fn costs(preset: Preset) -> Costs {
    let row = |table| estimate::row(table, preset) as u32;
    Costs {
        instructions: Family::ALL.map(|family| row(Table::of_family(family))),
        services: Service::ALL.map(|service| row(Table::of_service(service))),
        output_byte: row(Table::Statement),
        touched_word: row(Table::Boundary),
        distinct_instruction: row(Table::Instructions),
    }
}

/// Passes each byte to a host once, however often a run begins anew.
struct Once<'a> {
    host: &'a mut (dyn Host + Send),
    /// How many bytes it was given.
    told: usize,
    /// How many bytes this run has made.
    seen: usize,
}

impl Host for Once<'_> {
    fn debug(&mut self, stream: DebugStream, bytes: &[u8]) {
        let start = self.seen;
        self.seen += bytes.len();
        let known = self.told.saturating_sub(start).min(bytes.len());
        if known < bytes.len() {
            self.host.debug(stream, &bytes[known..]);
            self.told = self.seen;
        }
    }

    fn executed(&mut self, cycles: u64) {
        self.host.executed(cycles);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_more_memory_makes_no_difference() {
        let bytes = |gibibytes: f64| Budget::of_memory((gibibytes * (1 << 30) as f64) as u64).bytes;
        assert_eq!([bytes(16.0), bytes(16.1), bytes(23.9)], [8 << 30; 3]);
        assert_eq!([bytes(24.0), bytes(31.9)], [12 << 30; 2]);
        assert_eq!(Budget::of_memory(0).bytes, 0);
    }

    #[test]
    fn a_host_is_told_once() {
        let mut text = Vec::new();
        let mut tell = |_: DebugStream, bytes: &[u8]| text.extend_from_slice(bytes);
        let mut once = Once {
            host: &mut tell,
            told: 0,
            seen: 0,
        };
        once.debug(DebugStream::Out, b"abc");
        once.seen = 0;
        once.debug(DebugStream::Out, b"ab");
        once.debug(DebugStream::Out, b"cd");
        once.debug(DebugStream::Error, b"e");
        assert_eq!(text, b"abcde");
    }
}
