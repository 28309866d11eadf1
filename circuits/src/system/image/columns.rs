//! The columns of the table.

use crate::{columns, word::Word};

columns! {
    /// Preprocessed columns: what is where when the run starts.
    pub struct Fixed {
        /// Space of the memory bus.
        space: T,
        /// Address in that space.
        address: T,
        /// The value at the start.
        initial: Word<T>,
        /// 1 where the row holds an address, 0 on rows that fill the table up.
        used: T,
        /// 1 on the row of the output length.
        is_output_length: T,
    }
}

columns! {
    /// Committed columns. Where the address is not touched, the others are not used.
    pub struct Image {
        /// 1 if the run accesses the address.
        touched: T,
        /// The value at the end.
        last: Word<T>,
        /// The clk of the last access.
        last_clk: T,
    }
}
