//! The cost of proving a run, without proving it: the run is executed and cut as [`prove`] cuts it,
//! and everything that depends on the parts' heights alone is counted.
//!
//! [`prove`]: crate::prove

use std::thread::available_parallelism;

use serde::Serialize;
use zonda_riscv_emu::{
    execute::{DebugStream, Host},
    program::Program,
};
use zonda_verifier::{
    Layout, Machine, VerifyingKey,
    fractions::{SENT_DEPTH, SENT_NODES},
    layout::LOG_PAGE,
    nodes::SKIP_VALUES,
    opening::{is_column_bit, present},
    part::depth,
    point::SKIPPED_BITS,
    words::{LOG_LAST, folds},
};

use crate::{
    budget::Run,
    cells::Cells,
    engine::Engine,
    error::ProveError,
    estimate,
    forecast::Cost,
    job::Job,
    pipeline::{Options, in_pool},
    setup::Setup,
    stage::Stage,
};

/// The cost of proving a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunEstimate {
    /// How many shards the run would be cut into.
    pub shards: u64,
    /// How many parts the proof would have.
    pub parts: u64,
    /// Mersenne31 elements committed to before blowup, in all parts.
    pub committed_cells: u64,
    /// How many bytes of memory the process would hold at most.
    pub peak_bytes: u64,
    /// Length of the proof in bytes: what is expected of random queries, of which some meet.
    pub proof_bytes: u64,
    /// Seconds of proving, on a machine as fast as the one of the figures in the repository's BENCHMARKS: cores of a
    /// Zen 4 with AVX-512.
    pub seconds: f64,
}

/// Executes a run and estimates the cost of proving it with these options. The host is told how
/// much was executed, and nothing that the guest prints.
///
/// # Errors
/// If the guest has no run that could be proved within the budget.
pub fn estimate(
    engine: &Engine,
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
) -> Result<RunEstimate, ProveError> {
    in_pool(options, || {
        let mut job = Job::new(options.observer, options.cancel.clone());
        let setup = job.run(Stage::Key, |_| Setup::new(engine, program, options.preset))??;
        let run = Run::uncommitted(&setup, input, options);
        let plan = options.budget.plan(run, &mut Counting(host), &mut job)?;
        let header = &plan.header;
        let machine = Machine::new();
        let layouts = header.parts.iter().map(|part| Layout::new(&part.heights));
        let parts = layouts.map(|layout| part_bytes(&machine, &layout, &setup.key));
        let parts: f64 = parts.sum();
        let prefixes = header.to_bytes().len() + 4 * header.parts.len();
        let nanoseconds: f64 = plan.costs.iter().map(Cost::total).sum();
        let committed_cells = Cells::count(header).committed();
        let cores = available_parallelism().map_or(1, Into::into);
        let cores = rayon::current_num_threads().min(cores);
        Ok(RunEstimate {
            shards: header.shards.into(),
            parts: header.parts.len() as u64,
            committed_cells,
            peak_bytes: estimate::process(&setup, input) + plan.reserve + plan.part_peak,
            proof_bytes: prefixes as u64 + parts.round() as u64,
            seconds: nanoseconds / 1e9 / cores as f64,
        })
    })?
}

/// Tells a host how much was executed, and nothing else.
struct Counting<'a>(&'a mut (dyn Host + Send));

impl Host for Counting<'_> {
    fn debug(&mut self, _: DebugStream, _: &[u8]) {}

    fn executed(&mut self, cycles: u64) {
        self.0.executed(cycles);
    }
}

/// How many bytes a part of this layout is expected to have: [`Sizes`](zonda_verifier::Sizes) counts
/// those of a part that is there.
fn part_bytes(machine: &Machine, layout: &Layout, key: &VerifyingKey) -> f64 {
    const WORKS: usize = 3;
    let element = WORD * key.preset().degree();
    let folds = folds(layout.log_height());
    let halvings = folds.iter().sum::<u32>() as usize;
    let depth = depth(machine, layout) as usize;
    let tree = 2 * SENT_NODES
        + (SENT_DEPTH as usize..depth)
            .map(|k| 2 * k + 4)
            .sum::<usize>();
    let rows = SKIP_VALUES + 3 * (layout.heights.log_rows() as usize - SKIPPED_BITS);
    let page_bits = layout.page_bits();
    let bits = (LOG_PAGE + page_bits + layout.log_height()) as usize;
    let opening = 2 * bits + 2 * present(layout).count();
    let last = 1 << LOG_LAST;
    let elements = tree + rows + layout.values() + opening + 2 * halvings + last;
    let column_bits = (0..page_bits).filter(|bit| is_column_bit(layout, *bit));
    let works = WORKS + halvings + column_bits.count();
    let always = DIGEST * (1 + folds.len()) + element * elements + 8 * works;

    let opened = Opening {
        queries: key.parameters().queries.into(),
    };
    let phases = present(layout).map(|(_, matrix)| {
        let log_size = matrix.log_height + 1;
        let rows = (WORD * matrix.width) as f64 * opened.leaves(log_size);
        2.0 * LENGTH + rows + opened.siblings(log_size)
    });
    let phases: f64 = phases.sum();
    let mut log_size = layout.log_size();
    let entries = folds.into_iter().map(|fold| {
        log_size -= fold;
        let leaf = (element << fold) as f64;
        2.0 * LENGTH + leaf * opened.leaves(log_size) + opened.siblings(log_size)
    });
    always as f64 + phases + entries.sum::<f64>()
}

/// Openings at so many random places.
struct Opening {
    queries: f64,
}

impl Opening {
    /// How many of `2^log_size` leaves are expected to be opened.
    fn leaves(&self, log_size: u32) -> f64 {
        let leaves = f64::from(log_size).exp2();
        // ln_1p is exact where one query hardly ever meets another.
        -leaves * (self.queries * (-1.0 / leaves).ln_1p()).exp_m1()
    }

    /// The bytes of the digests that the leaves do not determine: in each layer, of the children of
    /// those nodes that are determined, those that are not.
    fn siblings(&self, log_size: u32) -> f64 {
        let layers = (1..=log_size).map(|log| 2.0 * self.leaves(log - 1) - self.leaves(log));
        DIGEST as f64 * layers.sum::<f64>()
    }
}

/// Bytes of a base element.
const WORD: usize = 4;
/// Bytes of a digest.
const DIGEST: usize = 32;
/// Bytes of a length.
const LENGTH: f64 = 4.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_queries_meet_where_there_is_room_only() {
        let opening = Opening { queries: 100.0 };
        assert_eq!(opening.leaves(0), 1.0);
        assert!((opening.leaves(1) - 2.0).abs() < 1e-9);
        assert!((opening.leaves(40) - 100.0).abs() < 1e-6);
        // One leaf has a sibling in every layer.
        let one = Opening { queries: 1.0 };
        assert!((one.siblings(20) - 20.0 * 32.0).abs() < 1e-6);
        // All leaves have none.
        assert!(Opening { queries: 1e9 }.siblings(3).abs() < 1e-6);
    }
}
