//! The columns of the table.

use crate::columns;

columns! {
    /// Preprocessed columns.
    pub struct Fixed {
        /// The first byte: the row's number divided by 2^8.
        a: T,
        /// The second byte: the row's number modulo 2^8.
        b: T,
        /// `a AND b`.
        and: T,
    }
}

columns! {
    /// Committed columns. Both are unconstrained: the buses balance only if they are right.
    pub struct Bytes {
        /// How often the pair is looked up.
        pair_multiplicity: T,
        /// How often the triple is looked up.
        and_multiplicity: T,
    }
}
