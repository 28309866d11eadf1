//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::Divide;
use crate::{
    builder::{Builder, Circuit, constant, exprs, scoped, select, shift_down_16},
    bus::Bus,
    gadgets::product::{limb, products},
    instruction::Decoded,
    memory::{byte_pair, register},
    word::Word,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: Divide<B::Var> = circuit.row();
    let one = B::Expr::ONE;
    let up = constant::<B>(1 << 16);

    let decoded = Decoded {
        operation: constant::<B>(Opcode::Div as u32),
        rd: row.rd.into(),
        rs1: row.rs1.into(),
        rs2: row.rs2.into(),
        constants: [
            row.is_signed.into(),
            row.is_remainder.into(),
            B::Expr::ZERO,
            B::Expr::ZERO,
        ],
    };
    row.thread
        .step(circuit, decoded, row.thread.following::<B>());

    // (1) The operands' signs. Signed, the high limb less 2^16 if negative is in [-2^15, 2^15);
    // unsigned, it is in [0, 2^16), so that the sign is 0.
    let d = row.dividend.value.into_expr::<B>();
    let b = row.divisor.value.into_expr::<B>();
    for (name, sign, hi) in [
        ("dividend_negative", row.dividend_negative, d.hi.clone()),
        ("divisor_negative", row.divisor_negative, b.hi.clone()),
    ] {
        circuit.boolean(name, sign);
        let shifted = hi - sign * up.clone() + row.is_signed * constant::<B>(1 << 15);
        scoped!(circuit, name, {
            circuit.send(Bus::Range16, "hi", [shifted]);
        });
    }

    // (2) divisor_zero is 1 exactly if the divisor is zero: the sum of its limbs is below 2^17.
    let sum = b.lo.clone() + b.hi.clone();
    circuit.zero("divisor_zero", row.divisor_zero * sum.clone());
    circuit.equal(
        "divisor_inverse",
        row.divisor_inverse * sum,
        one.clone() - row.divisor_zero.into(),
    );
    circuit.zero(
        "divisor_inverse.zero",
        row.divisor_inverse * row.divisor_zero,
    );

    // (3) |b|, the divisor's magnitude, as bytes: b if it is not negative, 2^32 - b if it is.
    let divisor = bytes_of(circuit, "divisor_bytes", row.divisor_bytes);
    let magnitude = word_of::<B>(&divisor);
    let negative = row.divisor_negative;
    let carry = shift_down_16::<B>(magnitude.lo.clone() + b.lo.clone());
    scoped!(circuit, "divisor", {
        let positive = one.clone() - negative;
        let lo = magnitude.lo.clone() - b.lo;
        circuit.zero("lo", positive.clone() * lo);
        circuit.zero("hi", positive * (magnitude.hi.clone() - b.hi.clone()));
        circuit.zero("minus.carry", carry.bool_check() * negative);
        let hi = magnitude.hi.clone() + b.hi + carry - up.clone();
        circuit.zero("minus.hi", hi * negative);
    });

    // (4) |q| is all ones if the divisor is zero. Each byte is at most 255.
    let quotient = bytes_of(circuit, "quotient_bytes", row.quotient_bytes);
    let [q0, q1, q2, q3] = quotient.clone();
    let missing = q0 + q1 + q2 + q3 - constant::<B>(4 * 255);
    circuit.zero("quotient_of_zero", row.divisor_zero * missing);
    let quotient_word = word_of::<B>(&quotient);

    // (5) |q| |b| + |r| = |d|, limb by limb, all terms of the products above 2^32 being zero. |d|
    // is d or 2^32 - d, here with limbs of which the lower one may be negative. All terms but the
    // last are in [0, 2^26), and carry_low is looked up in (8).
    let [limb_0, limb_1, limb_2, limb_3] = products::<B>(&quotient, &divisor);
    let remainder = row.remainder.into_expr::<B>();
    let carry = row.carry_low + row.carry_high * constant::<B>(1 << 8);
    let sign = one.clone() - row.dividend_negative * constant::<B>(2);
    scoped!(circuit, "remainder", { row.remainder.range_check(circuit) });
    circuit.boolean("carry_high", row.carry_high);
    circuit.equal(
        "limb_0",
        limb_0 + remainder.lo.clone(),
        sign.clone() * d.lo + carry.clone() * up.clone(),
    );
    circuit.equal(
        "limb_1",
        limb_1 + remainder.hi.clone() + carry,
        sign * d.hi + row.dividend_negative * up.clone(),
    );
    circuit.zero("limbs_above", limb_2 + limb_3);

    // (6) |r| < |b|, or |r| < 2^32 if b is zero: the slack |b| - |r| - 1 has limbs in [0, 2^16).
    // The borrow is an expression; all of this is below 2^18.
    let borrow = shift_down_16::<B>(
        row.slack_lo + remainder.lo.clone() + one.clone() - magnitude.lo.clone(),
    );
    let slack = Word {
        lo: row.slack_lo.into(),
        hi: magnitude.hi + row.divisor_zero * up.clone() - remainder.hi.clone() - borrow.clone(),
    };
    circuit.boolean("slack.borrow", borrow);
    scoped!(circuit, "slack", slack.range_check(circuit));

    // (7) The result is |q| or |r|, negated mod 2^32 where the operands' signs require it: r as d, q
    // if the signs differ, but never if b is zero. Degree 3.
    let (s_d, s_b) = (row.dividend_negative, row.divisor_negative);
    let quotient_negative: B::Expr =
        s_d * (one.clone() - row.divisor_zero) + s_b - s_d * s_b * constant::<B>(2);
    circuit.equal(
        "negate",
        row.negate,
        quotient_negative.clone() + row.is_remainder * (s_d - quotient_negative),
    );
    let is_remainder: B::Expr = row.is_remainder.into();
    let chosen = Word {
        lo: select(is_remainder.clone(), remainder.lo, quotient_word.lo),
        hi: select(is_remainder, remainder.hi, quotient_word.hi),
    };
    let sign = one - row.negate * constant::<B>(2);
    let carry = row.negate_carry;
    circuit.boolean("negate_carry.lo", carry.lo);
    circuit.boolean("negate_carry.hi", carry.hi);
    circuit.equal(
        "chosen.lo",
        row.result.lo,
        sign.clone() * chosen.lo + carry.lo * up.clone(),
    );
    circuit.equal(
        "chosen.hi",
        row.result.hi + carry.lo,
        sign * chosen.hi + carry.hi * up,
    );
    scoped!(circuit, "result", row.result.range_check(circuit));

    // (8) Register accesses, each in its slot. The byte that is left in the last lookup serves
    // the carry of (5).
    let dividend_high = scoped!(circuit, "dividend", {
        row.dividend
            .read(circuit, register(row.rs1), row.thread.slot::<B>(0))
    });
    let divisor_high = scoped!(circuit, "divisor", {
        row.divisor
            .read(circuit, register(row.rs2), row.thread.slot::<B>(1))
    });
    let old_high = scoped!(circuit, "old", {
        row.old.write(
            circuit,
            register(row.rd),
            row.result.into_expr::<B>(),
            row.thread.slot::<B>(3),
        )
    });
    byte_pair(
        circuit,
        "difference_high.operands",
        dividend_high,
        divisor_high,
    );
    byte_pair(
        circuit,
        "difference_high.old.carry_low",
        old_high,
        row.carry_low.into(),
    );
}

/// Looks up that four columns are bytes, and returns them.
#[inline(always)]
fn bytes_of<B: Builder>(
    circuit: &mut Circuit<'_, B>,
    name: &str,
    bytes: [B::Var; 4],
) -> [B::Expr; 4] {
    let bytes = exprs::<B, 4>(bytes);
    scoped!(circuit, name, {
        byte_pair(circuit, "lo", bytes[0].clone(), bytes[1].clone());
        byte_pair(circuit, "hi", bytes[2].clone(), bytes[3].clone());
    });
    bytes
}

/// The word of four bytes.
#[inline(always)]
fn word_of<B: Builder>(bytes: &[B::Expr; 4]) -> Word<B::Expr> {
    let [b0, b1, b2, b3] = bytes.clone();
    Word {
        lo: limb::<B>(b0, b1),
        hi: limb::<B>(b2, b3),
    }
}
