//! The columns of the table.

use crate::{columns, instruction::Thread, memory::Access};

columns! {
    /// One jump. The next pc and the low limb of the link value are not columns.
    pub struct Jump {
        /// Where and when.
        thread: Thread<T>,
        /// 1 for JALR, 0 for JAL.
        is_jalr: T,
        /// Number of the register that is written: 32 for x0.
        rd: T,
        /// Number of the source register of JALR.
        rs1: T,
        /// The read of rs1; for JAL, which reads no register, 0 found at `clk - 1`.
        x: Access<T>,
        /// The value that rd held before.
        old: Access<T>,
        /// The high limb of `pc + 4`.
        link_hi: T,
        /// The target of JAL; for JALR the immediate plus 2^11.
        constant: T,
        /// 1 if `rs1 + imm` wraps at 2^32.
        wraps: T,
        /// The lowest bit of `rs1 + imm`, which is cleared.
        bit: T,
    }
}
