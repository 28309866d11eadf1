//! A second opinion: zonda's tables proved by another engine.
//!
//! The tables are stated on Plonky3's interfaces, so `p3-batch-stark` over `p3-circle` proves them
//! as they are. It shares the tables with zonda's own engine and nothing else: where both accept or
//! both refuse, two independent engines agree. Benchmarks compare with it, too.
//!
//! A proof is over a list of tables, of which those without rows are left out. Each bus must balance
//! over the list. The engine takes heights that are powers of two only: tables are filled up.
//!
//! For development only: this crate is not published.
#![forbid(unsafe_code)]

mod engine;
mod padding;
mod security;

use p3_batch_stark::{BatchProof, ProverData, StarkInstance, prove_batch, verify_batch};
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{F, machine::TableAir, plonky3::FilledTable};

pub use engine::{Config, Parameters, QUICK, STANDARD};
pub use security::Assessment;

/// A proof of a list of tables.
pub type Proof = BatchProof<Config>;

/// Why the engine has no proof, or refuses one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OracleError {
    /// There is not one trace, or not one height, for each table.
    #[error("{tables} tables, but {others} traces or heights")]
    Tables {
        /// How many tables there are.
        tables: usize,
        /// How many of the others.
        others: usize,
    },
    /// A table has not as many rows as it has preprocessed ones, or as the statement makes.
    #[error("table {table} has {got} rows, not {expected}")]
    Rows {
        /// The table.
        table: &'static str,
        /// How many rows it must have.
        expected: usize,
        /// How many rows it has.
        got: usize,
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
/// If the lists differ in length, or a trace and the columns that its table is given, or the engine
/// fails.
///
/// # Panics
/// With debug assertions of the engine on, if a table does not hold.
pub fn prove(
    parameters: &Parameters,
    tables: &[TableAir],
    mut traces: Vec<RowMajorMatrix<F>>,
    seed: Vec<u8>,
) -> Result<Proof, OracleError> {
    let heights: Vec<_> = traces.iter().map(Matrix::height).collect();
    let filled = Tables::fill_up(tables, &heights)?;
    traces.retain(|trace| trace.height() > 0);
    traces.iter_mut().for_each(padding::trace);
    let config = engine::config(parameters, seed);
    let data = filled.commit(&config)?;
    let instances: Vec<_> = filled
        .airs
        .iter()
        .zip(&traces)
        .map(|(air, trace)| StarkInstance {
            air,
            trace,
            public_values: air.public().to_vec(),
        })
        .collect();
    prove_batch(&config, &instances, &data)
        .map_err(|error| OracleError::Prove(format!("{error:?}")))
}

/// Checks a proof of tables of so many rows each, filled up. The tables have their preprocessed
/// columns, to which this commits once more.
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
    let tables = Tables::fill_up(tables, heights)?;
    if proof.degree_bits != tables.log_heights {
        return Err(OracleError::Heights {
            expected: tables.log_heights,
            got: proof.degree_bits.clone(),
        });
    }
    let config = engine::config(parameters, seed);
    let data = tables.commit(&config)?;
    let public: Vec<_> = tables
        .airs
        .iter()
        .map(|air| air.public().to_vec())
        .collect();
    verify_batch(&config, &tables.airs, proof, &public, &data.common)
        .map_err(|error| OracleError::Verify(format!("{error:?}")))
}

/// The committed cells and the security of a proof of tables of so many rows each, filled up.
///
/// # Errors
/// If the lists differ in length, or the engine fails.
pub fn assess(
    parameters: &Parameters,
    tables: &[TableAir],
    heights: &[usize],
) -> Result<Assessment, OracleError> {
    let tables = Tables::fill_up(tables, heights)?;
    let config = engine::config(parameters, Vec::new());
    let data = tables.commit(&config)?;
    let lookups = &data.common.lookups;
    Ok(security::assess(
        parameters,
        &tables.airs,
        &tables.log_heights,
        lookups,
    ))
}

/// The height to which a table of so many rows is filled up.
pub fn filled_height(rows: usize) -> usize {
    1 << padding::log_height(rows)
}

/// The tables that have rows, filled up.
struct Tables {
    airs: Vec<FilledTable>,
    log_heights: Vec<usize>,
}

impl Tables {
    /// Fills up tables of so many rows each.
    fn fill_up(tables: &[TableAir], heights: &[usize]) -> Result<Self, OracleError> {
        if tables.len() != heights.len() {
            return Err(OracleError::Tables {
                tables: tables.len(),
                others: heights.len(),
            });
        }
        let mut filled = Self {
            airs: Vec::new(),
            log_heights: Vec::new(),
        };
        for (air, rows) in tables.iter().zip(heights) {
            if *rows == 0 {
                continue;
            }
            let given = air.fixed.iter().map(|fixed| fixed.height());
            let mut given = given.chain(air.periodic.iter().map(Vec::len));
            if let Some(expected) = given.find(|expected| expected != rows) {
                return Err(OracleError::Rows {
                    table: air.table.name(),
                    expected,
                    got: *rows,
                });
            }
            filled.airs.push(padding::table(air, *rows));
            filled.log_heights.push(padding::log_height(*rows));
        }
        Ok(filled)
    }

    /// The commitment to the tables' preprocessed columns.
    fn commit(&self, config: &Config) -> Result<ProverData<Config>, OracleError> {
        ProverData::from_airs_and_degrees(config, &self.airs, &self.log_heights)
            .map_err(|error| OracleError::Prove(format!("{error:?}")))
    }
}
