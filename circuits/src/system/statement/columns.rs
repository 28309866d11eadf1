//! The columns of the table.

use crate::{columns, word::Word};

columns! {
    /// The first four are what the statement makes of them: committed all the same, since messages
    /// are made of committed columns.
    pub struct Statement {
        /// 1 on the first row.
        is_first: T,
        /// 1 on as many rows as the public output has bytes.
        is_output: T,
        /// The row's number, on those rows.
        index: T,
        /// The byte of public output with that index.
        byte: T,
        /// Where the chain of zeroed words ends; on the first row only.
        zeroed_end: Word<T>,
    }
}
