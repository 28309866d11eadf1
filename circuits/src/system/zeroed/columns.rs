//! The columns of the table.

use crate::{columns, word::Word};

columns! {
    /// One word of memory that starts as zero: columns committed before the global challenge.
    pub struct InBoundary {
        /// The word address, `lo + 2^16 hi`.
        address: Word<T>,
        /// The value at the end of the run.
        last: Word<T>,
        /// The position of the last shard that holds it.
        owner: T,
    }
}

columns! {
    /// That its address is opened once, and is not in the image.
    pub struct Zeroed {
        /// The smallest address that may still be opened, `lo + 2^16 hi`.
        from: Word<T>,
        /// The gap of the image that holds the address: its first word.
        start: Word<T>,
        /// The gap's end, exclusive.
        end: Word<T>,
        /// The borrow of `address - from` between limbs.
        borrow_from: T,
        /// The borrow of `address - start` between limbs.
        borrow_start: T,
        /// The borrow of `end - 1 - address` between limbs.
        borrow_end: T,
    }
}
