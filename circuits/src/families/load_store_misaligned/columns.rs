//! The columns of the table.

use crate::{columns, gadgets::address::Address, instruction::Thread, memory::Access};

columns! {
    /// One load or store. It is SH if none of the four flags is 1.
    pub struct LoadStoreMisaligned {
        /// Where and when.
        thread: Thread<T>,
        /// 1 for LW.
        is_lw: T,
        /// 1 for LH.
        is_lh: T,
        /// 1 for LHU.
        is_lhu: T,
        /// 1 for SW.
        is_sw: T,
        /// Number of the base register.
        rs1: T,
        /// Number of the register that is loaded (rd) or stored (rs2).
        register: T,
        /// The effective address.
        address: Address<T>,
        /// 1 at the place of the first byte in its word, less 1: offset 1 or 2; 3 if neither is 1.
        offset: [T; 2],
        /// 1 if the first word is the last of memory, so that word 0 follows it.
        wraps: T,
        /// The read of rs1.
        base: Access<T>,
        /// The access to the register: the value that rd held before a load, or rs2.
        operand: Access<T>,
        /// The accesses to the two words.
        memory: [Access<T>; 2],
        /// The bytes of the two words before.
        before: [T; 8],
        /// The bytes of the two words afterwards.
        after: [T; 8],
        /// The bytes of the register afterwards: the loaded value, or rs2.
        result: [T; 4],
        /// The sign of the half-word that LH loads; 0 for the others.
        sign: T,
    }
}
