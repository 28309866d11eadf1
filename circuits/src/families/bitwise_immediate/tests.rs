use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::instruction::Opcode;

use super::{BitwiseImmediate, row};
use crate::{
    F,
    gadgets::testing::{EDGES, Tested},
    machine::Table,
};

const TESTED: Tested<BitwiseImmediate<F>> = Tested {
    table: Table::BitwiseImmediate,
    row,
    opcodes: &[Opcode::Ori, Opcode::Xori, Opcode::Andi],
    expected: |opcode, x, y| match opcode {
        Opcode::Ori => x | y,
        Opcode::Xori => x ^ y,
        _ => x & y,
    },
};

const NEGATIVE: (u32, u32) = (0x1234_8765, -0x234_i32 as u32);
const POSITIVE: (u32, u32) = (0x1234_8765, 0x765);

proptest! {
    #[test]
    fn combines_any_immediate(x: u32, imm in -2048_i32..2048) {
        TESTED.proves(x, imm as u32);
    }
}

#[test]
fn combines_the_edges() {
    for x in EDGES {
        for y in [-2048_i32, -1, 0, 1, 2047] {
            TESTED.proves(x, y as u32);
        }
    }
}

#[test]
fn registers_may_be_x0_or_the_same() {
    TESTED.leaves_x0(1, 3);
    TESTED.works_in_place(0x8000_0001, u32::MAX);
}

#[test]
fn columns_and_messages() {
    TESTED.costs(22, 12);
}

#[test]
fn every_changed_cell_is_noticed() {
    for (x, y) in [NEGATIVE, POSITIVE, (u32::MAX, u32::MAX), (0, 0)] {
        TESTED.notices_changes(x, y);
    }
}

#[test]
fn a_wrong_result_is_refused() {
    for opcode in TESTED.opcodes {
        for operands in [NEGATIVE, POSITIVE] {
            TESTED.refuses(*opcode, operands, "hi.result", |row| {
                row.result.hi += F::ONE
            });
            TESTED.refuses(*opcode, operands, "lo.result", |row| {
                row.result.lo += F::ONE
            });
        }
    }
    // A conjunction that the table does not have, and the result that follows from it.
    TESTED.refuses(Opcode::Andi, POSITIVE, "lo.and_low", |row| {
        row.and[0] -= F::ONE;
        row.result.lo -= F::ONE;
    });
    // The high limb of an immediate of the other sign.
    TESTED.refuses(Opcode::Andi, POSITIVE, "fetch", |row| {
        row.sign = F::ONE;
        row.result.hi = row.registers.x.value.hi;
    });
    // Another immediate than the program's.
    TESTED.refuses(Opcode::Andi, POSITIVE, "fetch", |row| {
        row.immediate[0] = F::ZERO;
        row.result.lo -= row.and[0];
        row.and[0] = F::ZERO;
    });
}

#[test]
fn wrong_bytes_are_refused() {
    // Bytes that make up the limb modulo p: one of them is out of range.
    TESTED.refuses(Opcode::Xori, POSITIVE, "lo.and_low", |row| {
        row.x_low += F::from_u32(256);
    });
    TESTED.refuses(Opcode::Andi, (2, 5), "lo.and_high", |row| {
        row.x_low += F::from_u32(8)
    });
}

#[test]
fn another_operation_is_refused() {
    // AND instead of OR, with the result of AND.
    TESTED.refuses(Opcode::Ori, (1, 3), "fetch", |row| {
        row.logic.xor_and = F::ONE;
        row.result.lo = F::ONE;
    });
    TESTED.refuses(Opcode::Ori, (0, 0), "or_and", |row| {
        row.logic.or_and = F::TWO
    });
    TESTED.refuses(Opcode::Xori, (0, 0), "xor_and", |row| {
        row.logic.xor_and = F::TWO
    });
    // None of the three.
    TESTED.refuses(Opcode::Xori, (0, 0), "some", |row| {
        row.logic.xor_and = F::ZERO
    });
}
