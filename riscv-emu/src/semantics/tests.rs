//! The edge cases of the ISA manual, for every instruction that computes something.

use super::*;

const MIN: u32 = i32::MIN as u32;
const MAX: u32 = i32::MAX as u32;
const MINUS_ONE: u32 = u32::MAX;

#[test]
fn add_and_sub_wrap() {
    assert_eq!(alu(Alu::Add, 2, 3), 5);
    assert_eq!(alu(Alu::Add, MINUS_ONE, 1), 0);
    assert_eq!(alu(Alu::Add, MAX, 1), MIN);
    assert_eq!(alu(Alu::Sub, 2, 3), MINUS_ONE);
    assert_eq!(alu(Alu::Sub, MIN, 1), MAX);
    assert_eq!(alu(Alu::Sub, 0, MIN), MIN);
}

#[test]
fn bitwise() {
    assert_eq!(alu(Alu::Xor, 0b1100, 0b1010), 0b0110);
    assert_eq!(alu(Alu::Or, 0b1100, 0b1010), 0b1110);
    assert_eq!(alu(Alu::And, 0b1100, 0b1010), 0b1000);
    assert_eq!(alu(Alu::Xor, 0x1234_5678, MINUS_ONE), !0x1234_5678);
}

#[test]
fn shifts_use_five_bits() {
    for extra in [0, 32, 64, 0xffff_ffe0] {
        assert_eq!(alu(Alu::Sll, 0x8000_0001, extra), 0x8000_0001);
        assert_eq!(alu(Alu::Sll, 0x8000_0001, 1 | extra), 2);
        assert_eq!(alu(Alu::Sll, 3, 31 | extra), MIN);
        assert_eq!(alu(Alu::Srl, 0x8000_0001, extra), 0x8000_0001);
        assert_eq!(alu(Alu::Srl, 0x8000_0001, 31 | extra), 1);
        assert_eq!(alu(Alu::Sra, 0x8000_0001, extra), 0x8000_0001);
        assert_eq!(alu(Alu::Sra, 0x8000_0001, 31 | extra), MINUS_ONE);
        assert_eq!(alu(Alu::Sra, MAX, 31 | extra), 0);
        assert_eq!(alu(Alu::Sra, 0x8000_0000, 4 | extra), 0xf800_0000);
    }
}

#[test]
fn set_less_than() {
    assert_eq!(alu(Alu::Slt, MINUS_ONE, 0), 1);
    assert_eq!(alu(Alu::Slt, 0, MINUS_ONE), 0);
    assert_eq!(alu(Alu::Slt, MIN, MAX), 1);
    assert_eq!(alu(Alu::Slt, 7, 7), 0);
    assert_eq!(alu(Alu::Sltu, MINUS_ONE, 0), 0);
    assert_eq!(alu(Alu::Sltu, 0, MINUS_ONE), 1);
    assert_eq!(alu(Alu::Sltu, MAX, MIN), 1);
    assert_eq!(alu(Alu::Sltu, 7, 7), 0);
}

#[test]
fn multiplications() {
    let cases: [(u32, u32); 7] = [
        (0, MINUS_ONE),
        (MINUS_ONE, MINUS_ONE),
        (MIN, MIN),
        (MIN, MINUS_ONE),
        (MAX, MIN),
        (0x1234_5678, 0x9abc_def0),
        (7, 0xffff_fffd),
    ];
    for (a, b) in cases.into_iter().chain(cases.map(|(a, b)| (b, a))) {
        let (signed_a, signed_b) = (i128::from(a as i32), i128::from(b as i32));
        let (unsigned_a, unsigned_b) = (i128::from(a), i128::from(b));
        assert_eq!(
            multiply(Multiply::Mul, a, b),
            (unsigned_a * unsigned_b) as u32
        );
        assert_eq!(
            multiply(Multiply::Mulh, a, b),
            ((signed_a * signed_b) >> 32) as u32
        );
        assert_eq!(
            multiply(Multiply::Mulhsu, a, b),
            ((signed_a * unsigned_b) >> 32) as u32
        );
        assert_eq!(
            multiply(Multiply::Mulhu, a, b),
            ((unsigned_a * unsigned_b) >> 32) as u32
        );
    }
    // And in figures, so that the table does not rest on one formula.
    assert_eq!(multiply(Multiply::Mulh, MIN, MIN), 0x4000_0000);
    assert_eq!(
        multiply(Multiply::Mulhsu, MINUS_ONE, MINUS_ONE),
        0xffff_ffff
    );
    assert_eq!(multiply(Multiply::Mulhu, MINUS_ONE, MINUS_ONE), 0xffff_fffe);
    assert_eq!(multiply(Multiply::Mulh, MINUS_ONE, MINUS_ONE), 0);
    assert_eq!(multiply(Multiply::Mul, MINUS_ONE, MINUS_ONE), 1);
}

#[test]
fn divisions_by_the_manuals_table() {
    for x in [0, 1, 7, MIN, MAX, MINUS_ONE] {
        assert_eq!(divide(Divide::Div, x, 0), MINUS_ONE);
        assert_eq!(divide(Divide::Divu, x, 0), u32::MAX);
        assert_eq!(divide(Divide::Rem, x, 0), x);
        assert_eq!(divide(Divide::Remu, x, 0), x);
    }
    assert_eq!(divide(Divide::Div, MIN, MINUS_ONE), MIN);
    assert_eq!(divide(Divide::Rem, MIN, MINUS_ONE), 0);
    assert_eq!(divide(Divide::Divu, MIN, MINUS_ONE), 0);
    assert_eq!(divide(Divide::Remu, MIN, MINUS_ONE), MIN);
}

#[test]
fn division_rounds_to_zero_and_the_remainder_has_the_sign_of_the_dividend() {
    let negative = |x: u32| x.wrapping_neg();
    for (a, b, quotient, remainder) in [
        (7, 2, 3, 1),
        (negative(7), 2, negative(3), negative(1)),
        (7, negative(2), negative(3), 1),
        (negative(7), negative(2), 3, negative(1)),
        (6, 3, 2, 0),
    ] {
        assert_eq!(divide(Divide::Div, a, b), quotient);
        assert_eq!(divide(Divide::Rem, a, b), remainder);
    }
    assert_eq!(divide(Divide::Divu, negative(7), 2), 0x7fff_fffc);
    assert_eq!(divide(Divide::Remu, negative(7), 2), 1);
}

#[test]
fn branches_both_ways() {
    let taken = |rs1, rs2| {
        [
            Condition::Eq,
            Condition::Ne,
            Condition::Lt,
            Condition::Ge,
            Condition::Ltu,
            Condition::Geu,
        ]
        .map(|condition| branch_taken(condition, rs1, rs2))
    };
    assert_eq!(taken(5, 5), [true, false, false, true, false, true]);
    assert_eq!(taken(4, 5), [false, true, true, false, true, false]);
    assert_eq!(taken(5, 4), [false, true, false, true, false, true]);
    assert_eq!(taken(MINUS_ONE, 0), [false, true, true, false, false, true]);
    assert_eq!(taken(0, MINUS_ONE), [false, true, false, true, true, false]);
    assert_eq!(taken(MIN, MAX), [false, true, true, false, false, true]);
}

#[test]
fn targets_and_addresses_wrap() {
    assert_eq!(jalr_target(0x1001, 2), 0x1002);
    assert_eq!(jalr_target(0x1000, -1), 0xffe);
    assert_eq!(jalr_target(0xffff_ffff, 1), 0);
    assert_eq!(effective_address(0, -1), 0xffff_ffff);
    assert_eq!(effective_address(0xffff_fffc, 8), 4);
}

#[test]
fn loads_extend() {
    let words = 0x8877_6655_4433_22f1_u64;
    assert_eq!(load(Load::Lb, words, 0), 0xffff_fff1);
    assert_eq!(load(Load::Lbu, words, 0), 0xf1);
    assert_eq!(load(Load::Lb, words, 1), 0x22);
    assert_eq!(load(Load::Lb, words, 3), 0x44);
    assert_eq!(load(Load::Lh, words, 0), 0x22f1);
    assert_eq!(load(Load::Lh, words, 2), 0x4433);
    assert_eq!(load(Load::Lh, 0x8000_0000, 2), 0xffff_8000);
    assert_eq!(load(Load::Lhu, 0x8000_0000, 2), 0x8000);
    assert_eq!(load(Load::Lw, words, 0), 0x4433_22f1);
    // Misaligned, within the first word and across both.
    assert_eq!(load(Load::Lhu, words, 1), 0x3322);
    assert_eq!(load(Load::Lhu, words, 3), 0x5544);
    assert_eq!(load(Load::Lh, 0x0000_0080_ff00_0000, 3), 0xffff_80ff);
    assert_eq!(load(Load::Lw, words, 1), 0x5544_3322);
    assert_eq!(load(Load::Lw, words, 2), 0x6655_4433);
    assert_eq!(load(Load::Lw, words, 3), 0x7766_5544);
}

#[test]
fn stores_leave_other_bytes() {
    let words = 0x8877_6655_4433_2211_u64;
    let value = 0xddcc_bbaa;
    assert_eq!(store(Store::Sb, words, 0, value), 0x8877_6655_4433_22aa);
    assert_eq!(store(Store::Sb, words, 3, value), 0x8877_6655_aa33_2211);
    assert_eq!(store(Store::Sh, words, 0, value), 0x8877_6655_4433_bbaa);
    assert_eq!(store(Store::Sh, words, 1, value), 0x8877_6655_44bb_aa11);
    assert_eq!(store(Store::Sh, words, 2, value), 0x8877_6655_bbaa_2211);
    assert_eq!(store(Store::Sh, words, 3, value), 0x8877_66bb_aa33_2211);
    assert_eq!(store(Store::Sw, words, 0, value), 0x8877_6655_ddcc_bbaa);
    assert_eq!(store(Store::Sw, words, 1, value), 0x8877_66dd_ccbb_aa11);
    assert_eq!(store(Store::Sw, words, 2, value), 0x8877_ddcc_bbaa_2211);
    assert_eq!(store(Store::Sw, words, 3, value), 0x88dd_ccbb_aa33_2211);
}
