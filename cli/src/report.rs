//! The report of `zonda prove`: what the library reports, and what its proof is made of, is worth
//! and costs to verify.

use std::collections::BTreeMap;

use serde::Serialize;
use zonda::{Cost, Operations, Parameters, Preset, Proof, Report, Sizes, VerifyingKey, security};

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
    /// The bounds that `security_bits` comes from; none if the proof's shape is not analysed.
    security: Option<Security>,
    /// Bytes of the proof by part; they add up to `proof_bytes`.
    proof_parts: Parts,
    /// Seconds from program and input to the proof, as the caller waits: stages, and what is
    /// between them.
    wall_seconds: f64,
    /// What verifying took.
    verification: Verification,
}

/// How a proof was verified.
#[derive(Clone, Copy, Debug)]
pub struct Verified {
    /// The operations.
    pub cost: Cost,
    /// Seconds from the proof's bytes to the verdict.
    pub seconds: f64,
}

impl<'a> ProofReport<'a> {
    /// Reports on a proof that was verified.
    pub fn new(
        report: &'a Report,
        key: &VerifyingKey,
        proof: &Proof,
        wall_seconds: f64,
        verified: &Verified,
    ) -> Self {
        Self {
            report,
            platform: zonda::platform(),
            preset: key.preset().name(),
            parameters: parameters(key.parameters()).into(),
            security: key.security(&proof.header).ok().map(Security::from),
            proof_parts: proof.sizes().unwrap_or_default().into(),
            wall_seconds,
            verification: Verification {
                seconds: verified.seconds,
                operations: operations(&verified.cost),
            },
        }
    }
}

/// The parameters, by name.
pub const fn parameters(parameters: &Parameters) -> [(&'static str, u32); 8] {
    [
        ("queries", parameters.queries),
        ("global_work_bits", parameters.global_work_bits),
        ("lookup_work_bits", parameters.lookup_work_bits),
        ("constraints_work_bits", parameters.constraints_work_bits),
        ("point_work_bits", parameters.point_work_bits),
        ("batch_work_bits", parameters.batch_work_bits),
        ("fold_work_bits", parameters.fold_work_bits),
        ("query_work_bits", parameters.query_work_bits),
    ]
}

/// What a preset is, in a few words.
pub fn described(preset: Preset) -> String {
    let (name, degree) = (preset.name(), preset.degree());
    format!("{name}: challenges of degree {degree}")
}

#[derive(Debug, Serialize)]
struct Security {
    /// Provable bits: the sum of all terms, at most those of the hash.
    bits: f64,
    /// Within which distance words are taken for codewords.
    regime: String,
    /// Every way to be deceived.
    terms: Vec<Term>,
    /// Bits of the hash's collision resistance.
    hash_bits: f64,
    /// The sum of all terms in the Johnson regime: for information, not claimed.
    johnson_bits: f64,
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
            bits: security.bits(),
            regime: security.claimed.regime.to_string(),
            terms: security.claimed.terms.iter().map(term).collect(),
            hash_bits: security.hash_bits,
            johnson_bits: security.johnson.bits,
        }
    }
}

#[derive(Debug, Serialize)]
struct Parts {
    header: u64,
    roots: u64,
    claims: u64,
    opened: u64,
    fold_roots: u64,
    last: u64,
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
    sums: u64,
    quotient: u64,
}

impl From<[u64; 7]> for Phases {
    fn from([lookup, program, gaps, boundary, main, sums, quotient]: [u64; 7]) -> Self {
        Self {
            fixed: lookup + program + gaps,
            boundary,
            main,
            sums,
            quotient,
        }
    }
}

impl From<Sizes> for Parts {
    fn from(sizes: Sizes) -> Self {
        Self {
            header: sizes.header,
            roots: sizes.roots,
            claims: sizes.claims,
            opened: sizes.opened,
            fold_roots: sizes.fold_roots,
            last: sizes.last,
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
    /// Multiplications of base elements.
    base_products: u64,
    /// Inversions of challenge-field elements.
    inversions: u64,
}

fn operations(cost: &Cost) -> BTreeMap<&'static str, Counts> {
    let counts = |operations: Operations| Counts {
        compressions: operations.compressions,
        products: operations.products,
        scalings: operations.scalings,
        base_products: operations.base_products,
        inversions: operations.inversions,
    };
    [
        ("transcript", cost.transcript),
        ("statement", cost.statement),
        ("constraints", cost.constraints),
        ("openings", cost.openings),
        ("batch", cost.batch),
        ("folding", cost.folding),
        ("total", cost.total()),
    ]
    .into_iter()
    .map(|(part, operations)| (part, counts(operations)))
    .collect()
}
