//! Lists that belong together are equally long.

/// Lists that belong together and are not equally long. None of those that a part's encoding yields are: the
/// functions that take them check it all the same, since a `zip` would leave out what is too much.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}: there are {got}, there must be {expected}")]
pub struct LengthError {
    /// What is listed.
    pub what: &'static str,
    /// How many there must be.
    pub expected: usize,
    /// How many there are.
    pub got: usize,
}

/// Checks that there are as many as there must be.
///
/// # Errors
/// If there are more or fewer.
pub(crate) const fn check(
    what: &'static str,
    expected: usize,
    got: usize,
) -> Result<(), LengthError> {
    if expected == got {
        Ok(())
    } else {
        Err(LengthError {
            what,
            expected,
            got,
        })
    }
}
