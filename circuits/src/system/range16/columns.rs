//! The columns of the table.

use crate::columns;

columns! {
    /// Preprocessed columns.
    pub struct Fixed {
        /// 0, 1, 2, ... in order.
        value: T,
    }
}

columns! {
    /// Committed columns.
    pub struct Range16 {
        /// How often the value is looked up. Unconstrained: the bus balances only if it is right.
        multiplicity: T,
    }
}
