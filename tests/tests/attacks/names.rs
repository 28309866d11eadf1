//! Names of the checks by which the verifier refuses proofs.

use zonda::{HeaderError, PartError, VerifyError};
use zonda_verifier::words::WordsError;

/// The name of the check that failed; of a check of a part with the part's number before it.
pub fn said(result: &Result<(), VerifyError>) -> String {
    match result {
        Ok(()) => "nothing".into(),
        Err(VerifyError::Part { part, error }) => format!("part {part}: {}", of_part(error)),
        Err(error) => name(error),
    }
}

/// The name of the check that failed.
pub fn name(error: &VerifyError) -> String {
    match error {
        VerifyError::Key(error) => format!("Key.{}", variant(error)),
        VerifyError::Header(HeaderError::Claim(error)) => format!("Claim.{}", variant(error)),
        VerifyError::Header(HeaderError::Links(error)) => format!("Links.{}", variant(error)),
        VerifyError::Header(HeaderError::Heights { error, .. }) => {
            format!("Heights.{}", variant(error))
        }
        VerifyError::Header(error) => format!("Header.{}", variant(error)),
        VerifyError::Part { error, .. } => of_part(error),
        error => variant(error),
    }
}

/// The name of the check of a part that failed.
fn of_part(error: &PartError) -> String {
    match error {
        PartError::Tree(error) => format!("Tree.{}", variant(error)),
        PartError::Rows(error) => format!("Rows.{}", variant(error)),
        PartError::Opening(error) => format!("Opening.{}", variant(error)),
        PartError::Words(WordsError::Fold(error)) => format!("Words.{}", variant(error)),
        PartError::Words(WordsError::Rows { phase, error }) => {
            format!("Words.Rows {phase} {}", variant(error))
        }
        PartError::Words(error) => format!("Words.{}", variant(error)),
        error => variant(error),
    }
}

/// The name of an error's variant.
pub fn variant(error: &impl std::fmt::Debug) -> String {
    let text = format!("{error:?}");
    text.split([' ', '(']).next().expect("a name").into()
}
