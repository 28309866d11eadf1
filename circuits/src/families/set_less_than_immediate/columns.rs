//! The columns of the table.

use crate::{
    columns,
    gadgets::{
        less_than::{Comparison, LessThan},
        registers::TwoRegisters,
    },
    instruction::Thread,
    word::Word,
};

columns! {
    /// One SLTI or SLTIU. rd receives `less_than.less`, which needs no column of its own.
    pub struct SetLessThanImmediate {
        /// Where and when.
        thread: Thread<T>,
        /// SLTI or SLTIU.
        comparison: Comparison<T>,
        /// rd and rs1.
        registers: TwoRegisters<T>,
        /// The immediate as it compares unsigned: for SLTI with its top bit flipped.
        immediate: Word<T>,
        /// For SLTI the sign of rs1, else 0.
        x_sign: T,
        /// The comparison.
        less_than: LessThan<T>,
    }
}
