//! A directory in which finished parts wait for the others.

/// A work directory that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {}
