use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::instruction::Opcode;

use super::{ShiftImmediate, row};
use crate::{
    F,
    gadgets::testing::{EDGES, Tested},
    machine::Table,
};

const TESTED: Tested<ShiftImmediate<F>> = Tested {
    table: Table::ShiftImmediate,
    row,
    opcodes: &[Opcode::Slli, Opcode::Srli, Opcode::Srai],
    expected: |opcode, x, y| match opcode {
        Opcode::Slli => x << y,
        Opcode::Srli => x >> y,
        _ => (x as i32 >> y) as u32,
    },
};

const X: u32 = 0x9234_8765;

proptest! {
    #[test]
    fn shifts_any_word(x: u32, amount in 0_u32..32) {
        TESTED.proves(x, amount);
    }
}

#[test]
fn shifts_the_edges_by_all_amounts() {
    for x in EDGES {
        for amount in 0..32 {
            TESTED.proves(x, amount);
        }
    }
}

#[test]
fn registers_may_be_x0_or_the_same() {
    TESTED.leaves_x0(X, 3);
    TESTED.works_in_place(X, 0);
}

#[test]
fn columns_and_messages() {
    TESTED.costs(25, 14);
}

#[test]
fn every_changed_cell_is_noticed() {
    for amount in 0..32 {
        TESTED.notices_changes(X, amount);
        TESTED.notices_changes(0x1234_8765, amount);
        TESTED.notices_changes(0, amount);
    }
}

#[test]
fn wrong_cuts_are_refused() {
    // A limb out of range, and the result that follows from it.
    TESTED.refuses(Opcode::Slli, (X, 4), "limb.lo", |row| {
        row.shifted.cut[0].limb += F::from_u32(1 << 16);
        row.shifted.cut[0].byte -= F::ONE;
        row.shifted.result.lo += F::from_u32(1 << 16);
        row.shifted.result.hi -= F::ONE;
    });
    // A byte out of range, made up for by the limb.
    TESTED.refuses(Opcode::Srli, (X, 4), "bytes", |row| {
        row.shifted.cut[1].limb -= F::ONE;
        row.shifted.cut[1].byte += F::from_u32(1 << 8);
        row.shifted.result.hi -= F::ONE;
        row.shifted.result.lo += F::from_u32(1 << 16);
    });
    TESTED.refuses(Opcode::Slli, (X, 4), "cut.lo", |row| {
        row.shifted.cut[0].limb += F::ONE;
        row.shifted.result.lo += F::ONE;
    });
    TESTED.refuses(Opcode::Slli, (X, 4), "cut.hi", |row| {
        row.shifted.cut[1].limb += F::ONE;
        row.shifted.result.hi += F::ONE;
    });
}

#[test]
fn a_wrong_result_is_refused() {
    for opcode in TESTED.opcodes {
        for amount in 0..32 {
            let operands = (X, amount);
            TESTED.refuses(*opcode, operands, "result.lo", |row| {
                row.shifted.result.lo += F::ONE;
            });
            TESTED.refuses(*opcode, operands, "result.hi", |row| {
                row.shifted.result.hi += F::ONE;
            });
        }
    }
}

#[test]
fn a_wrong_sign_is_refused() {
    // By 28, e is 4: the sign is repeated in the byte above and in the whole high limb.
    TESTED.refuses(Opcode::Srai, (X, 28), "without_sign", |row| {
        row.shifted.sign = F::ZERO;
        row.shifted.cut[1].byte -= F::from_u32(0xf0);
        row.shifted.result.lo = F::from_u32(9);
        row.shifted.result.hi = F::ZERO;
    });
    TESTED.refuses(Opcode::Srai, (9, 28), "without_sign", |row| {
        row.shifted.sign = F::ONE;
        row.shifted.cut[1].byte += F::from_u32(0xf0);
        row.shifted.result.lo = F::from_u32(0xfff0);
        row.shifted.result.hi = F::from_u32(0xffff);
    });
    // A sign in a logical shift.
    TESTED.refuses(Opcode::Srli, (X, 28), "sign", |row| {
        row.shifted.sign = F::ONE
    });
    TESTED.refuses(Opcode::Srai, (X, 28), "sign", |row| {
        row.shifted.sign = F::TWO
    });
    // A logical shift that passes for an arithmetic one, and the other way round.
    TESTED.refuses(Opcode::Srli, (9, 28), "fetch", |row| {
        row.shifted.is_arithmetic = F::ONE;
    });
    TESTED.refuses(Opcode::Srai, (9, 28), "fetch", |row| {
        row.shifted.is_arithmetic = F::ZERO;
    });
    TESTED.refuses(Opcode::Slli, (9, 28), "arithmetic_left", |row| {
        row.shifted.is_arithmetic = F::ONE;
    });
    TESTED.refuses(Opcode::Srai, (9, 28), "is_arithmetic", |row| {
        row.shifted.is_arithmetic = F::TWO;
    });
}

#[test]
fn another_shift_is_refused() {
    // Every shift of 0 is 0: only the program bus refuses the row.
    TESTED.refuses(Opcode::Slli, (0, 4), "fetch", |row| {
        row.multiplier = F::from_u32(32);
    });
    TESTED.refuses(Opcode::Slli, (0, 4), "fetch", |row| {
        row.shifted.wide = F::ONE
    });
    TESTED.refuses(Opcode::Slli, (0, 4), "wide", |row| {
        row.shifted.wide = F::TWO
    });
    TESTED.refuses(Opcode::Slli, (0, 4), "fetch", |row| {
        row.shifted.direction.left = F::ZERO;
        row.shifted.direction.far_left = F::ONE;
    });
    // Directions that are not one-hot: 3 = 1 + 2 has the number of far_right.
    TESTED.refuses(Opcode::Srli, (0, 20), "far_right", |row| {
        row.shifted.direction.right = F::ONE;
        row.shifted.direction.far_left = F::ONE;
    });
    TESTED.refuses(Opcode::Srli, (0, 20), "far_left", |row| {
        row.shifted.direction.far_left = F::from_u32(3);
    });
    TESTED.refuses(Opcode::Slli, (0, 4), "left", |row| {
        row.shifted.direction.left = F::TWO;
    });
    TESTED.refuses(Opcode::Srli, (0, 4), "right", |row| {
        row.shifted.direction.right = F::TWO;
    });
}
