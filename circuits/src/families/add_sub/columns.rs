//! The columns of the table.

use crate::{columns, instruction::Thread, memory::Access, word::Word};

columns! {
    /// One ADD or SUB.
    pub struct AddSub {
        /// Where and when.
        thread: Thread<T>,
        /// 1 for ADD, 0 for SUB.
        is_add: T,
        /// Number of the register that is written: 32 for x0.
        rd: T,
        /// Number of the first source register.
        rs1: T,
        /// Number of the second source register.
        rs2: T,
        /// The read of rs1.
        x: Access<T>,
        /// The read of rs2.
        y: Access<T>,
        /// The value that rd held before.
        old: Access<T>,
        /// The value that rd receives.
        result: Word<T>,
    }
}
