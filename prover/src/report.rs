//! The report of a proof.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cells::Cells;

/// What a proof took and what it is worth.
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
    /// Mersenne31 elements committed to before blowup, padding included.
    pub committed_cells: u64,
    /// Of those, elements of rows that only fill tables up to a power of two.
    pub padding_cells: u64,
    /// `committed_cells / cycles`.
    pub cells_per_instruction: f64,
    /// Committed cells table by table.
    pub cells: Cells,
    /// Provable security of this proof, in whole bits: the sum of all error terms.
    pub security_bits: u32,
    /// Seconds of execution and recording.
    pub execute_seconds: f64,
    /// Seconds from records to proof bytes, the key's commitment included.
    pub prove_seconds: f64,
    /// Seconds by stage.
    pub stages: BTreeMap<&'static str, f64>,
    /// Thousands of instructions per second of execution and proving.
    pub khz: f64,
    /// The most physical memory the process has held, in bytes; 0 where the system does not say.
    pub peak_rss_bytes: u64,
    /// Length of the proof in bytes.
    pub proof_bytes: u64,
    /// Threads used.
    pub threads: usize,
}
