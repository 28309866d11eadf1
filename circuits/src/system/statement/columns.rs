//! The columns of the table.

use crate::columns;

columns! {
    /// Values that the verifier computes, as columns, since messages are made of columns.
    pub struct Statement {
        /// 1 on the first row.
        is_first: T,
        /// 1 on as many rows as the shard makes bytes public.
        is_output: T,
        /// The place of the row's byte in the public output of the run, on those rows.
        index: T,
        /// The byte of public output with that index.
        byte: T,
    }
}
