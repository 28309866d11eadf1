//! The columns of the table.

use crate::{
    columns,
    gadgets::{
        less_than::{Comparison, LessThan},
        registers::ThreeRegisters,
    },
    instruction::Thread,
};

columns! {
    /// One SLT or SLTU. rd receives `less_than.less`, which needs no column of its own.
    pub struct SetLessThan {
        /// Where and when.
        thread: Thread<T>,
        /// SLT or SLTU.
        comparison: Comparison<T>,
        /// rd, rs1 and rs2.
        registers: ThreeRegisters<T>,
        /// For SLT the sign of rs1, else 0.
        x_sign: T,
        /// For SLT the sign of rs2, else 0.
        y_sign: T,
        /// The comparison.
        less_than: LessThan<T>,
    }
}
