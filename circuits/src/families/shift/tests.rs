use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::instruction::Opcode;

use super::{Shift, row};
use crate::{
    F,
    gadgets::testing::{EDGES, Tested},
    machine::Table,
};

const TESTED: Tested<Shift<F>> = Tested {
    table: Table::Shift,
    row,
    opcodes: &[Opcode::Sll, Opcode::Srl, Opcode::Sra],
    expected: |opcode, x, y| match opcode {
        Opcode::Sll => x.wrapping_shl(y),
        Opcode::Srl => x.wrapping_shr(y),
        _ => (x as i32).wrapping_shr(y) as u32,
    },
};

const X: u32 = 0x9234_8765;

proptest! {
    #[test]
    fn shifts_any_word(x: u32, y: u32) {
        TESTED.proves(x, y);
    }
}

#[test]
fn shifts_the_edges_by_all_amounts() {
    for x in EDGES {
        for amount in (0..32).chain(EDGES).chain([32, 33, 63, 64, 0xffe0]) {
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
    TESTED.costs(32, 20);
}

#[test]
fn every_changed_cell_is_noticed() {
    for amount in 0..32 {
        for x in [X, 0x1234_8765, 0] {
            TESTED.notices_changes(x, amount | 0x7654_3200);
        }
    }
}

/// A row that shifts by another amount than the low five bits of rs2, with `multiple` as it may.
fn another(opcode: Opcode, x: u32, (y, amount): (u32, u32), multiple: F, name: &str) {
    TESTED.refuses(opcode, (x, y), name, |row| {
        let registers = row.registers;
        *row = TESTED.honest(opcode, x, amount);
        row.registers = registers;
        row.multiple = multiple;
    });
}

#[test]
fn another_amount_is_refused() {
    for opcode in TESTED.opcodes {
        another(*opcode, X, (4, 5), F::ZERO, "amount");
        // 4 = 5 + 32 multiple (mod p), and 36 = 5 + 32 multiple (mod p).
        let thirty_second = F::from_u32(1 << 26);
        another(*opcode, X, (4, 5), -thirty_second, "multiple");
        another(
            *opcode,
            X,
            (36, 5),
            F::from_u32(31) * thirty_second,
            "multiple",
        );
        // A multiple that wraps round p: 2^31 = 1.
        another(*opcode, X, (5, 4), thirty_second, "multiple");
    }
    // An amount of 32 instead of 0, or of -1 instead of 31: the exponent is then out of range.
    TESTED.refuses(Opcode::Sll, (0, 32), "power", |row| {
        row.multiple = F::ZERO;
        row.exponent = F::from_u32(32);
    });
    TESTED.refuses(Opcode::Srl, (0, 31), "power", |row| {
        row.multiple = F::ONE;
        row.exponent = F::from_u32(32);
    });
    TESTED.refuses(Opcode::Sll, (0, 8), "power", |row| {
        row.shifted.wide = F::ZERO;
        row.exponent = F::from_u32(8);
    });
    TESTED.refuses(Opcode::Sll, (0, 8), "power", |row| row.power = F::TWO);
    // A shift right by one limb too many.
    TESTED.refuses(Opcode::Srl, (0, 4), "amount", |row| {
        row.shifted.direction.right = F::ZERO;
    });
}

#[test]
fn another_operation_is_refused() {
    // Left by 4 has the bits of right by 27.
    TESTED.refuses(Opcode::Sll, (0, 4), "amount", |row| {
        row.shifted.direction.left = F::ZERO;
    });
    another_direction(Opcode::Sll, Opcode::Srl);
    another_direction(Opcode::Srl, Opcode::Sll);
    another_direction(Opcode::Srl, Opcode::Sra);
    another_direction(Opcode::Sra, Opcode::Srl);
    // Two directions at once that make up the same amount.
    TESTED.refuses(Opcode::Sll, (0, 16), "far_right", |row| {
        let direction = &mut row.shifted.direction;
        (direction.left, direction.far_left, direction.right) = (F::ONE, F::ZERO, F::ONE);
    });
}

/// A consistent row of another operation: only the program bus refuses it.
fn another_direction(opcode: Opcode, other: Opcode) {
    TESTED.refuses(opcode, (X, 7), "fetch", |row| {
        *row = TESTED.honest(other, X, 7)
    });
}

#[test]
fn a_wrong_sign_is_refused() {
    TESTED.refuses(Opcode::Sra, (X, 28), "without_sign", |row| {
        row.shifted.sign = F::ZERO;
        row.shifted.cut[1].byte -= F::from_u32(0xf0);
        row.shifted.result.lo = F::from_u32(9);
        row.shifted.result.hi = F::ZERO;
    });
    TESTED.refuses(Opcode::Srl, (X, 28), "sign", |row| {
        row.shifted.sign = F::ONE
    });
}

#[test]
fn a_wrong_cut_is_refused() {
    TESTED.refuses(Opcode::Sll, (X, 4), "limb.lo", |row| {
        row.shifted.cut[0].limb += F::from_u32(1 << 16);
        row.shifted.cut[0].byte -= F::ONE;
        row.shifted.result.lo += F::from_u32(1 << 16);
        row.shifted.result.hi -= F::ONE;
    });
    TESTED.refuses(Opcode::Sll, (X, 4), "result.hi", |row| {
        row.shifted.result.hi += F::ONE;
    });
}
