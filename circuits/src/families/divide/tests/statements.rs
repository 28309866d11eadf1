//! For each constraint and lookup, a row that all the others accept.

use alloc::string::String;

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::{attempt, honest};
use crate::{F, families::divide::Divide};

fn small(value: u32) -> F {
    F::from_u32(value)
}

/// Changes an honest row and expects `name`, and nothing before it, to refuse it.
#[track_caller]
fn refuses(opcode: Opcode, [d, b]: [u32; 2], name: &str, change: impl FnOnce(&mut Divide<F>)) {
    let mut row = honest(opcode, d, b);
    assert!(attempt(opcode, row).is_ok());
    change(&mut row);
    assert_eq!(attempt(opcode, row), Err(String::from(name)));
}

#[test]
fn accesses_of_the_future() {
    for (name, place) in [
        ("dividend.difference_low", 0),
        ("divisor.difference_low", 1),
        ("old.difference_low", 2),
    ] {
        refuses(Opcode::Divu, [7, 2], name, |row| {
            let (access, clk) = match place {
                0 => (&mut row.dividend, 41),
                1 => (&mut row.divisor, 42),
                _ => (&mut row.old, 44),
            };
            access.previous_clk = small(clk);
            access.difference_low = -F::ONE;
        });
    }
}

/// 2^31 = 1 modulo p, so a sign of 2^15 takes 1, not 2^16, from the high limb.
#[test]
fn signs_that_are_none() {
    // 0 as 2^16, with itself as remainder.
    refuses(Opcode::Rem, [0, 0x2_0000], "dividend_negative", |row| {
        row.dividend_negative = small(1 << 15);
        row.remainder.hi = F::ONE;
        row.slack_lo = small(0xffff);
        row.negate = small(1 << 15);
        row.negate_carry.hi = F::ONE;
        row.result.hi = F::ONE;
    });
    // -2^31 is its own magnitude, whatever its sign. The quotient becomes 1 - 2^16.
    refuses(Opcode::Div, [1 << 31, 1 << 31], "divisor_negative", |row| {
        row.divisor_negative = F::ONE - small(1 << 15);
        row.negate = small(1 << 15);
        row.negate_carry.lo = F::ONE;
        row.negate_carry.hi = F::ONE;
        row.result.hi = small(0xffff);
    });
}

#[test]
fn another_divisor() {
    let minus_7 = 7_u32.wrapping_neg();
    refuses(Opcode::Divu, [0, 8], "divisor.lo", |row| {
        row.divisor_bytes[0] += F::ONE;
        row.slack_lo += F::ONE;
    });
    refuses(Opcode::Divu, [0, 8], "divisor.hi", |row| {
        row.divisor_bytes[2] += F::ONE;
    });
    refuses(Opcode::Div, [0, minus_7], "divisor.minus.carry", |row| {
        // 2^31 + 6: the low limb lends 1, which makes its carry 2^15 less, to the high limb.
        row.divisor_bytes = [6, 0, 0, 0x80].map(small);
        row.slack_lo = small(5);
    });
    refuses(Opcode::Div, [0, minus_7], "divisor.minus.hi", |row| {
        row.divisor_bytes[2] += F::ONE;
    });
}

#[test]
fn bytes_that_are_none() {
    refuses(
        Opcode::Divu,
        [7 * 0x0305, 0x0305],
        "divisor_bytes.lo",
        |row| {
            row.divisor_bytes[0] += small(1 << 8);
            row.divisor_bytes[1] -= F::ONE;
        },
    );
    refuses(
        Opcode::Divu,
        [7 * 0x0305_0000, 0x0305_0000],
        "divisor_bytes.hi",
        |row| {
            row.divisor_bytes[2] += small(1 << 8);
            row.divisor_bytes[3] -= F::ONE;
        },
    );
    refuses(
        Opcode::Divu,
        [7 * 0x0305_0305, 7],
        "quotient_bytes.lo",
        |row| {
            row.quotient_bytes[0] += small(1 << 8);
            row.quotient_bytes[1] -= F::ONE;
        },
    );
    refuses(
        Opcode::Divu,
        [7 * 0x0305_0305, 7],
        "quotient_bytes.hi",
        |row| {
            row.quotient_bytes[2] += small(1 << 8);
            row.quotient_bytes[3] -= F::ONE;
        },
    );
}

#[test]
fn carries_that_are_none() {
    // (p + 5) / 1 = 5 modulo p: the carry is 2^15 less, here as 2^7 in the place of its high bit.
    refuses(Opcode::Divu, [5, 1], "carry_high", |row| {
        row.quotient_bytes = [4, 0, 0, 0x80].map(small);
        row.carry_high = -small(1 << 7);
        row.result.lo = small(4);
        row.result.hi = small(1 << 15);
    });
    // -100 / 7 = -14, whose limbs are 0xfff2 and 0xffff.
    refuses(
        Opcode::Div,
        [100_u32.wrapping_neg(), 7],
        "negate_carry.lo",
        |row| {
            row.result.lo += F::ONE;
            row.negate_carry.lo += small(1 << 15);
            row.result.hi -= small(1 << 15);
        },
    );
    refuses(
        Opcode::Div,
        [100_u32.wrapping_neg(), 7],
        "negate_carry.hi",
        |row| {
            row.result.hi -= F::ONE;
            row.negate_carry.hi -= small(1 << 15);
        },
    );
}

#[test]
fn limbs_that_are_none() {
    refuses(Opcode::Divu, [0x10_0000, 2], "result.lo", |row| {
        row.result.lo += small(1 << 16);
        row.negate_carry.lo = F::ONE;
        row.result.hi -= F::ONE;
    });
    refuses(Opcode::Divu, [0x10_0000, 2], "result.hi", |row| {
        row.result.hi += small(1 << 16);
        row.negate_carry.hi = F::ONE;
    });
    refuses(Opcode::Divu, [0x10_0000, 2], "chosen.lo", |row| {
        row.result.lo += F::ONE
    });
    refuses(Opcode::Divu, [0x10_0000, 2], "chosen.hi", |row| {
        row.result.hi += F::ONE
    });
    // 0x60021ff0 = 0x2000 * 0x30001 + 0x1fff0, with the remainder as 0x20000 - 0x10.
    refuses(
        Opcode::Divu,
        [0x6002_1ff0, 0x3_0001],
        "remainder.lo",
        |row| {
            row.remainder.lo -= small(1 << 16);
            row.remainder.hi += F::ONE;
            row.carry_low -= F::ONE;
        },
    );
    // 100 = 15 * 7 - 5.
    refuses(Opcode::Divu, [100, 7], "remainder.hi", |row| {
        row.quotient_bytes[0] = small(15);
        row.result.lo = small(15);
        row.remainder.lo = small((1 << 16) - 5);
        row.remainder.hi = -F::ONE;
        row.carry_low = F::ONE;
        row.slack_lo = small(11);
    });
}
