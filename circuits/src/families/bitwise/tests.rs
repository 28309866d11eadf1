use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::instruction::Opcode;

use super::{Bitwise, row};
use crate::{
    F,
    gadgets::testing::{EDGES, Tested},
    machine::Table,
};

const TESTED: Tested<Bitwise<F>> = Tested {
    table: Table::Bitwise,
    row,
    opcodes: &[Opcode::Or, Opcode::Xor, Opcode::And],
    expected: |opcode, x, y| match opcode {
        Opcode::Or => x | y,
        Opcode::Xor => x ^ y,
        _ => x & y,
    },
};

const OPERANDS: (u32, u32) = (0x1234_8765, 0xffff_0001);

proptest! {
    #[test]
    fn combines_any_words(x: u32, y: u32) {
        TESTED.proves(x, y);
    }
}

#[test]
fn combines_the_edges() {
    for x in EDGES {
        for y in EDGES {
            TESTED.proves(x, y);
        }
    }
}

#[test]
fn registers_may_be_x0_or_the_same() {
    TESTED.leaves_x0(1, 3);
    TESTED.works_in_place(0x8000_0001, 0);
}

#[test]
fn columns_and_messages() {
    TESTED.costs(29, 18);
}

#[test]
fn every_changed_cell_is_noticed() {
    for (x, y) in [OPERANDS, (u32::MAX, u32::MAX), (0, 0)] {
        TESTED.notices_changes(x, y);
    }
}

#[test]
fn a_wrong_result_is_refused() {
    for opcode in TESTED.opcodes {
        TESTED.refuses(*opcode, OPERANDS, "hi.result", |row| {
            row.result.hi += F::ONE
        });
        TESTED.refuses(*opcode, OPERANDS, "lo.result", |row| {
            row.result.lo += F::ONE
        });
    }
    // A conjunction that the table does not have, and the result that follows from it.
    TESTED.refuses(Opcode::And, OPERANDS, "lo.and_low", |row| {
        row.and[0] += F::TWO;
        row.result.lo += F::TWO;
    });
    TESTED.refuses(Opcode::And, OPERANDS, "hi.and_high", |row| {
        row.and[3] += F::ONE;
        row.result.hi += F::from_u32(256);
    });
}

#[test]
fn wrong_bytes_are_refused() {
    // Bytes that make up the limb modulo p: one of them is out of range.
    TESTED.refuses(Opcode::Xor, OPERANDS, "lo.and_low", |row| {
        row.x_low.lo += F::from_u32(256);
    });
    TESTED.refuses(Opcode::Xor, OPERANDS, "hi.and_high", |row| {
        row.x_low.hi += F::ONE;
        row.and[2] += F::ONE;
        row.result.hi -= F::TWO;
    });
    TESTED.refuses(Opcode::And, OPERANDS, "lo.and_high", |row| {
        row.y_low.lo = F::ZERO;
        row.and[0] = F::ZERO;
        row.result.lo -= F::ONE;
    });
}

#[test]
fn another_operation_is_refused() {
    let both = |row: &mut Bitwise<F>| {
        row.logic.or_and = F::ONE;
        row.logic.xor_and = F::ONE;
    };
    // AND instead of OR, with the result of AND.
    TESTED.refuses(Opcode::Or, (1, 3), "fetch", |row| {
        both(row);
        row.result.lo = F::ONE;
    });
    TESTED.refuses(Opcode::Or, (1, 3), "or_and", |row| {
        row.logic.or_and = F::TWO
    });
    TESTED.refuses(Opcode::Xor, (1, 3), "xor_and", |row| {
        row.logic.xor_and = F::TWO
    });
    // None of the three.
    TESTED.refuses(Opcode::Xor, (1, 1), "some", |row| {
        row.logic.xor_and = F::ZERO
    });
}
