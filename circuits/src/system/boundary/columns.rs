//! The columns of the table.

use crate::{columns, word::Word};

columns! {
    /// Columns committed before the global challenge: a place that the shard holds.
    pub struct InBoundary {
        /// Space of the memory bus.
        space: T,
        /// Address in that space.
        address: T,
        /// The value before the shard.
        before: Word<T>,
        /// The position of the last earlier shard that holds the place; 0 if no earlier shard does.
        owner: T,
        /// The value after the shard.
        after: Word<T>,
    }
}

columns! {
    /// Columns committed after the global challenge.
    pub struct Boundary {
        /// The clk of the shard's last access; 0 if it makes none.
        last_clk: T,
    }
}
