use alloc::string::String;

use proptest::prelude::*;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, SINK, Step},
};

use super::{Divide, row};
use crate::{
    F,
    bus::SPACE_REGISTER,
    machine::Table,
    testing::{Messages, access, assert_messages, cells, evaluate, thread, unnoticed},
};

mod attacks;
mod statements;

const PC: u32 = 0x1_0000;
const OPCODES: [Opcode; 4] = [Opcode::Div, Opcode::Divu, Opcode::Rem, Opcode::Remu];
const MIN: u32 = 1 << 31;
const EDGES: [u32; 14] = [
    0,
    1,
    2,
    3,
    0xff,
    0xffff,
    0x1_0000,
    0x7fff_0000,
    MIN - 1,
    MIN,
    MIN + 1,
    0xffff_0000,
    u32::MAX - 1,
    u32::MAX,
];

fn step(d: u32, b: u32) -> Step {
    Step {
        pc: PC,
        clk: 41,
        rs1: Access {
            value: d,
            previous_clk: 3,
        },
        rs2: Access {
            value: b,
            previous_clk: 40,
        },
        rd: Access {
            value: 7,
            previous_clk: 0,
        },
        result: 0,
        next_pc: PC + 4,
    }
}

fn instruction(opcode: Opcode) -> Instruction {
    Instruction {
        opcode,
        rd: 10,
        rs1: 11,
        rs2: 12,
        imm: 0,
    }
}

fn is_signed(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Div | Opcode::Rem)
}

fn is_remainder(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Rem | Opcode::Remu)
}

/// The ISA manual's table, over the integers.
fn expected(opcode: Opcode, d: u32, b: u32) -> u32 {
    let [d, b] = [d, b].map(|word| match is_signed(opcode) {
        true => i64::from(word as i32),
        false => i64::from(word),
    });
    let value = match (b, is_remainder(opcode)) {
        (0, false) => -1,
        (0, true) => d,
        (_, false) => d / b,
        (_, true) => d % b,
    };
    value as u32
}

fn attempt(opcode: Opcode, row: Divide<F>) -> Result<Messages, String> {
    evaluate(Table::Divide, row, PC, &instruction(opcode))
}

fn honest(opcode: Opcode, d: u32, b: u32) -> Divide<F> {
    row(&step(d, b), &instruction(opcode))
}

fn should_emit(opcode: Opcode, d: u32, b: u32) -> [Messages; 4] {
    let step = step(d, b);
    [
        thread(PC, 41, PC + 4),
        access(SPACE_REGISTER, 11, step.rs1, d, 41),
        access(SPACE_REGISTER, 12, step.rs2, b, 42),
        access(SPACE_REGISTER, 10, step.rd, expected(opcode, d, b), 44),
    ]
}

fn proves(opcode: Opcode, d: u32, b: u32) {
    assert_messages(
        attempt(opcode, honest(opcode, d, b)).unwrap(),
        should_emit(opcode, d, b),
    );
}

proptest! {
    #[test]
    fn divides_any_words(d: u32, b: u32, bits in 0_u32..32) {
        for opcode in OPCODES {
            proves(opcode, d, b);
            proves(opcode, d, b >> bits);
            proves(opcode, d, (b as i32 >> bits) as u32);
            proves(opcode, d, d);
        }
    }
}

#[test]
fn divides_at_the_edges() {
    for d in EDGES {
        for b in EDGES {
            for opcode in OPCODES {
                proves(opcode, d, b);
            }
        }
    }
}

/// The ISA manual's table, row by row, with its constants.
#[test]
fn division_by_zero_and_overflow_are_as_the_isa_manual_has_them() {
    for d in EDGES {
        assert_eq!(
            OPCODES.map(|o| expected(o, d, 0)),
            [u32::MAX, u32::MAX, d, d]
        );
    }
    assert_eq!(expected(Opcode::Div, MIN, u32::MAX), MIN);
    assert_eq!(expected(Opcode::Rem, MIN, u32::MAX), 0);
    // Rounding towards zero: -7 / 2 = -3, remainder -1; 7 / -2 = -3, remainder 1.
    assert_eq!(
        expected(Opcode::Div, 7_u32.wrapping_neg(), 2),
        3_u32.wrapping_neg()
    );
    assert_eq!(expected(Opcode::Rem, 7_u32.wrapping_neg(), 2), u32::MAX);
    assert_eq!(expected(Opcode::Rem, 7, 2_u32.wrapping_neg()), 1);
}

#[test]
fn x0_is_not_written() {
    for opcode in OPCODES {
        let instruction = Instruction {
            rd: 0,
            ..instruction(opcode)
        };
        let step = step(0xdead_beef, 0xfff);
        let emitted = evaluate(Table::Divide, row(&step, &instruction), PC, &instruction).unwrap();
        let result = expected(opcode, 0xdead_beef, 0xfff);
        assert_messages(
            emitted,
            [
                thread(PC, 41, PC + 4),
                access(SPACE_REGISTER, 11, step.rs1, 0xdead_beef, 41),
                access(SPACE_REGISTER, 12, step.rs2, 0xfff, 42),
                access(SPACE_REGISTER, SINK.into(), step.rd, result, 44),
            ],
        );
    }
}

#[test]
fn one_register_may_be_everything() {
    let instruction = Instruction {
        rd: 9,
        rs1: 9,
        rs2: 9,
        ..instruction(Opcode::Div)
    };
    let at = |previous_clk| Access {
        value: MIN,
        previous_clk,
    };
    let step = Step {
        rs1: at(5),
        rs2: at(41),
        rd: at(42),
        ..step(0, 0)
    };
    let emitted = evaluate(Table::Divide, row(&step, &instruction), PC, &instruction).unwrap();
    assert_messages(
        emitted,
        [
            thread(PC, 41, PC + 4),
            access(SPACE_REGISTER, 9, at(5), MIN, 41),
            access(SPACE_REGISTER, 9, at(41), MIN, 42),
            access(SPACE_REGISTER, 9, at(42), 1, 44),
        ],
    );
}

#[test]
fn every_changed_cell_is_noticed() {
    for opcode in OPCODES {
        for (d, b) in [
            (0x9234_8765, 0xffff_0001),
            (0x9234_8765, 77),
            (5, 0),
            (0xffff_fff0, 0),
            (MIN, u32::MAX),
            (0, 9),
        ] {
            let row = cells(honest(opcode, d, b));
            assert_eq!(
                unnoticed(Table::Divide, &row, PC, &instruction(opcode)),
                [""; 0],
                "{opcode:?} {d:#x} {b:#x}"
            );
        }
    }
}
