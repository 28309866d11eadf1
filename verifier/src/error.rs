//! Why a proof is refused.

use crate::{
    header::HeaderError, heights::MAX_OUTPUT_BYTES, key::KeyError, part::PartError, preset::Preset,
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
