//! The columns of the table.

use crate::columns;

columns! {
    /// One row.
    pub struct Bitwise {
        /// 1 on rows in use.
        active: T,
    }
}
