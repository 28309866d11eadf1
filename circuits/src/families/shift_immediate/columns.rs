//! The columns of the table.

use crate::{
    columns,
    gadgets::{registers::TwoRegisters, shift::Shifted},
    instruction::Thread,
};

columns! {
    /// One SLLI, SRLI or SRAI.
    pub struct ShiftImmediate {
        /// Where and when.
        thread: Thread<T>,
        /// rd and rs1.
        registers: TwoRegisters<T>,
        /// A power of two up to 2^8, known from the program.
        multiplier: T,
        /// rs1, shifted.
        shifted: Shifted<T>,
    }
}
