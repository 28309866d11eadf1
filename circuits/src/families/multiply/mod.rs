//! # Multiply
//! MUL, MULH, MULHSU, MULHU.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has one of the four at `pc`;
//! - rs1 is read at `clk`, rs2 at `clk + 1`;
//! - rd receives the low (MUL) or high half of their product mod 2^64 at `clk + 3`, unless it is
//!   x0; operands are signed (MULH), unsigned (MULHU), or signed and unsigned (MULHSU);
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! Relies on: the program bus for `rd`, `rs1`, `rs2` and the two booleans that tell
//! which operands are signed; the memory bus for limbs of register values in `[0, 2^16)`; the
//! `range16` and `byte_pair` tables.
//!
//! # How
//! The program knows all four as MUL, with two constants:
//!
//! | instruction | rs1 signed | rs2 signed | half |
//! |---|---|---|---|
//! | MUL | 0 | 1 | low |
//! | MULH | 1 | 1 | high |
//! | MULHSU | 1 | 0 | high |
//! | MULHU | 0 | 0 | high |
//!
//! The low half of a product does not depend on signs, so MUL takes the combination that is left.
//!
//! Operands are split into bytes, of which the last is signed if the operand is, so that
//! `x = sum x_i 2^(8 i)` as the integer it stands for. With `s_k` the sum of all `x_i y_j` where
//! `i + j = k`, and limbs `P_0..P_3` in `[0, 2^16)`, the row states modulo p
//!
//! ```text
//! s_0 + 2^8 s_1             = P_0 + 2^16 carry_16
//! s_2 + 2^8 s_3 + carry_16  = P_1 + 2^16 carry_32
//! s_4 + 2^8 s_5 + carry_32  = P_2 + 2^16 carry_48
//! s_6           + carry_48  = P_3 - 2^16 negative
//! ```
//!
//! Over the integers these four mean that `x y = P - 2^64 negative`, so that `P` is the product mod
//! 2^64. Why they hold over the integers:
//! - `carry_16` is a byte plus 2^8 times a boolean. Both sides of the first equation are in
//!   `[0, 2^26)`, so they are equal.
//! - By the fourth, `carry_48` is an integer within 2^18 (mod p, as everything committed is).
//!   2^5 (carry_48 + 2^9) is then within 2^24, so its lookup shows that it really is in `[0, 2^16)`,
//!   and `carry_48` in `[-2^9, 2^11 - 2^9)`. The fourth equation is one of integers within 2^18.
//! - So by the third, `carry_32` is an integer within 2^27: its terms are `P_2`, `2^16 carry_48`
//!   below `2^27 - 2^25`, and two sums of products within 2^25. 2^3 (carry_32 + 2^9) is then within
//!   2^30 + 2^12, so its lookup shows that it really is in `[0, 2^16)`, and `carry_32` in
//!   `[-2^9, 2^13 - 2^9)`. Both sides of the third equation are within 2^27.
//! - Both sides of the second are in `(-2^26, 2^29)`.
//!
//! Without these bounds the equations would prove little: 2^31 is 1 mod p, so that `P_i - 1` with a
//! carry of 2^15 more is as good as `P_i`.
//!
//! Honest carries fit: dividing the bounds of the sums (see
//! [`products`](crate::gadgets::product::products)) by 2^16, `carry_16` is in `[0, 2^9)`, the other
//! two in `[-2^8, 2^10)`.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::{Multiply, SignedBytes};
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
