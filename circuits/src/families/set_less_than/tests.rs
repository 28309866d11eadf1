use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::instruction::Opcode;

use super::{SetLessThan, row};
use crate::{
    F,
    gadgets::testing::{CLK, EDGES, Tested},
    machine::Table,
};

const TESTED: Tested<SetLessThan<F>> = Tested {
    table: Table::SetLessThan,
    row,
    opcodes: &[Opcode::Slt, Opcode::Sltu],
    expected: |opcode, x, y| match opcode {
        Opcode::Slt => ((x as i32) < (y as i32)).into(),
        _ => (x < y).into(),
    },
};

proptest! {
    #[test]
    fn compares_any_words(x: u32, y: u32, low: u16) {
        TESTED.proves(x, y);
        TESTED.proves(x, x & 0xffff_0000 | u32::from(low));
        TESTED.proves(x, x);
    }
}

#[test]
fn compares_the_edges() {
    for x in EDGES {
        for y in EDGES {
            TESTED.proves(x, y);
        }
    }
}

#[test]
fn registers_may_be_x0_or_the_same() {
    TESTED.leaves_x0(1, 2);
    TESTED.works_in_place(0x8000_0001, 0);
}

#[test]
fn columns_and_messages() {
    TESTED.costs(22, 18);
}

#[test]
fn every_changed_cell_is_noticed() {
    for (x, y) in [(0x1234_8765, 0xffff_0001), (0x8000_0000, 5), (7, 7)] {
        TESTED.notices_changes(x, y);
    }
}

#[test]
fn a_wrong_sign_is_refused() {
    // A word below zero that passes for a large one, and the other way round.
    TESTED.refuses(Opcode::Slt, (u32::MAX, 1), "x.biased", |row| {
        row.x_sign = F::ZERO;
        row.less_than.less = F::ZERO;
    });
    TESTED.refuses(Opcode::Slt, (1, 2), "x.biased", |row| row.x_sign = F::ONE);
    TESTED.refuses(Opcode::Slt, (0, u32::MAX), "y.biased", |row| {
        row.y_sign = F::ZERO;
        row.less_than.less = F::ONE;
    });
    // Signs in an unsigned comparison.
    TESTED.refuses(Opcode::Sltu, (u32::MAX, 1), "x.biased", |row| {
        row.x_sign = F::ONE;
        row.less_than.less = F::ONE;
    });
    // A sign of 2^-16: the biased limb is one off and still in range.
    let fraction = F::from_u32(1 << 15);
    TESTED.refuses(Opcode::Slt, (5, 5), "x.sign", |row| row.x_sign += fraction);
}

#[test]
fn a_wrong_comparison_is_refused() {
    TESTED.refuses(Opcode::Sltu, (1, 2), "difference.hi", |row| {
        row.less_than.less = F::ZERO;
    });
    TESTED.refuses(Opcode::Sltu, (2, 1), "difference.hi", |row| {
        row.less_than.less = F::ONE;
    });
    TESTED.refuses(Opcode::Sltu, (5, 5), "difference.lo", |row| {
        row.less_than.borrow = F::ONE;
        row.less_than.less = F::ONE;
    });
    // Bits that are fractions of 2^16 keep the differences in range.
    let fraction = F::from_u32(1 << 15);
    TESTED.refuses(Opcode::Sltu, (5, 5), "borrow", |row| {
        row.less_than.borrow += fraction;
    });
    TESTED.refuses(Opcode::Sltu, (5, 5), "less", |row| {
        row.less_than.less += fraction;
    });
}

#[test]
fn another_kind_is_refused() {
    TESTED.refuses(Opcode::Slt, (1, 2), "fetch", |row| {
        row.comparison.is_signed = F::ZERO;
    });
    TESTED.refuses(Opcode::Slt, (1, 2), "is_signed", |row| {
        row.comparison.is_signed = F::TWO;
    });
}

#[test]
fn reads_from_the_present_or_future_are_refused() {
    TESTED.refuses(Opcode::Slt, (1, 2), "difference_high.xy", |row| {
        row.registers.x.previous_clk = F::from_u32(CLK);
        row.registers.x.difference_low = F::from_u32(0xffff);
    });
    TESTED.refuses(Opcode::Slt, (1, 2), "difference_high.xy", |row| {
        row.registers.y.previous_clk = F::from_u32(CLK + 1);
        row.registers.y.difference_low = F::from_u32(0xffff);
    });
    TESTED.refuses(Opcode::Slt, (1, 2), "difference_high.old", |row| {
        row.registers.old.previous_clk = F::from_u32(CLK + 4);
        row.registers.old.difference_low = F::from_u32(0xfffe);
    });
}
