//! The columns of the table.

use crate::{columns, gadgets::address::Address, instruction::Thread, memory::Access, word::Word};

columns! {
    /// One load or store.
    ///
    /// The *limb* is the one of the word's two that holds the byte or half-word.
    pub struct LoadStoreSubword {
        /// Where and when.
        thread: Thread<T>,
        /// 1 for loads, 0 for stores.
        is_load: T,
        /// 1 for LH, LHU and SH.
        is_half: T,
        /// 1 for LB and LH.
        is_signed: T,
        /// Number of the base register.
        rs1: T,
        /// Number of the register that is loaded (rd) or stored (rs2).
        register: T,
        /// The effective address.
        address: Address<T>,
        /// 1 if the limb is the high one: bit 1 of the address.
        high_limb: T,
        /// 1 if the byte is the high one of its limb: bit 0 of the address.
        high_byte: T,
        /// The read of rs1.
        base: Access<T>,
        /// The access to the register: the value that rd held before a load, or rs2.
        operand: Access<T>,
        /// The access to the word: the value that it held before.
        memory: Access<T>,
        /// The low byte of the limb before.
        low: T,
        /// The high byte of the limb before.
        high: T,
        /// The byte loaded or stored; of a half-word the high one.
        top: T,
        /// The byte that completes `top` to the low limb of the register afterwards: the one above
        /// it for a byte, the one below it for a half-word.
        rest: T,
        /// The top bit of `top`.
        sign: T,
        /// The register afterwards.
        result: Word<T>,
        /// The word afterwards.
        word: Word<T>,
    }
}
