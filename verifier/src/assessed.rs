//! How sure a proof is, from its parameters and its shape.

use alloc::{string::String, vec::Vec};

use p3_air::{BaseAir, symbolic::AirLayout};
use p3_batch_stark::{common::CommonData, num_batched_openings, symbolic::get_constraint_layout};
use p3_lookup::{LogUpGadget, check_bus_widths};
use p3_security::{
    GrindingSites, InstanceShape, Regime, SecurityReport, StarkAirParams,
    fri::FriRegime,
    logup::{LogUpAir, security_term},
    stark::proven_security_report,
};
use p3_uni_stark::OpeningShape;
use zonda_circuits::machine::{Statement, TableAir};

use crate::{
    engine::{Challenge, Config, Parameters, config},
    key::VerifyingKey,
    shape::Shape,
    verify::{common, tables},
};

/// Bits of the challenge field: floor of log2(p^4).
const CHALLENGE_BITS: usize = 123;
/// Base elements in a challenge.
const CHALLENGE_DEGREE: usize = 4;
/// Collision resistance of BLAKE3 with 256-bit digests.
const HASH_BITS: usize = 128;

/// A source of error, and the bits by which it is bounded.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The source.
    pub name: String,
    /// Minus the base-two logarithm of the bound.
    pub bits: f64,
}

/// The provable security of proofs of one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Security {
    /// The bits of the sum of all terms.
    pub bits: f64,
    /// The regime in which the terms are bounded: unique decoding or list decoding up to the
    /// Johnson bound, whichever gives more. Neither rests on a conjecture.
    pub regime: &'static str,
    /// The terms.
    pub terms: Vec<Term>,
}

/// The provable security of a proof of `shape` under `key`, as computed by `p3-security` in the
/// better of the two proved regimes, and added up over all terms.
pub fn security(key: &VerifyingKey, shape: &Shape) -> Security {
    let tables = tables(key, &Statement::default());
    let config = config(&key.parameters, Vec::new());
    let common = common(&config, &tables, &shape.0);
    assess(&report(&key.parameters, &tables, &common, shape))
}

/// The whole bits of [`security`].
pub fn bits(key: &VerifyingKey, shape: &Shape) -> u32 {
    security(key, shape).bits.max(0.0) as u32
}

fn assess(report: &SecurityReport) -> Security {
    [Some(&report.udr), report.ldr.as_ref()]
        .into_iter()
        .flatten()
        .map(|report| {
            let terms: Vec<_> = report
                .terms()
                .iter()
                .map(|term| Term {
                    name: term.label.into(),
                    bits: term.bits.bits(),
                })
                .collect();
            let sum: f64 = terms.iter().map(|term| libm::exp2(-term.bits)).sum();
            let regime = match report.regime {
                Regime::UniqueDecoding => "unique decoding",
                _ => "list decoding up to the Johnson bound",
            };
            Security {
                bits: -libm::log2(sum),
                regime,
                terms,
            }
        })
        .max_by(|a, b| a.bits.total_cmp(&b.bits))
        .expect("the unique-decoding regime is always assessed")
}

fn report(
    parameters: &Parameters,
    tables: &[TableAir],
    common: &CommonData<Config>,
    shape: &Shape,
) -> SecurityReport {
    let mut constraints = 0;
    let mut batched = 0;
    // The lookup argument's terms, as rows times messages over all tables.
    let mut terms: u64 = 0;
    for ((air, lookups), log_height) in tables.iter().zip(&common.lookups).zip(&shape.0) {
        let layout = get_constraint_layout::<_, Challenge, _, _>(
            air,
            AirLayout::from_air(air),
            lookups,
            &LogUpGadget::new(),
        );
        constraints += layout.base_indices.len() + layout.ext_indices.len();
        batched += num_batched_openings(
            air.width(),
            false,
            air.preprocessed_width(),
            false,
            // Degree 3 makes a quotient of twice the height, which is committed in two chunks.
            2,
            lookups.len(),
            CHALLENGE_DEGREE,
            OpeningShape::Circle,
        );
        let messages: usize = lookups.iter().map(|lookup| lookup.elements.len()).sum();
        terms += (messages as u64) << log_height;
    }
    let log_trace_length = shape.0.iter().copied().max().unwrap_or_default();
    let instance = InstanceShape {
        log_trace_length,
        modulus_bits: CHALLENGE_BITS,
        collision_resistance: HASH_BITS,
        num_batched_functions: batched,
    };
    let air = StarkAirParams {
        num_constraints: constraints,
        max_constraint_degree: 3,
        num_quotient_chunks: 2,
        max_combo: 2,
    };
    let grinding = GrindingSites {
        out_of_domain: parameters.out_of_domain_work_bits,
        batch_combination: parameters.batch_work_bits,
        lookup_challenge: parameters.lookup_work_bits,
    };
    let fri = FriRegime {
        log_blowup: parameters.log_blowup,
        num_queries: parameters.queries,
        log_final_poly_len: 0,
        max_log_arity: 1,
        commit_pow_bits: parameters.fold_work_bits,
        query_pow_bits: parameters.query_work_bits,
    };
    // `p3-security` counts messages per row of the tallest table; ours are counted exactly.
    let per_row = terms.div_ceil(1 << log_trace_length) as usize;
    let lookup = LogUpAir {
        num_interactions: per_row,
        max_message_width: check_bus_widths(&common.lookups).unwrap_or(usize::MAX),
    };
    let extras: Vec<_> = security_term(&lookup, &instance, &grinding)
        .into_iter()
        .collect();
    proven_security_report(&fri, &air, &instance, &extras, &grinding)
}
