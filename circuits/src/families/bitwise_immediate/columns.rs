//! The columns of the table.

use crate::{
    columns,
    gadgets::{logic::Logic, registers::TwoRegisters},
    instruction::Thread,
    word::Word,
};

columns! {
    /// One XORI, ORI or ANDI. The high limb of the immediate is 0 or all ones: its conjunction with
    /// rs1 is an expression.
    pub struct BitwiseImmediate {
        /// Where and when.
        thread: Thread<T>,
        /// XORI, ORI or ANDI.
        logic: Logic<T>,
        /// rd and rs1.
        registers: TwoRegisters<T>,
        /// The two low bytes of the immediate.
        immediate: [T; 2],
        /// 1 if the immediate is negative, so that its high limb is all ones, else 0.
        sign: T,
        /// The lowest byte of rs1.
        x_low: T,
        /// The two low bytes of rs1 AND immediate.
        and: [T; 2],
        /// The value that rd receives.
        result: Word<T>,
    }
}
