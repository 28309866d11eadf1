//! The columns of the table.

use crate::{columns, word::Word};

columns! {
    /// Preprocessed columns: a range of word addresses.
    pub struct Fixed {
        /// The first word address.
        start: Word<T>,
        /// The one after the last: its high limb may be 2^14.
        end: Word<T>,
        /// 1 on the first row.
        is_first: T,
    }
}

columns! {
    /// Committed columns.
    pub struct Gaps {
        /// How often the range is looked up. Unconstrained: the bus balances only if it is right.
        multiplicity: T,
    }
}
