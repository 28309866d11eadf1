//! Tasks as bytes.

/// Bytes that are no task.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskReadError {}
