//! The columns of the table.

use crate::{columns, gadgets::address::Address, instruction::Thread, memory::Access, word::Word};

columns! {
    /// One LW or SW.
    pub struct LoadStoreWord {
        /// Where and when.
        thread: Thread<T>,
        /// 1 for LW, 0 for SW.
        is_load: T,
        /// Number of the base register.
        rs1: T,
        /// Number of the register that is loaded (rd) or stored (rs2).
        register: T,
        /// The effective address.
        address: Address<T>,
        /// The read of rs1.
        base: Access<T>,
        /// The access to the register: the value that rd held before a load, or rs2.
        operand: Access<T>,
        /// The access to the word: the value that it held before.
        memory: Access<T>,
        /// The value loaded or stored: both the register and the word hold it afterwards.
        result: Word<T>,
    }
}
