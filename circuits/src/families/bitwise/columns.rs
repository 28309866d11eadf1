//! The columns of the table.

use crate::{
    columns,
    gadgets::{logic::Logic, registers::ThreeRegisters},
    instruction::Thread,
    word::Word,
};

columns! {
    /// One XOR, OR or AND. Of each limb of an operand only the low byte is stored: the high one is
    /// an expression.
    pub struct Bitwise {
        /// Where and when.
        thread: Thread<T>,
        /// XOR, OR or AND.
        logic: Logic<T>,
        /// rd, rs1 and rs2.
        registers: ThreeRegisters<T>,
        /// The low bytes of the limbs of rs1.
        x_low: Word<T>,
        /// The low bytes of the limbs of rs2.
        y_low: Word<T>,
        /// The bytes of rs1 AND rs2.
        and: [T; 4],
        /// The value that rd receives.
        result: Word<T>,
    }
}
