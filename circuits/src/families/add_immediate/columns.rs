//! The columns of the table.

use crate::{columns, gadgets::registers::TwoRegisters, instruction::Thread, word::Word};

columns! {
    /// One ADDI. Carries are expressions, not columns.
    pub struct AddImmediate {
        /// Where and when.
        thread: Thread<T>,
        /// rd and rs1.
        registers: TwoRegisters<T>,
        /// The constant that is added.
        constant: Word<T>,
        /// The value that rd receives.
        result: Word<T>,
    }
}
