//! The columns of the table.

use crate::{
    columns,
    gadgets::{registers::ThreeRegisters, shift::Shifted},
    instruction::Thread,
};

columns! {
    /// One SLL, SRL or SRA. The amount, the low five bits of rs2, is not a column.
    pub struct Shift {
        /// Where and when.
        thread: Thread<T>,
        /// rd, rs1 and rs2.
        registers: ThreeRegisters<T>,
        /// The low limb of rs2, divided by 32.
        multiple: T,
        /// The low three bits of the amount, or 7 minus them for a shift right.
        exponent: T,
        /// `2^exponent`.
        power: T,
        /// rs1, shifted.
        shifted: Shifted<T>,
    }
}
