//! The columns of the table.

use crate::{columns, instruction::Thread, memory::Access, word::Word};

columns! {
    /// One ECALL: `write(1 | 2, pointer, length)` if none of the three flags is 1.
    pub struct Ecall {
        /// Where and when.
        thread: Thread<T>,
        /// 1 for `read(0, pointer, length)`.
        is_read: T,
        /// 1 for `write(3, pointer, length)`.
        is_output: T,
        /// 1 for `exit(code)`.
        is_exit: T,
        /// The read of a7: which call.
        number: Access<T>,
        /// The value that a0 held before: file descriptor or exit code.
        argument: Access<T>,
        /// The read of a1.
        pointer: Access<T>,
        /// The read of a2.
        length: Access<T>,
        /// The low limb of what a0 receives. The high limb stays: it is 0 before and after a read
        /// or write, and exit leaves a0 as it is.
        result: T,
        /// `pointer + length` mod 2^32.
        end: Word<T>,
        /// The borrow of `length - 4096` between limbs.
        borrow: T,
        /// 1 if `length >= 4096`.
        is_long: T,
        /// How much less `read` moves than it could.
        unread: T,
        /// 1 if bytes are transferred: input or public output, and not 0 of them.
        transfers: T,
        /// The output length before; zero unless public output is written.
        output_length: Access<T>,
        /// The output length after; zero unless public output is written.
        output_end: Word<T>,
    }
}
