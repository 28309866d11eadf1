//! How much memory proving may take, and how a run is cut so that it takes no more.

use zonda_riscv_emu::{
    execute::{self, Host},
    record::Family,
    shard::{Costs, Cut},
};

use crate::{
    engine::Engine,
    error::ProveError,
    job::Job,
    pipeline::Options,
    plan::{Cutting, Plan, PlanError},
    setup::Setup,
};

/// How much memory proving may take, and how long shards may be.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Budget {
    /// How many bytes of memory proving may take.
    pub bytes: Option<u64>,
    /// The most instructions of a shard.
    pub shard_cycles: Option<u64>,
}

impl Budget {
    /// Plans a run's proof within the budget.
    pub(crate) fn plan(
        &self,
        engine: &Engine,
        setup: &Setup<'_>,
        input: &[u8],
        options: &Options<'_>,
        host: &mut (dyn Host + Send),
        job: &mut Job<'_>,
    ) -> Result<Plan, ProveError> {
        let cutting = Cutting {
            limits: execute::Options {
                max_cycles: options.max_cycles,
                ..Default::default()
            },
            cut: Cut {
                max_cycles: self.shard_cycles.unwrap_or(1 << 21),
                capacity: u64::MAX,
                costs: Costs {
                    instructions: [0; Family::ALL.len()],
                    transferred_word: 0,
                    touched_word: 0,
                    distinct_instruction: 0,
                },
            },
            part_bytes: u64::MAX,
            keep_bytes: 64 << 20,
        };
        match Plan::new(engine, setup, input, &cutting, host, job) {
            Ok(plan) => Ok(plan),
            Err(PlanError::Prove(error)) => Err(error),
            Err(PlanError::Over { bytes }) => Err(ProveError::Budget {
                needed: bytes,
                budget: 0,
            }),
        }
    }
}
