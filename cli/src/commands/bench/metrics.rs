//! The metrics of a proof.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The fields of `zonda prove`'s report that metrics are made of.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Proved {
    pub program_id: String,
    pub exit_code: u32,
    pub output_hex: String,
    pub cycles: u64,
    pub committed_cells: u64,
    /// Older reports have none.
    pub messages: Option<u64>,
    pub boundary_cells: u64,
    pub shards: u64,
    pub parts: u64,
    pub estimate_bytes: u64,
    pub security_bits: u32,
    pub execute_seconds: f64,
    pub prove_seconds: f64,
    pub wall_seconds: f64,
    pub stages: BTreeMap<String, f64>,
    pub peak_rss_bytes: u64,
    pub proof_bytes: u64,
    pub threads: usize,
    pub verification: Verification,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Verification {
    pub seconds: f64,
    /// Older reports have none.
    #[serde(default)]
    pub operations: BTreeMap<String, Operations>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Operations {
    pub compressions: u64,
    pub products: u64,
    pub scalings: u64,
}

impl Proved {
    /// A number of operations of verification.
    fn operations(&self, of: fn(&Operations) -> u64) -> Option<u64> {
        self.verification.operations.get("total").map(of)
    }
}

/// Which way a metric is meant to go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Better {
    Lower,
    Higher,
}

/// A number that is measured.
pub struct Metric {
    /// Its name in reports.
    pub name: &'static str,
    /// Which way it is meant to go.
    pub better: Better,
    /// Whether it is the same each time: one sample is enough.
    pub exact: bool,
    /// The number, of a proof on this many cores; not a number if the report does not have it.
    pub of: fn(&Proved, usize) -> f64,
}

const fn measured(name: &'static str, better: Better, of: fn(&Proved, usize) -> f64) -> Metric {
    Metric {
        name,
        better,
        exact: false,
        of,
    }
}

const fn counted(name: &'static str, better: Better, of: fn(&Proved, usize) -> f64) -> Metric {
    Metric {
        name,
        better,
        exact: true,
        of,
    }
}

fn number(number: Option<u64>) -> f64 {
    number.map_or(f64::NAN, |number| number as f64)
}

use Better::{Higher, Lower};

/// All metrics, in the order in which they are shown.
pub const METRICS: [Metric; 19] = [
    counted("cycles", Lower, |p, _| p.cycles as f64),
    measured("prove_khz", Higher, |p, _| {
        p.cycles as f64 / p.prove_seconds / 1e3
    }),
    measured("end_to_end_khz", Higher, |p, _| {
        p.cycles as f64 / p.wall_seconds / 1e3
    }),
    measured("ns_per_cell_and_core", Lower, |p, cores| {
        p.prove_seconds * 1e9 * p.threads.min(cores) as f64 / p.committed_cells as f64
    }),
    counted("cells_per_instruction", Lower, |p, _| {
        p.committed_cells as f64 / p.cycles as f64
    }),
    counted("messages_per_instruction", Lower, |p, _| {
        number(p.messages) / p.cycles as f64
    }),
    counted("boundary_share", Lower, |p, _| {
        p.boundary_cells as f64 / p.committed_cells as f64
    }),
    counted("parts", Lower, |p, _| p.parts as f64),
    measured("wall_seconds", Lower, |p, _| p.wall_seconds),
    measured("execute_seconds", Lower, |p, _| p.execute_seconds),
    measured("prove_seconds", Lower, |p, _| p.prove_seconds),
    measured("peak_rss_bytes", Lower, |p, _| p.peak_rss_bytes as f64),
    measured("estimate_over_peak", Lower, |p, _| {
        p.estimate_bytes as f64 / p.peak_rss_bytes as f64
    }),
    measured("proof_bytes", Lower, |p, _| p.proof_bytes as f64),
    measured("proof_bytes_per_shard", Lower, |p, _| {
        p.proof_bytes as f64 / p.shards as f64
    }),
    measured("verify_ms", Lower, |p, _| p.verification.seconds * 1e3),
    measured("verify_compressions", Lower, |p, _| {
        number(p.operations(|o| o.compressions))
    }),
    measured("verify_products", Lower, |p, _| {
        number(p.operations(|o| o.products))
    }),
    measured("verify_scalings", Lower, |p, _| {
        number(p.operations(|o| o.scalings))
    }),
];
