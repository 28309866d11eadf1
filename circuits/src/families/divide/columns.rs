//! The columns of the table.

use crate::columns;

columns! {
    /// One row.
    pub struct Divide {
        /// 1 on rows in use.
        active: T,
    }
}
