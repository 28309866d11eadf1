//! The columns of the table.

use crate::columns;

columns! {
    /// Preprocessed columns.
    pub struct Fixed {
        /// 0 to 7.
        exponent: T,
        /// `2^exponent`.
        power: T,
    }
}

columns! {
    /// Committed columns.
    pub struct PowersOfTwo {
        /// How often the power is looked up. Unconstrained: the bus balances only if it is right.
        multiplicity: T,
    }
}
