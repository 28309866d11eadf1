//! The stages of a proof: one name for tracing spans, progress, and reports.

use std::fmt;

/// A stage of proving.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// Running the guest: once to cut the run into shards, and again, shard by shard, to prove them.
    Execute,
    /// Committing to what passes from shard to shard, before the global challenges.
    Boundary,
    /// Running a shard again, and filling the tables with what happens.
    Witness,
    /// Committing to the tables' preprocessed columns: the key.
    Key,
    /// Extending and committing to the tables.
    Commit,
    /// Proving that messages balance.
    Tree,
    /// Proving that constraints hold on all rows.
    Rows,
    /// Opening the values of columns.
    Open,
    /// The low-degree test.
    Fold,
}

impl Stage {
    /// All stages, in order: a part's are proved in this order.
    pub const ALL: [Self; 9] = [
        Self::Execute,
        Self::Boundary,
        Self::Witness,
        Self::Key,
        Self::Commit,
        Self::Tree,
        Self::Rows,
        Self::Open,
        Self::Fold,
    ];

    /// The stage's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Boundary => "boundary",
            Self::Witness => "witness",
            Self::Key => "key",
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Rows => "rows",
            Self::Open => "open",
            Self::Fold => "fold",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
