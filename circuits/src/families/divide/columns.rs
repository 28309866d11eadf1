//! The columns of the table.

use crate::{columns, instruction::Thread, memory::Access, word::Word};

columns! {
    /// One division. Magnitudes are absolute values of the operands as the integers they stand for;
    /// the dividend's is an expression, not a column.
    pub struct Divide {
        /// Where and when.
        thread: Thread<T>,
        /// 1 for DIV and REM; a constant of the program.
        is_signed: T,
        /// 1 for REM and REMU; a constant of the program.
        is_remainder: T,
        /// Number of the register that is written: 32 for x0.
        rd: T,
        /// Number of the first source register.
        rs1: T,
        /// Number of the second source register.
        rs2: T,
        /// The read of rs1.
        dividend: Access<T>,
        /// The read of rs2.
        divisor: Access<T>,
        /// The value that rd held before.
        old: Access<T>,
        /// The value that rd receives.
        result: Word<T>,
        /// 1 if the dividend is signed and negative.
        dividend_negative: T,
        /// 1 if the divisor is signed and negative.
        divisor_negative: T,
        /// 1 if the divisor is zero.
        divisor_zero: T,
        /// The inverse of the sum of the divisor's limbs; 0 if the divisor is zero.
        divisor_inverse: T,
        /// The bytes of the divisor's magnitude.
        divisor_bytes: [T; 4],
        /// The bytes of the quotient's magnitude; all ones if the divisor is zero.
        quotient_bytes: [T; 4],
        /// The remainder's magnitude.
        remainder: Word<T>,
        /// The low limb of the slack, `|divisor| - |remainder| - 1`, or `2^32 - |remainder| - 1` if
        /// the divisor is zero. The high limb is an expression.
        slack_lo: T,
        /// The low byte of the carry between the limbs of `|quotient| |divisor| + |remainder|`.
        carry_low: T,
        /// The high bit of that carry, which is in `[0, 2^9)`.
        carry_high: T,
        /// 1 if the result is minus the magnitude of the quotient or remainder, mod 2^32.
        negate: T,
        /// The carries out of the limbs of result plus magnitude, where `negate` is 1.
        negate_carry: Word<T>,
    }
}
