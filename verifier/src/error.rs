//! Why a proof is refused.

use crate::{
    fri::FoldError,
    merkle::OpeningError,
    preset::Preset,
    security::SettingError,
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
    /// The key asks for parameters that no key can ask for.
    #[error("the key's parameters are impossible")]
    Parameters,
    /// The proof is of another preset than the key asks for.
    #[error("the proof is of preset \"{}\", the key asks for \"{}\"", got.name(), expected.name())]
    Preset {
        /// The key's preset.
        expected: Preset,
        /// The proof's preset.
        got: Preset,
    },
    /// The tables' heights are not those of a proof of this program and statement.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The shape is outside of what the security analysis covers.
    #[error("no security is claimed for this shape: {0}")]
    Security(#[from] SettingError),
    /// The proof does not have the parts that its shape calls for.
    #[error("the proof has {got} {part}; its shape calls for {expected}")]
    Parts {
        /// The part.
        part: &'static str,
        /// How many the shape calls for.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// The first proof of work fails: it was done for another program, statement or shape.
    #[error("proof of work \"global\": this is not a proof of this statement under this key")]
    Statement,
    /// A proof of work is missing, or was done for another proof.
    #[error("proof of work \"{at}\"")]
    Work {
        /// Before which challenge.
        at: &'static str,
    },
    /// The messages of the tables do not balance.
    #[error("the buses do not balance: the claimed sums do not add up to zero")]
    Balance,
    /// The out-of-domain point is one of the few that cannot be used.
    #[error("the out-of-domain point cannot be used")]
    Point,
    /// The constraints do not hold at the out-of-domain point.
    #[error("the constraints do not hold at the out-of-domain point")]
    Constraints,
    /// The opened rows of a phase are not those committed to.
    #[error("opened rows of phase {phase}: {error}")]
    Rows {
        /// The phase.
        phase: usize,
        /// What is wrong.
        error: OpeningError,
    },
    /// The columns do not have the opened values, or are of too high a degree.
    #[error("low-degree test: {0}")]
    Folding(#[from] FoldError),
}
