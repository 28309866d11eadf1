//! The columns of the table.

use crate::{columns, instruction::Thread, memory::Access};

columns! {
    /// One branch. It is BLTU or BGEU if neither of the first two flags is 1. Whether it is taken is
    /// not a column.
    pub struct Branch {
        /// Where and when.
        thread: Thread<T>,
        /// 1 for BEQ and BNE.
        is_equality: T,
        /// 1 for BLT and BGE.
        is_signed: T,
        /// 1 for BNE, BGE and BGEU.
        is_negated: T,
        /// Number of the first source register.
        rs1: T,
        /// Number of the second source register.
        rs2: T,
        /// The read of rs1.
        x: Access<T>,
        /// The read of rs2.
        y: Access<T>,
        /// Where the branch goes if it is taken.
        target: T,
        /// Where the thread goes on.
        next_pc: T,
        /// 1 if the condition holds before it is negated: equal, or less.
        holds: T,
        /// 1 if rs1 and rs2 are ordered by their high limbs, which differ; 0 if by their low limbs.
        /// 0 for BEQ and BNE.
        high_decides: T,
        /// By how much the deciding limb of the greater word exceeds the other one, less 1 if they
        /// must differ.
        margin: T,
        /// For BLT and BGE the sign bits of rs1 and rs2. For BEQ and BNE of different words the
        /// inverse of the difference of the low limbs and 0, or, if these are equal, 0 and the
        /// inverse of the difference of the high limbs. Otherwise 0.
        aid: [T; 2],
    }
}
