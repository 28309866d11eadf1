//! Why a proof is refused.

use crate::{
    codec::ProofError, fri::FoldError, header::HeaderError, key::KeyError, lengths::LengthError,
    merkle::OpeningError, preset::Preset, shape::MAX_OUTPUT_BYTES,
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
    /// The key does not belong to this machine.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The proof is of another preset than the key asks for.
    #[error("the proof is of preset \"{}\", the key asks for \"{}\"", got.name(), expected.name())]
    Preset {
        /// The key's preset.
        expected: Preset,
        /// The proof's preset.
        got: Preset,
    },
    /// The parts do not make one run of this program with this statement.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The first proof of work fails: it was done for another key, statement or header.
    #[error(
        "proof of work \"global\": the proof was altered, or proves something else than it claims"
    )]
    GlobalWork,
    /// More parts than in the header.
    #[error("the header announces {expected} parts; the proof has more")]
    Surplus {
        /// How many the header announces.
        expected: usize,
    },
    /// A part is refused.
    #[error("part {part}: {error}")]
    Part {
        /// The part.
        part: usize,
        /// Why.
        error: PartError,
    },
    /// Fewer parts than in the header.
    #[error("the header announces {expected} parts; the proof has {got}")]
    Missing {
        /// How many the header announces.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// The messages between the parts do not balance.
    #[error("the global buses do not balance: the parts' claims do not add up to zero")]
    GlobalBalance,
}

/// Why a part of a proof is refused: the check that failed, in the order of the checks.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// A list of the part has another length than its shape asks for.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// The bytes are not a part of this shape.
    #[error(transparent)]
    Encoding(#[from] ProofError),
    /// A proof of work is missing, or was done for another proof.
    #[error("proof of work \"{at}\"")]
    Work {
        /// Before which challenge.
        at: &'static str,
    },
    /// The out-of-domain point is one of the few that cannot be used.
    #[error("the out-of-domain point cannot be used")]
    Point,
    /// The messages of the part's tables do not balance.
    #[error("the buses do not balance: the claimed sums do not add up to zero")]
    Balance,
    /// The constraints do not hold at the out-of-domain point.
    #[error("the constraints do not hold at the out-of-domain point")]
    Constraints,
    /// The opened rows of a phase are not those committed to.
    #[error("opened rows of phase {phase}: {error}")]
    Rows {
        /// The phase.
        phase: usize,
        /// The error.
        error: OpeningError,
    },
    /// The columns do not have the opened values, or are of too high a degree.
    #[error("low-degree test: {0}")]
    Folding(#[from] FoldError),
}
