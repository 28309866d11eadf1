//! How sure the engine's proofs are, by Plonky3's own account.

use p3_air::symbolic::AirLayout;
use p3_batch_stark::{num_batched_openings, symbolic::get_symbolic_constraints};
use p3_lookup::{LogUpGadget, Lookups};
use p3_mersenne_31::QM31;
use p3_security::{
    GrindingSites, InstanceShape, StarkAirParams,
    fri::{FriRegime, commit_phase_error_udr, query_phase_error},
    logup::{self, LogUpAir},
    proximity::alpha_udr,
    report::{COLLISION_LABEL, LDT_COMMIT_LABEL, LDT_LABEL, LDT_QUERY_LABEL},
    stark::proven_security_report,
};
use p3_uni_stark::OpeningShape;
use zonda_circuits::{F, plonky3::FilledTable};

use crate::engine::{LOG_BLOWUP, Parameters};

/// Bits of the challenge field, of which `p3-security` takes whole ones: 124 for 123.999999997.
const CHALLENGE_BITS: usize = 124;
/// Base elements of a challenge.
const DEGREE: usize = 4;
/// Bits of a collision of BLAKE3's digests.
const COLLISION_BITS: usize = 128;
/// The tables' constraints are of this degree, with those of the lookup argument.
const CONSTRAINT_DEGREE: usize = 3;
/// So a quotient has two parts.
const QUOTIENT_CHUNKS: usize = CONSTRAINT_DEGREE - 1;

/// A proof's committed cells, and its security.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// Provable bits in the unique-decoding regime: those of the sum of all terms.
    pub bits: f64,
    /// The terms, each with its bits, proof of work included.
    pub terms: Vec<(&'static str, f64)>,
    /// The figure that `p3-security` reports: the least term, in the regime where that is more.
    pub reported_bits: f64,
    /// Mersenne31 elements committed to before blowup, preprocessed columns not counted.
    pub committed_cells: u64,
}

/// Assesses proofs of these tables, of these heights, with these messages.
pub(crate) fn assess(
    parameters: &Parameters,
    tables: &[FilledTable],
    heights: &[usize],
    lookups: &[Lookups<F>],
) -> Assessment {
    let (mut constraints, mut openings, mut cells) = (0, 0, 0);
    let (mut messages, mut widest) = (0, 0);
    for ((air, log_height), lookups) in tables.iter().zip(heights).zip(lookups) {
        let layout = AirLayout::from_air::<F>(air);
        let (base, extension) =
            get_symbolic_constraints::<F, QM31, _, _>(air, layout, lookups, &LogUpGadget);
        constraints += base.len() + extension.len();

        // No row looks at another row.
        let (main, fixed) = (air.table().trace_width(), air.fixed_width());
        let (columns, shape) = (lookups.len(), OpeningShape::Circle);
        openings += num_batched_openings(
            main,
            false,
            fixed,
            false,
            QUOTIENT_CHUNKS,
            columns,
            DEGREE,
            shape,
        );
        // A column for each pair of messages that share one, and one for the sum.
        let sums = columns + usize::from(columns > 0);
        cells += ((main + DEGREE * (sums + QUOTIENT_CHUNKS)) as u64) << log_height;

        let fields = lookups.iter().flat_map(|lookup| &lookup.elements);
        messages += fields.clone().count() << log_height;
        widest = fields.map(Vec::len).fold(widest, usize::max);
    }

    let log_height = heights.iter().copied().max().unwrap_or_default();
    let instance = InstanceShape {
        log_trace_length: log_height,
        modulus_bits: CHALLENGE_BITS,
        collision_resistance: COLLISION_BITS,
        num_batched_functions: openings,
    };
    let air = StarkAirParams {
        num_constraints: constraints,
        max_constraint_degree: CONSTRAINT_DEGREE,
        num_quotient_chunks: QUOTIENT_CHUNKS,
        // The running sum is opened at two points.
        max_combo: 2,
    };
    let fri = FriRegime {
        log_blowup: LOG_BLOWUP,
        num_queries: parameters.queries,
        log_final_poly_len: 0,
        max_log_arity: 1,
        commit_pow_bits: parameters.fold_work_bits,
        query_pow_bits: parameters.query_work_bits,
    };
    let work = GrindingSites {
        out_of_domain: parameters.work_bits,
        batch_combination: parameters.work_bits,
        lookup_challenge: parameters.work_bits,
    };
    let messages = LogUpAir {
        num_interactions: messages.div_ceil(1 << log_height),
        max_message_width: widest,
    };
    let lookups: Vec<_> = logup::security_term(&messages, &instance, &work)
        .into_iter()
        .collect();
    let report = proven_security_report(&fri, &air, &instance, &lookups, &work);

    // Of folding and queries the report has the lesser only, and for one round: here they are terms
    // of their own. That of a collision stays beside the sum.
    let terms = report.udr.terms().iter();
    let mut terms: Vec<_> = terms
        .filter(|term| ![LDT_LABEL, COLLISION_LABEL].contains(&term.label))
        .map(|term| (term.label, term.bits.bits()))
        .collect();
    let round = commit_phase_error_udr(&fri, &instance).map_or(0.0, |round| round.bits());
    let rounds = log_height + LOG_BLOWUP;
    terms.push((LDT_COMMIT_LABEL, round - (rounds as f64).log2()));
    let alpha = alpha_udr(log_height, LOG_BLOWUP, air.max_combo);
    let queries = query_phase_error(alpha, fri.num_queries, fri.query_pow_bits);
    terms.push((LDT_QUERY_LABEL, queries.bits()));

    let error: f64 = terms.iter().map(|(_, bits)| (-bits).exp2()).sum();
    Assessment {
        bits: -error.log2(),
        terms,
        reported_bits: report.security_bits(),
        committed_cells: cells,
    }
}
