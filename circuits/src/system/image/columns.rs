//! The columns of the table.

use crate::{columns, word::Word};

columns! {
    /// Preprocessed columns: the contents of each address when the run starts.
    pub struct Fixed {
        /// Space of the memory bus.
        space: T,
        /// Address in that space.
        address: T,
        /// The value at the start.
        initial: Word<T>,
    }
}

columns! {
    /// Columns committed before the global challenge. Where the address is not touched, the others
    /// are not used.
    pub struct InBoundary {
        /// 1 if some shard holds the address.
        touched: T,
        /// The value at the end of the run.
        last: Word<T>,
        /// The position of the last shard that holds it.
        owner: T,
    }
}

/// The table has no other columns.
pub type Image<T> = [T; 0];
