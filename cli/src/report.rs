//! The report of `zonda prove`: the library's report, and the proof's pieces, security and cost of
//! verification.

use std::collections::BTreeMap;

use serde::Serialize;
use zonda::{
    Cost, Operations, Parameters, Preset, Report, Sizes, Statement, VerifyingKey, security,
};

use crate::commands::Accepted;

/// The report of `zonda prove`.
#[derive(Debug, Serialize)]
pub struct ProofReport<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// The vectors that the prover computed with.
    platform: &'static str,
    /// The preset's name.
    preset: &'static str,
    /// The preset's parameters.
    parameters: BTreeMap<&'static str, u32>,
    /// The bounds that `security_bits` comes from; `None` if the proof's heights are not analysed.
    security: Option<Security>,
    /// `proof_bytes / shards`.
    proof_bytes_per_shard: u64,
    /// Bytes of the proof by what they are; they add up to `proof_bytes`.
    proof_parts: Parts,
    /// Seconds from program and input to the proof: stages, and the time between them.
    wall_seconds: f64,
    /// What verifying took.
    verification: Verification,
}

impl<'a> ProofReport<'a> {
    /// Reports on a proof that was verified.
    pub fn new(
        report: &'a Report,
        key: &VerifyingKey,
        wall_seconds: f64,
        accepted: &Accepted,
    ) -> Self {
        Self {
            report,
            platform: zonda::platform(),
            preset: key.preset().name(),
            parameters: parameters(key.parameters()).into(),
            security: key.security(&accepted.header).ok().map(Security::from),
            proof_bytes_per_shard: accepted.bytes_per_shard(),
            proof_parts: accepted.sizes.into(),
            wall_seconds,
            verification: Verification {
                seconds: accepted.seconds,
                operations: operations(&accepted.cost),
            },
        }
    }
}

/// The report of `zonda verify`, of a proof that was accepted.
#[derive(Debug, Serialize)]
pub struct VerifyReport {
    /// The program's id, in hexadecimal.
    program_id: String,
    /// The exit code that the proof states.
    exit_code: u32,
    /// The public output, in hexadecimal.
    output_hex: String,
    /// The preset's name.
    preset: &'static str,
    /// Provable bits, in whole.
    security_bits: u32,
    /// How many shards the run was cut into.
    shards: u32,
    /// How many parts the proof has.
    parts: usize,
    /// Length of the proof in bytes.
    proof_bytes: u64,
    /// That, for each shard.
    proof_bytes_per_shard: u64,
    /// Length of each part in bytes.
    part_bytes: Vec<u64>,
    /// Bytes of the proof by what they are; they add up to `proof_bytes`.
    proof_parts: Parts,
    /// What verifying took.
    verification: Verification,
    /// The most physical memory the process has held, in bytes; 0 where the system does not report it.
    peak_rss_bytes: u64,
}

impl VerifyReport {
    /// Reports on a proof that was accepted.
    pub fn new(key: &VerifyingKey, statement: &Statement, accepted: &Accepted) -> Self {
        let header = &accepted.header;
        Self {
            program_id: hex::encode(key.program_id()),
            exit_code: statement.exit_code,
            output_hex: hex::encode(&statement.output),
            preset: key.preset().name(),
            security_bits: key.security_bits(header),
            shards: header.shards,
            parts: header.parts.len(),
            proof_bytes: accepted.sizes.total(),
            proof_bytes_per_shard: accepted.bytes_per_shard(),
            part_bytes: accepted.part_bytes.clone(),
            proof_parts: accepted.sizes.into(),
            verification: Verification {
                seconds: accepted.seconds,
                operations: operations(&accepted.cost),
            },
            peak_rss_bytes: zonda::peak_rss_bytes().unwrap_or_default(),
        }
    }
}

/// The parameters, by name.
pub const fn parameters(parameters: &Parameters) -> [(&'static str, u32); 7] {
    [
        ("queries", parameters.queries),
        ("global_work_bits", parameters.global_work_bits),
        ("lookup_work_bits", parameters.lookup_work_bits),
        ("columns_work_bits", parameters.columns_work_bits),
        ("words_work_bits", parameters.words_work_bits),
        ("fold_work_bits", parameters.fold_work_bits),
        ("query_work_bits", parameters.query_work_bits),
    ]
}

/// A preset, in a few words.
pub fn described(preset: Preset) -> String {
    let (name, degree) = (preset.name(), preset.degree());
    format!("{name}: challenges of degree {degree}")
}

#[derive(Debug, Serialize)]
struct Security {
    /// Provable bits: the sum of all terms.
    bits: f64,
    /// Every way to be deceived.
    terms: Vec<Term>,
}

#[derive(Debug, Serialize)]
struct Term {
    name: String,
    bits: f64,
}

impl From<security::Security> for Security {
    fn from(security: security::Security) -> Self {
        let term = |term: &security::Term| Term {
            name: term.source.to_string(),
            bits: term.bits,
        };
        Self {
            bits: security.bits,
            terms: security.terms.iter().map(term).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Parts {
    header: u64,
    roots: u64,
    tree: u64,
    sums: u64,
    values: u64,
    halves: u64,
    nonces: u64,
    rows: Phases,
    siblings: Phases,
    fold_entries: u64,
    fold_siblings: u64,
}

#[derive(Debug, Serialize)]
struct Phases {
    fixed: u64,
    boundary: u64,
    main: u64,
}

impl From<[u64; 4]> for Phases {
    fn from([program, gaps, boundary, main]: [u64; 4]) -> Self {
        Self {
            fixed: program + gaps,
            boundary,
            main,
        }
    }
}

impl From<Sizes> for Parts {
    fn from(sizes: Sizes) -> Self {
        Self {
            header: sizes.header,
            roots: sizes.roots,
            tree: sizes.tree,
            sums: sizes.sums,
            values: sizes.values,
            halves: sizes.halves,
            nonces: sizes.nonces,
            rows: sizes.rows.into(),
            siblings: sizes.siblings.into(),
            fold_entries: sizes.fold_entries,
            fold_siblings: sizes.fold_siblings,
        }
    }
}

#[derive(Debug, Serialize)]
struct Verification {
    /// Seconds from the proof's bytes to the verdict.
    seconds: f64,
    /// Operations by part, and in total.
    operations: BTreeMap<&'static str, Counts>,
}

/// Operations of one part of a verification.
#[derive(Debug, Serialize)]
struct Counts {
    /// Compressions of BLAKE3.
    compressions: u64,
    /// Multiplications of challenge-field elements.
    products: u64,
    /// Multiplications of a challenge-field element with a base element.
    scalings: u64,
}

fn operations(cost: &Cost) -> BTreeMap<&'static str, Counts> {
    let counts = |operations: Operations| Counts {
        compressions: operations.compressions,
        products: operations.products,
        scalings: operations.scalings,
    };
    [
        ("transcript", cost.transcript),
        ("tree", cost.tree),
        ("rows", cost.rows),
        ("opening", cost.opening),
        ("words", cost.words),
        ("total", cost.total()),
    ]
    .into_iter()
    .map(|(part, operations)| (part, counts(operations)))
    .collect()
}
