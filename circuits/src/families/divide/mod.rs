//! # Divide
//! DIV, DIVU, REM, REMU.
//!
//! Given the thread at `(pc, clk)`, each row proves:
//! - the program has one of the four at `pc`;
//! - rs1, the dividend d, is read at `clk`, rs2, the divisor b, at `clk + 1`;
//! - rd receives the quotient (DIV, DIVU) or remainder (REM, REMU) at `clk + 3`, unless it is x0,
//!   as the ISA manual's table has it:
//!
//!   | case | DIVU | REMU | DIV | REM |
//!   |---|---|---|---|---|
//!   | b = 0 | 2^32 - 1 | d | -1 | d |
//!   | d = -2^31, b = -1 | - | - | -2^31 | 0 |
//!   | else | d / b rounded down | d - q b | d / b rounded towards zero | d - q b, with d's sign |
//!
//! - the thread goes on at `(pc + 4, clk + 4)`.
//!
//! Relies on: the program bus for `rd`, `rs1`, `rs2` and the two booleans, `is_signed`
//! and `is_remainder`, that distinguish the four (the program has all as DIV); the memory bus for
//! limbs of register values in `[0, 2^16)`; the `range16` and `byte_pair` tables.
//!
//! # Why the result is the right one
//! Let d and b be the operands' words, in `[0, 2^32)`. The numbers are those of the comments in the
//! constraints.
//!
//! **Signs** (1). The signs `s_d` and `s_b` are booleans. If the instruction is signed,
//! `hi - 2^16 s + 2^15` is in `[0, 2^16)`, so `s` is the word's top bit. If not, `hi - 2^16 s` is,
//! so `s` is 0. The integer that a word w stands for is `w - 2^32 s`, and its magnitude is `w` or,
//! if `s` is 1, `2^32 - w`; in the second case w is not zero, so a magnitude is always in
//! `[0, 2^32)`, and at most 2^31 if the instruction is signed.
//!
//! **Zero** (2). `z = divisor_zero` is b = 0: the sum `t` of b's limbs is below 2^17, so it is zero
//! mod p only if b is. If `t` is not zero, `z t = 0` makes z 0; if it is, `inverse t = 1 - z` makes
//! z 1. No flag is chosen by the prover.
//!
//! **Divisor** (3). `B`, the word of four bytes, is `|b|`. If `s_b` is 0, limb for limb. If it is
//! 1, `B.lo + b.lo` is 0 or 2^16 (it is below 2^17, so this holds over the integers), and with that
//! as carry `B.hi + b.hi + carry = 2^16`; together, `B + b = 2^32`.
//!
//! **Division** (7, 8). Let `Q` be the word of the quotient's bytes and `R` the remainder column's,
//! both in `[0, 2^32)` by lookup. With `s_k` the sum of all `Q_i B_j` over bytes with `i + j = k`,
//! and D_lo, D_hi = `d.lo, d.hi` or `-d.lo, 2^16 - d.hi`, so that `D_lo + 2^16 D_hi = |d|`:
//!
//! ```text
//! s_0 + 2^8 s_1 + R.lo         = D_lo + 2^16 carry     left [0, 2^26), right (-2^16, 2^26)
//! s_2 + 2^8 s_3 + R.hi + carry = D_hi                  left [0, 2^26 + 2^9), right (-2^16, 2^17)
//! s_4 + 2^8 s_5 + s_6          = 0                     left [0, 2^26)
//! ```
//!
//! `carry` is a byte plus 2^8 times a boolean, and the other terms are integers by lookup, so with
//! these bounds no equation can hold mod p without holding over the integers. In the last one no
//! term is negative, so `s_4`, `s_5` and `s_6` are all zero. Adding the first, and 2^16 times the
//! second: `Q B + R = |d|` over the integers, without any reduction, mod p or mod 2^32.
//!
//! The slack has limbs in `[0, 2^16)` by lookup, and its borrow is boolean. `slack_lo + R.lo + 1 -
//! B.lo` is within 2^18, so it is 0 or 2^16 over the integers; the high limb, an expression in
//! limbs and the borrow, is within 2^18 too. So `slack = B + 2^32 z - R - 1` over the integers, and
//! it is not negative: `R < B`, strictly, if b is not zero; and if it is, this adds nothing.
//!
//! So if b is not zero, Q and R are the only ones by Euclid: `|d| = Q |b| + R`, `0 <= R < |b|`.
//! If b is zero, then B = 0, so R = `|d|`; and Q is `2^32 - 1`, as its bytes sum to `4 * 255` (4).
//!
//! **Result** (7). Chosen is `W`, which is R for a remainder, Q for a quotient. `negate` is s_d for
//! a remainder. For a quotient it is `s_d XOR s_b`, or 0 if b is zero (then `s_b` is 0 too). The
//! result's limbs are in `[0, 2^16)` by lookup and the two carries boolean, so over the integers:
//! - if `negate` is 0, `result.lo = W.lo + 2^16 carry`, whose carry must be 0, and so for hi;
//! - if it is 1, `result + W = 2^32 carry.hi`: the result is `-W` mod 2^32.
//!
//! Rounding towards zero is division of magnitudes with these signs; a remainder has the sign of d
//! or is zero, and either way its word is `-R` mod 2^32 if d is negative. For b = 0 the quotient is
//! all ones, and the remainder `|d|` with the sign of d, which is d. The overflow is no special
//! case: magnitudes 2^31 and 1 give Q = 2^31 with equal signs, so the word 2^31, and R = 0.
//!
//! # Why every division has a row
//! The first equation's left side agrees with D_lo mod 2^16 since `|q| |b| + |r| = |d|`, so `carry`
//! is an integer. The left side is at least 0 and D_lo below 2^16, so `carry` is above -1; the left
//! side is at most `255^2 (1 + 2^9) + 2^16 - 1` and D_lo at least `1 - 2^16`, so it is below 2^9.
//! No product is above `|d|`, so the terms from 2^32 up are zero.
mod columns;
mod constraints;
#[cfg(all(test, feature = "witness"))]
mod tests;
#[cfg(feature = "witness")]
mod witness;

pub use columns::Divide;
pub use constraints::eval;
#[cfg(feature = "witness")]
pub use witness::{fill, row, rows};
