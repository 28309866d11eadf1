//! Verification.

use alloc::{format, string::String, vec::Vec};

use p3_batch_stark::{
    BatchVerificationError, CommonData, ProverData, VerificationError, verify_batch,
};
use zonda_circuits::machine::{Image, Statement, TableAir, airs};

use crate::{
    engine::{Config, config},
    key::VerifyingKey,
    proof::Proof,
    shape::{MAX_OUTPUT_BYTES, ShapeError},
};

/// Why a proof is refused: the check that failed, in the order of the checks.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The statement has more public output than any proof can state.
    #[error("the statement has {got} bytes of output; a proof states at most {MAX_OUTPUT_BYTES}")]
    Output {
        /// How many bytes it has.
        got: usize,
    },
    /// The tables' heights are not those of a proof of this program and statement.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The proof does not have the parts that its heights call for.
    #[error("the proof's parts do not fit its tables: {0}")]
    Parts(String),
    /// A proof of work is missing, or was done for another program, statement or proof.
    #[error("proof of work: {0}")]
    Work(String),
    /// An opening does not match its commitment, or a committed table is of too high a degree.
    #[error("openings: {0}")]
    Openings(String),
    /// The constraints do not hold at the out-of-domain point.
    #[error("the constraints do not hold at the out-of-domain point: {0}")]
    Constraints(String),
    /// The messages of the tables do not balance.
    #[error("the buses do not balance: {0}")]
    Buses(String),
}

impl<E: core::fmt::Debug> From<BatchVerificationError<E>> for VerifyError {
    fn from(error: BatchVerificationError<E>) -> Self {
        match error {
            BatchVerificationError::Lookup(error) => Self::Buses(format!("{error}")),
            BatchVerificationError::Transcript(error) => Self::Work(format!("{error}")),
            BatchVerificationError::Verification(error) => match error {
                VerificationError::InvalidProofShape(error) => Self::Parts(format!("{error}")),
                VerificationError::InvalidOpeningArgument(error) => {
                    Self::Openings(format!("{error:?}"))
                }
                error => Self::Constraints(format!("{error:?}")),
            },
        }
    }
}

/// What the transcript begins with: everything that the caller supplies.
///
/// The engine itself absorbs the heights, the key's commitment, and everything that the proof
/// holds.
pub fn seed(key: &VerifyingKey, statement: &Statement) -> Vec<u8> {
    let mut seed = Vec::from(*b"zonda/p3-batch-stark/0");
    let parameters = &key.parameters;
    seed.extend(
        [
            parameters.log_blowup,
            parameters.queries,
            parameters.lookup_work_bits,
            parameters.out_of_domain_work_bits,
            parameters.batch_work_bits,
            parameters.fold_work_bits,
            parameters.query_work_bits,
        ]
        .into_iter()
        .flat_map(|value| (value as u64).to_le_bytes()),
    );
    seed.extend(key.program_id);
    seed.extend(key.entry.to_le_bytes());
    seed.extend(statement.exit_code.to_le_bytes());
    seed.extend((statement.output.len() as u64).to_le_bytes());
    seed.extend(&statement.output);
    seed
}

/// Checks that the program of `key`, on some input, ran to `exit(statement.exit_code)` and made
/// `statement.output` public.
///
/// # Errors
/// The first check that failed.
///
/// # Soundness
/// The error bound is that of [`security::bits`](crate::security::bits) for the proof's shape.
pub fn verify(key: &VerifyingKey, statement: &Statement, proof: &Proof) -> Result<(), VerifyError> {
    if statement.output.len() > MAX_OUTPUT_BYTES {
        return Err(VerifyError::Output {
            got: statement.output.len(),
        });
    }
    let shape = proof.shape();
    key.check_shape(&shape, statement)?;

    let config = config(&key.parameters, seed(key, statement));
    let tables = tables(key, statement);
    let mut common = common(&config, &tables, &shape.0);
    common.preprocessed = Some(key.preprocessed());
    let public: Vec<_> = tables.iter().map(|air| air.public.clone()).collect();
    verify_batch(&config, &tables, &proof.inner, &public, &common)?;
    Ok(())
}

/// The machine's tables as a verifier sees them: preprocessed columns are known by the key.
pub(crate) fn tables(key: &VerifyingKey, statement: &Statement) -> Vec<TableAir> {
    let image = Image {
        entry: key.entry,
        ..Image::default()
    };
    airs(&image, statement, false)
}

/// How the tables' messages are packed into columns, which the heights do not influence.
pub(crate) fn common(
    config: &Config,
    tables: &[TableAir],
    heights: &[usize],
) -> CommonData<Config> {
    ProverData::from_airs_and_degrees(config, tables, heights)
        .expect("nothing is committed to where there are no preprocessed columns")
        .common
}
