//! A second opinion: zonda's tables proved by another engine.
//!
//! The tables are stated on Plonky3's interfaces, so `p3-batch-stark` over `p3-circle` proves them
//! as they are. It shares the tables with zonda's own engine and nothing else: where both accept or
//! both refuse, two independent engines agree. Benchmarks compare with it, too.
//!
//! A proof is over a list of instances: a table may be in it several times or not at all. Each bus
//! must balance over the list.
//!
//! For development only: this crate is not published.
#![forbid(unsafe_code)]

mod engine;
mod security;

use p3_batch_stark::{BatchProof, ProverData, StarkInstance, prove_batch, verify_batch};
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{F, machine::TableAir};

pub use engine::{Config, Parameters, QUICK, STANDARD};
pub use security::Assessment;

/// A proof of a list of instances.
pub type Proof = BatchProof<Config>;

/// Why the engine has no proof, or refuses one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OracleError {
    /// There is not one trace, or not one height, for each table.
    #[error("{tables} tables, but {others} traces or heights")]
    Instances {
        /// How many tables there are.
        tables: usize,
        /// How many of the others.
        others: usize,
    },
    /// The proof is not of tables of these heights.
    #[error("the proof is of tables of heights 2^{got:?}, not 2^{expected:?}")]
    Heights {
        /// The heights' base-two logarithms, as the verifier's caller has them.
        expected: Vec<usize>,
        /// Those that the proof has.
        got: Vec<usize>,
    },
    /// The engine failed to prove.
    #[error("the engine does not prove: {0}")]
    Prove(String),
    /// The engine refused the proof.
    #[error("the engine refuses: {0}")]
    Verify(String),
}

/// Proves that `traces` are tables that hold and whose buses balance: trace `i` is one of table
/// `i`, which has its preprocessed columns. Traces that do not hold give a proof that is refused.
///
/// # Errors
/// If the lists differ in length, or the engine fails.
///
/// # Panics
/// With debug assertions of the engine on, if a table does not hold.
pub fn prove(
    parameters: &Parameters,
    tables: &[TableAir],
    traces: &[RowMajorMatrix<F>],
    seed: Vec<u8>,
) -> Result<Proof, OracleError> {
    let heights: Vec<_> = traces
        .iter()
        .map(|trace| trace.height().ilog2() as usize)
        .collect();
    let config = engine::config(parameters, seed);
    let data = commit(&config, tables, &heights)?;
    let instances: Vec<_> = tables
        .iter()
        .zip(traces)
        .map(|(air, trace)| StarkInstance {
            air,
            trace,
            public_values: air.public.clone(),
        })
        .collect();
    prove_batch(&config, &instances, &data)
        .map_err(|error| OracleError::Prove(format!("{error:?}")))
}

/// Checks a proof of tables of these heights, given by their base-two logarithms. The tables have
/// their preprocessed columns, to which this commits once more.
///
/// # Errors
/// If the lists differ in length, or the proof does not prove this.
pub fn verify(
    parameters: &Parameters,
    tables: &[TableAir],
    heights: &[usize],
    proof: &Proof,
    seed: Vec<u8>,
) -> Result<(), OracleError> {
    if proof.degree_bits != heights {
        return Err(OracleError::Heights {
            expected: heights.to_vec(),
            got: proof.degree_bits.clone(),
        });
    }
    let config = engine::config(parameters, seed);
    let data = commit(&config, tables, heights)?;
    let public: Vec<_> = tables.iter().map(|air| air.public.clone()).collect();
    verify_batch(&config, tables, proof, &public, &data.common)
        .map_err(|error| OracleError::Verify(format!("{error:?}")))
}

/// The committed cells and the security of a proof of tables of these heights, given by their
/// base-two logarithms.
///
/// # Errors
/// If the lists differ in length, or the engine fails.
pub fn assess(
    parameters: &Parameters,
    tables: &[TableAir],
    heights: &[usize],
) -> Result<Assessment, OracleError> {
    let config = engine::config(parameters, Vec::new());
    let data = commit(&config, tables, heights)?;
    let lookups = &data.common.lookups;
    Ok(security::assess(parameters, tables, heights, lookups))
}

/// The commitment to the tables' preprocessed columns.
fn commit(
    config: &Config,
    tables: &[TableAir],
    heights: &[usize],
) -> Result<ProverData<Config>, OracleError> {
    if tables.len() != heights.len() {
        return Err(OracleError::Instances {
            tables: tables.len(),
            others: heights.len(),
        });
    }
    ProverData::from_airs_and_degrees(config, tables, heights)
        .map_err(|error| OracleError::Prove(format!("{error:?}")))
}
