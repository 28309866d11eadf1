//! For each constraint and lookup, a row that all the others accept.

use alloc::string::String;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_riscv_emu::instruction::Opcode;

use super::{attempt, claim, honest};
use crate::{F, families::multiply::Multiply};

fn small(value: u32) -> F {
    F::from_u32(value)
}

/// Changes an honest row and expects `name`, and nothing before it, to refuse it.
#[track_caller]
fn refuses(opcode: Opcode, [x, y]: [u32; 2], name: &str, change: impl FnOnce(&mut Multiply<F>)) {
    let mut row = honest(opcode, x, y);
    assert!(attempt(opcode, row).is_ok());
    change(&mut row);
    assert_eq!(attempt(opcode, row), Err(String::from(name)));
}

#[test]
fn accesses_of_the_future() {
    for (name, place) in [
        ("x.difference_low", 0),
        ("y.difference_low", 1),
        ("old.difference_low", 2),
    ] {
        refuses(Opcode::Mul, [7, 2], name, |row| {
            let (access, clk) = match place {
                0 => (&mut row.x, 41),
                1 => (&mut row.y, 42),
                _ => (&mut row.old, 44),
            };
            access.previous_clk = small(clk);
            access.difference_low = -F::ONE;
        });
    }
}

#[test]
fn carries_that_are_none() {
    // One p more than the product, with the carry of 2^15 in the place of its high bit.
    refuses(Opcode::Mulhu, [3, 5], "carry_16_high", |row| {
        *row = claim(Opcode::Mulhu, 3, 5, 15 + i128::from(F::ORDER_U32), false);
        row.carry_16_high = row.carry_16_low * F::from_u32(1 << 23);
        row.carry_16_low = F::ZERO;
    });
    refuses(Opcode::Mulhu, [1 << 31, 6], "negative", |row| {
        row.result.hi += F::ONE;
        row.negative += small(1 << 15);
    });
}

#[test]
fn limbs_that_are_none() {
    let (x, y) = (0x1234_4321, 0x2345_1234);
    refuses(Opcode::Mulhu, [x, y], "result.lo", |row| {
        row.result.lo += small(1 << 16);
        row.carry_48 -= F::ONE;
        row.result.hi -= F::ONE;
    });
    refuses(Opcode::Mulhu, [x, y], "result.hi", |row| {
        row.result.hi += small(1 << 16);
        row.negative = F::ONE;
    });
    refuses(Opcode::Mulhu, [x, y], "rest.lo", |row| {
        row.rest.lo += small(1 << 16);
        row.carry_16_low -= F::ONE;
        row.rest.hi -= F::ONE;
    });
    refuses(Opcode::Mulhu, [x, y], "rest.hi", |row| {
        row.rest.hi += small(1 << 16);
        row.carry_32 -= F::ONE;
        row.result.lo -= F::ONE;
    });
    for (name, limb) in [("limb_0", 0), ("limb_1", 1), ("limb_2", 2), ("limb_3", 3)] {
        refuses(Opcode::Mulhu, [x, y], name, |row| match limb {
            0 => row.rest.lo += F::ONE,
            1 => row.rest.hi += F::ONE,
            2 => row.result.lo += F::ONE,
            _ => row.result.hi += F::ONE,
        });
    }
}
