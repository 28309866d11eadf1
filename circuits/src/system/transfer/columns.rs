//! The columns of the table.

use crate::{columns, memory::Access, word::Word};

columns! {
    /// One word, of which one to four bytes are moved.
    pub struct Transfer {
        /// 1 if the bytes are public output, 0 if they are input.
        is_output: T,
        /// First clk slot of the ECALL.
        clk: T,
        /// The address of the first byte moved, `lo + 2^16 hi`.
        address: Word<T>,
        /// The carry from lo to hi in the address of the transfer's next word; zero if there is no
        /// next word.
        carry: T,
        /// How many bytes of the transfer are not yet moved before this word.
        remaining: T,
        /// The length of the public output after the transfer; zero for input.
        output_end: T,
        /// 1 for each byte of the word that is moved.
        moved: [T; 4],
        /// The number of the first byte moved.
        offset: T,
        /// 1 if the transfer goes on with the next word.
        goes_on: T,
        /// The value that the access to the word finds.
        word: Access<T>,
        /// Bytes 0 and 2 of the word before. Bytes 1 and 3 are expressions.
        before: [T; 2],
        /// The bytes of the word after.
        after: [T; 4],
    }
}
