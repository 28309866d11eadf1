use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::instruction::Opcode;

use super::{SetLessThanImmediate, row};
use crate::{
    F,
    gadgets::testing::{EDGES, Tested},
    machine::Table,
};

const TESTED: Tested<SetLessThanImmediate<F>> = Tested {
    table: Table::SetLessThanImmediate,
    row,
    opcodes: &[Opcode::Slti, Opcode::Sltiu],
    expected: |opcode, x, y| match opcode {
        Opcode::Slti => ((x as i32) < (y as i32)).into(),
        _ => (x < y).into(),
    },
};

proptest! {
    #[test]
    fn compares_any_immediate(x: u32, near in -3_i32..3, imm in -2048_i32..2048) {
        TESTED.proves(x, imm as u32);
        TESTED.proves(imm.wrapping_add(near) as u32, imm as u32);
    }
}

#[test]
fn compares_the_edges() {
    for x in EDGES {
        for y in [-2048, -1, 0, 1, 2047] {
            TESTED.proves(x, y as u32);
        }
    }
}

#[test]
fn registers_may_be_x0_or_the_same() {
    TESTED.leaves_x0(1, 2);
    TESTED.works_in_place(0x8000_0001, u32::MAX);
}

#[test]
fn columns_and_messages() {
    TESTED.costs(18, 13);
}

#[test]
fn every_changed_cell_is_noticed() {
    for (x, y) in [(0x1234_8765, u32::MAX), (0x8000_0000, 5), (7, 7)] {
        TESTED.notices_changes(x, y);
    }
}

#[test]
fn a_wrong_sign_is_refused() {
    TESTED.refuses(Opcode::Slti, (u32::MAX, 1), "x.biased", |row| {
        row.x_sign = F::ZERO;
        row.less_than.less = F::ZERO;
    });
    TESTED.refuses(Opcode::Slti, (1, 2), "x.biased", |row| row.x_sign = F::ONE);
    // A sign in an unsigned comparison.
    TESTED.refuses(Opcode::Sltiu, (u32::MAX, 1), "x.biased", |row| {
        row.x_sign = F::ONE;
        row.less_than.less = F::ONE;
    });
    // A sign of 2^-16: the biased limb is one off and still in range.
    let fraction = F::from_u32(1 << 15);
    TESTED.refuses(Opcode::Slti, (5, 5), "x.sign", |row| row.x_sign += fraction);
}

#[test]
fn a_wrong_comparison_is_refused() {
    TESTED.refuses(Opcode::Sltiu, (1, 2), "difference.hi", |row| {
        row.less_than.less = F::ZERO;
    });
    TESTED.refuses(Opcode::Sltiu, (5, 5), "difference.lo", |row| {
        row.less_than.borrow = F::ONE;
        row.less_than.less = F::ONE;
    });
    // Another immediate than the program's.
    TESTED.refuses(Opcode::Sltiu, (5, 5), "fetch", |row| {
        row.immediate.lo += F::ONE;
        row.less_than.borrow = F::ONE;
        row.less_than.less = F::ONE;
    });
}

#[test]
fn another_kind_is_refused() {
    TESTED.refuses(Opcode::Slti, (1, 2), "x.biased", |row| {
        row.comparison.is_signed = F::ZERO;
        row.x_sign = F::ONE;
    });
    TESTED.refuses(Opcode::Slti, (1, 2), "is_signed", |row| {
        row.comparison.is_signed = F::TWO;
    });
}
