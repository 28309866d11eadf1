//! The report of a proof.

use std::collections::BTreeMap;

use serde::Serialize;
use zonda_riscv_emu::record::Family;

use crate::{
    cells::Cells, job::Job, memory::peak_rss_bytes, plan::Plan, setup::Setup, stage::Stage,
};

/// A proof's cost and security.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The program's id, in hexadecimal.
    pub program_id: String,
    /// The argument of `exit`.
    pub exit_code: u32,
    /// The public output, in hexadecimal.
    pub output_hex: String,
    /// Executed instructions.
    pub cycles: u64,
    /// Executed instructions by family.
    pub families: BTreeMap<&'static str, u64>,
    /// Loads and stores off their natural alignment.
    pub misaligned_accesses: u64,
    /// How many shards the run was cut into.
    pub shards: u64,
    /// How many parts the proof has: one for each shard, and those that close the run.
    pub parts: u64,
    /// Of these, parts that were found finished in the work directory. The time they took is in no
    /// figure here.
    pub finished_before: u64,
    /// Mersenne31 elements committed to before blowup, in all parts.
    pub committed_cells: u64,
    /// Of those, elements committed to before the global challenges.
    pub boundary_cells: u64,
    /// `committed_cells / cycles`.
    pub cells_per_instruction: f64,
    /// Messages of all rows, in all parts: leaves of the trees of fractions.
    pub messages: u64,
    /// Committed cells table by table, over all parts.
    pub cells: Cells,
    /// Provable security of this proof, in whole bits: the sum of all error terms.
    pub security_bits: u32,
    /// Seconds of execution, replays included.
    pub execute_seconds: f64,
    /// All other seconds, the key's commitment included.
    pub prove_seconds: f64,
    /// Seconds by stage, over all parts.
    pub stages: BTreeMap<&'static str, f64>,
    /// Thousands of instructions per second of execution and proving.
    pub khz: f64,
    /// The most physical memory the process has held, in bytes; 0 where the system does not report it.
    pub peak_rss_bytes: u64,
    /// How much it was estimated to hold, in bytes.
    pub estimate_bytes: u64,
    /// How much it was allowed to hold, in bytes.
    pub budget_bytes: u64,
    /// Length of the proof in bytes.
    pub proof_bytes: u64,
    /// Length of each part in bytes.
    pub part_bytes: Vec<u64>,
    /// Threads used.
    pub threads: usize,
}

impl Report {
    /// The report of a job that is done.
    pub(crate) fn new(
        setup: &Setup<'_>,
        plan: &Plan,
        job: &Job<'_>,
        part_bytes: Vec<u64>,
        estimate_bytes: u64,
        budget_bytes: u64,
    ) -> Self {
        let key = &setup.key;
        let cells = Cells::count(&plan.header);
        let families: BTreeMap<_, _> = Family::ALL
            .into_iter()
            .map(|family| (family.name(), plan.instructions[family as usize]))
            .collect();
        let cycles = plan.instructions.iter().sum();
        let execute = job.of(Stage::Execute).as_secs_f64();
        let total = job.total().as_secs_f64();
        let committed = cells.committed();
        let header_bytes = plan.header.to_bytes().len() as u64;
        let length_bytes = 4 * part_bytes.len() as u64;
        Self {
            program_id: hex(key.program_id()),
            exit_code: plan.statement.exit_code,
            output_hex: hex(&plan.statement.output),
            cycles,
            misaligned_accesses: families[Family::LoadStoreMisaligned.name()],
            families,
            shards: u64::from(plan.header.shards),
            parts: plan.header.parts.len() as u64,
            finished_before: 0,
            committed_cells: committed,
            boundary_cells: cells.boundary(),
            messages: cells.messages(),
            cells_per_instruction: committed as f64 / cycles as f64,
            cells,
            security_bits: key.security_bits(&plan.header),
            execute_seconds: execute,
            prove_seconds: total - execute,
            stages: Stage::ALL
                .into_iter()
                .map(|stage| (stage.name(), job.of(stage).as_secs_f64()))
                .collect(),
            khz: cycles as f64 / total / 1000.0,
            peak_rss_bytes: peak_rss_bytes().unwrap_or_default(),
            estimate_bytes,
            budget_bytes,
            proof_bytes: header_bytes + length_bytes + part_bytes.iter().sum::<u64>(),
            part_bytes,
            threads: rayon::current_num_threads(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
