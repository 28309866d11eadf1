//! A31: what a dishonest prover may try, each attempt beside the honest control.

use alloc::{vec, vec::Vec};

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;
use zonda_riscv_emu::instruction::Opcode;

use super::{EDGES, MIN, OPCODES, attempt, honest, is_remainder, should_emit};
use crate::{
    F,
    families::divide::Divide,
    gadgets::product::integer_products,
    testing::{Messages, assert_messages},
    word::Word,
};

/// The cells that a prover may choose; [`Claim::row`] computes the rest so that as many equations as
/// possible hold modulo p.
#[derive(Clone, Copy, Debug)]
struct Claim {
    quotient: u32,
    remainder: u32,
    dividend_negative: bool,
    divisor_negative: bool,
    divisor_zero: bool,
    /// Of the slack; the high bit of the carry; of the result.
    flags: [bool; 3],
}

impl Claim {
    fn honest(opcode: Opcode, d: u32, b: u32) -> Self {
        let row = honest(opcode, d, b);
        let word =
            |bytes: [F; 4]| u32::from_le_bytes(bytes.map(|byte| byte.as_canonical_u32() as u8));
        let limb = |limb: F| limb.as_canonical_u32();
        let divisor = word(row.divisor_bytes);
        Self {
            quotient: word(row.quotient_bytes),
            remainder: limb(row.remainder.lo) | limb(row.remainder.hi) << 16,
            dividend_negative: row.dividend_negative == F::ONE,
            divisor_negative: row.divisor_negative == F::ONE,
            divisor_zero: b == 0,
            flags: [
                limb(row.slack_lo) + limb(row.remainder.lo) + 1 != divisor & 0xffff,
                row.carry_high == F::ONE,
                row.negate == F::ONE,
            ],
        }
    }

    fn row(self, opcode: Opcode, d: u32, b: u32) -> Divide<F> {
        let up = F::from_u32(1 << 16);
        let limbs = Word::<F>::from_u32;
        let magnitude = |word: u32, negative: bool| match negative {
            true => word.wrapping_neg(),
            false => word,
        };
        let mut row = honest(opcode, d, b);
        let [borrow, carry_high, negate] = self.flags;
        let divisor = magnitude(b, self.divisor_negative);
        let sum = F::from_u32((b & 0xffff) + (b >> 16));
        row.dividend_negative = F::from_bool(self.dividend_negative);
        row.divisor_negative = F::from_bool(self.divisor_negative);
        row.divisor_zero = F::from_bool(self.divisor_zero);
        row.divisor_inverse = (F::ONE - row.divisor_zero) * sum.try_inverse().unwrap_or_default();
        row.divisor_bytes = divisor.to_le_bytes().map(F::from_u8);
        row.quotient_bytes = self.quotient.to_le_bytes().map(F::from_u8);
        row.remainder = limbs(self.remainder);
        row.slack_lo = limbs(divisor).lo - row.remainder.lo - F::ONE + F::from_bool(borrow) * up;
        let products = integer_products(
            self.quotient.to_le_bytes().map(i64::from),
            divisor.to_le_bytes().map(i64::from),
        );
        let sign = F::ONE - row.dividend_negative.double();
        let carry =
            (F::from_i64(products[0]) + row.remainder.lo - sign * limbs(d).lo) * up.inverse();
        row.carry_high = F::from_bool(carry_high);
        row.carry_low = carry - row.carry_high * F::from_u32(1 << 8);
        let chosen = match is_remainder(opcode) {
            true => self.remainder,
            false => self.quotient,
        };
        row.negate = F::from_bool(negate);
        row.negate_carry.lo = F::from_bool(negate && chosen & 0xffff != 0);
        row.negate_carry.hi = F::from_bool(negate && chosen != 0);
        row.result = limbs(magnitude(chosen, negate));
        row
    }
}

/// Claims `change` of the honest row and expects it refused by `refused`, beside the honest claim.
#[track_caller]
fn refuses(opcode: Opcode, d: u32, b: u32, refused: &str, change: impl FnOnce(&mut Claim)) {
    let mut claim = Claim::honest(opcode, d, b);
    assert_messages(
        attempt(opcode, claim.row(opcode, d, b)).unwrap(),
        should_emit(opcode, d, b),
    );
    change(&mut claim);
    assert_eq!(
        attempt(opcode, claim.row(opcode, d, b)),
        Err(refused.into()),
        "{opcode:?}"
    );
}

#[test]
fn a31_a_remainder_not_below_the_divisor_is_refused() {
    for opcode in OPCODES {
        // One less in the quotient, one divisor more in the remainder: 100 = 13 * 7 + 9.
        refuses(opcode, 100, 7, "slack.hi", |claim| {
            claim.quotient -= 1;
            claim.remainder += 7;
            claim.flags[0] = true;
        });
        refuses(opcode, 100, 7, "slack.lo", |claim| {
            claim.quotient -= 1;
            claim.remainder += 7;
            claim.flags[0] = false;
        });
        // Equality: 98 = 13 * 7 + 7.
        refuses(opcode, 98, 7, "slack.hi", |claim| {
            claim.quotient -= 1;
            claim.remainder += 7;
            claim.flags[0] = true;
        });
    }
}

#[test]
fn a31_a_quotient_that_aliases_is_refused() {
    for opcode in OPCODES {
        // Right mod p: (p + 5) * 1 = 5, and 0x2aaaaaab * 3 = p + 2.
        let carry = "difference_high.old.carry_low";
        refuses(opcode, 5, 1, carry, |claim| {
            claim.quotient += F::ORDER_U32;
        });
        refuses(opcode, 2, 3, carry, |claim| {
            claim.quotient = 0x2aaa_aaab;
            claim.remainder = 0;
        });
        // Right mod 2^32: 0xaaaaaaab * 3 = 2^33 + 1, and (2^16 + 16) * 2^16 = 2^32 + 2^20.
        refuses(opcode, 1, 3, "limb_1", |claim| {
            claim.quotient = 0xaaaa_aaab;
            claim.remainder = 0;
        });
        refuses(opcode, 1 << 20, 1 << 16, "limbs_above", |claim| {
            claim.quotient += 1 << 16;
        });
        // A limb that lends 1 to a carry of 2^15 (2^31 = 1 mod p), and a limb that takes it.
        let mut row = honest(opcode, 1000, 7);
        row.remainder.lo -= F::ONE;
        row.slack_lo += F::ONE;
        row.carry_low -= F::from_u32(1 << 15);
        if is_remainder(opcode) {
            row.result.lo -= F::ONE;
        }
        assert_eq!(attempt(opcode, row), Err("limb_1".into()));
        row.remainder.hi += F::from_u32(1 << 15);
        if is_remainder(opcode) {
            row.result.hi += F::from_u32(1 << 15);
        }
        assert_eq!(attempt(opcode, row), Err("slack.hi".into()));
    }
}

#[test]
fn a31_division_by_zero_yields_nothing_else() {
    for opcode in OPCODES {
        for d in EDGES {
            refuses(opcode, d, 0, "quotient_of_zero", |claim| claim.quotient = 0);
            refuses(opcode, d, 0, "quotient_of_zero", |claim| {
                claim.quotient -= 1
            });
            refuses(opcode, d, 0, "divisor_inverse", |claim| {
                claim.divisor_zero = false;
                claim.quotient = 0;
            });
            let mut claim = Claim::honest(opcode, d, 0);
            claim.remainder ^= 1;
            assert!(attempt(opcode, claim.row(opcode, d, 0)).is_err());
        }
    }
    // All ones are -1, not 1: the quotient of a negative number by zero is not negated.
    refuses(Opcode::Div, u32::MAX, 0, "negate", |claim| {
        claim.flags[2] = true
    });
    refuses(Opcode::Rem, u32::MAX, 0, "negate", |claim| {
        claim.flags[2] = false
    });
}

#[test]
fn a31_a_forged_zero_flag_is_refused() {
    for opcode in OPCODES {
        for (d, b) in [(1000, 7), (7, 1000), (1, 0xffff_0001), (1, 0x8000_8000)] {
            refuses(opcode, d, b, "divisor_zero", |claim| {
                claim.divisor_zero = true;
                claim.quotient = u32::MAX;
                claim.remainder = d;
            });
        }
    }
    // The flag as a fraction, so that the inverse fits.
    let mut row = honest(Opcode::Divu, 1000, 7);
    row.divisor_zero = F::TWO.inverse();
    row.divisor_inverse *= F::TWO.inverse();
    assert_eq!(attempt(Opcode::Divu, row), Err("divisor_zero".into()));
}

#[test]
fn a31_the_overflow_yields_nothing_else() {
    let (d, b) = (MIN, u32::MAX);
    refuses(Opcode::Div, d, b, "limb_1", |claim| {
        claim.quotient = MIN - 1
    });
    refuses(Opcode::Div, d, b, "slack.lo", |claim| {
        claim.quotient = MIN - 1;
        claim.remainder = 1;
    });
    refuses(Opcode::Rem, d, b, "slack.hi", |claim| {
        claim.quotient = 0;
        claim.remainder = MIN;
    });
    refuses(Opcode::Rem, d, b, "limb_1", |claim| claim.remainder = MIN);
    refuses(Opcode::Div, d, b, "divisor_negative.hi", |claim| {
        claim.divisor_negative = false;
        claim.quotient = 0;
        claim.remainder = MIN;
        claim.flags[2] = true;
    });
}

#[test]
fn a31_wrong_signs_are_refused() {
    let minus = u32::wrapping_neg;
    for (d, b) in [
        (100, 7),
        (minus(100), 7),
        (100, minus(7)),
        (minus(100), minus(7)),
    ] {
        for opcode in [Opcode::Div, Opcode::Rem] {
            refuses(opcode, d, b, "negate", |claim| claim.flags[2] ^= true);
        }
        // Rounding down, or a remainder that is never negative, is another division.
        refuses(Opcode::Rem, d, b, "limb_1", |claim| {
            claim.quotient += 1;
            claim.remainder = 5;
        });
    }
    refuses(
        Opcode::Rem,
        minus(100),
        7,
        "dividend_negative.hi",
        |claim| {
            let unsigned = Claim::honest(Opcode::Remu, minus(100), 7);
            *claim = unsigned;
        },
    );
    refuses(
        Opcode::Remu,
        minus(100),
        7,
        "dividend_negative.hi",
        |claim| {
            let signed = Claim::honest(Opcode::Rem, minus(100), 7);
            *claim = signed;
        },
    );
    refuses(
        Opcode::Divu,
        100,
        minus(7),
        "divisor_negative.hi",
        |claim| {
            let signed = Claim::honest(Opcode::Div, 100, minus(7));
            *claim = signed;
        },
    );
}

#[test]
fn the_other_instructions_flags_are_refused() {
    for opcode in OPCODES {
        for other in OPCODES {
            let refused = attempt(opcode, honest(other, 1000, 7)).err();
            let expected = (opcode != other).then_some("fetch");
            assert_eq!(refused.as_deref(), expected);
        }
    }
}

/// Every quotient and remainder near the right ones, near other multiples, and those that are right
/// modulo something, under every choice of signs and flags: only the right result is proved.
fn no_other_result_is_proved(d: u32, b: u32) {
    for opcode in OPCODES {
        let honest = Claim::honest(opcode, d, b);
        let should_emit: Messages = {
            let mut emitted: Messages = should_emit(opcode, d, b).into_iter().flatten().collect();
            emitted.sort();
            emitted
        };
        let near = |value: u32, offsets: &[i32]| -> Vec<u32> {
            offsets
                .iter()
                .map(|o| value.wrapping_add_signed(*o))
                .collect()
        };
        let mut quotients = near(honest.quotient, &[-2, -1, 0, 1, 2]);
        quotients.extend([0, 1, u32::MAX, MIN, honest.quotient.wrapping_neg()]);
        quotients.extend([F::ORDER_U32, 1 << 16].map(|k| honest.quotient.wrapping_add(k)));
        let mut accepted = 0;
        for quotient in quotients {
            let mut remainders = vec![0, 1, d, b, d.wrapping_neg(), honest.remainder ^ MIN];
            remainders.extend(near(honest.remainder, &[-1, 0, 1]));
            // Right mod 2^32, and mod p, for each sign.
            for d in [d, d.wrapping_neg()] {
                for b in [b, b.wrapping_neg()] {
                    let product = quotient.wrapping_mul(b);
                    remainders.push(d.wrapping_sub(product));
                    let right = F::from_u32(d) - F::from_u32(quotient) * F::from_u32(b);
                    remainders.push(right.as_canonical_u32());
                    remainders.push(right.as_canonical_u32().wrapping_add(F::ORDER_U32));
                }
            }
            remainders.sort_unstable();
            remainders.dedup();
            for remainder in remainders {
                for choice in 0..64_u32 {
                    let bit = |k: u32| choice >> k & 1 == 1;
                    let claim = Claim {
                        quotient,
                        remainder,
                        dividend_negative: bit(0),
                        divisor_negative: bit(1),
                        divisor_zero: bit(2),
                        flags: [bit(3), bit(4), bit(5)],
                    };
                    if let Ok(mut emitted) = attempt(opcode, claim.row(opcode, d, b)) {
                        emitted.sort();
                        assert_eq!(emitted, should_emit, "{opcode:?} {d:#x} {b:#x} {claim:?}");
                        accepted += 1;
                    }
                }
            }
        }
        assert!(accepted > 0, "{opcode:?} {d:#x} {b:#x}");
    }
}

#[test]
fn a31_no_other_result_is_proved_at_the_edges() {
    let minus = u32::wrapping_neg;
    for (d, b) in [
        (MIN, u32::MAX),
        (0, 0),
        (minus(5), 0),
        (minus(7), 2),
        (1, MIN),
    ] {
        no_other_result_is_proved(d, b);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]
    #[test]
    fn a31_no_other_result_is_proved(d: u32, b: u32, bits in 0_u32..32) {
        no_other_result_is_proved(d, b >> bits);
    }
}
