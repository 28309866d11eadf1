//! The columns of the table.

use crate::{columns, instruction::Thread, memory::Access, word::Word};

columns! {
    /// One multiplication.
    pub struct Multiply {
        /// Where and when.
        thread: Thread<T>,
        /// 1 if rs1 is taken as signed; a constant of the program.
        x_signed: T,
        /// 1 if rs2 is taken as signed; a constant of the program.
        y_signed: T,
        /// Number of the register that is written: 32 for x0.
        rd: T,
        /// Number of the first source register.
        rs1: T,
        /// Number of the second source register.
        rs2: T,
        /// The read of rs1.
        x: Access<T>,
        /// The read of rs2.
        y: Access<T>,
        /// The value that rd held before.
        old: Access<T>,
        /// The value that rd receives: one half of the product mod 2^64.
        result: Word<T>,
        /// The other half.
        rest: Word<T>,
        /// The bytes of rs1.
        x_bytes: SignedBytes<T>,
        /// The bytes of rs2.
        y_bytes: SignedBytes<T>,
        /// The low byte of the carry into bit 16 of the product.
        carry_16_low: T,
        /// The high bit of that carry, which is in `[0, 2^9)`.
        carry_16_high: T,
        /// The carry into bit 32.
        carry_32: T,
        /// The carry into bit 48.
        carry_48: T,
        /// 1 if the product is negative.
        negative: T,
    }
}

columns! {
    /// The bytes of a word, the last one signed if the word is. Byte 1 and the word's sign are
    /// expressions of degree 1.
    pub struct SignedBytes {
        /// Bits 0 to 7.
        byte_0: T,
        /// Bits 16 to 23.
        byte_2: T,
        /// Bits 24 to 31, less 2^8 if the word is signed and negative.
        byte_3: T,
    }
}
