use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, SINK, Step},
};

use super::row;
use crate::{
    F,
    bus::SPACE_REGISTER,
    machine::Table,
    testing::{access, assert_messages, cells, evaluate, thread, unnoticed},
};

const PC: u32 = 0x1_0000;

fn step(x: u32, y: u32) -> Step {
    Step {
        pc: PC,
        clk: 41,
        rs1: Access {
            value: x,
            previous_clk: 3,
        },
        rs2: Access {
            value: y,
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

fn proves(opcode: Opcode, x: u32, y: u32, result: u32) {
    let (step, instruction) = (step(x, y), instruction(opcode));
    let emitted = evaluate(Table::AddSub, row(&step, &instruction), PC, &instruction).unwrap();
    assert_messages(
        emitted,
        [
            thread(PC, 41, PC + 4),
            access(SPACE_REGISTER, 11, step.rs1, x, 41),
            access(SPACE_REGISTER, 12, step.rs2, y, 42),
            access(SPACE_REGISTER, 10, step.rd, result, 44),
        ],
    );
}

proptest! {
    #[test]
    fn adds_and_subtracts_any_words(x: u32, y: u32) {
        proves(Opcode::Add, x, y, x.wrapping_add(y));
        proves(Opcode::Sub, x, y, x.wrapping_sub(y));
    }
}

#[test]
fn wraps_at_the_edges() {
    for x in [0, 1, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        for y in [0, 1, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            proves(Opcode::Add, x, y, x.wrapping_add(y));
            proves(Opcode::Sub, x, y, x.wrapping_sub(y));
        }
    }
}

#[test]
fn x0_is_not_written() {
    let instruction = Instruction {
        rd: 0,
        ..instruction(Opcode::Add)
    };
    let step = step(1, 2);
    let emitted = evaluate(Table::AddSub, row(&step, &instruction), PC, &instruction).unwrap();
    assert_messages(
        emitted,
        [
            thread(PC, 41, PC + 4),
            access(SPACE_REGISTER, 11, step.rs1, 1, 41),
            access(SPACE_REGISTER, 12, step.rs2, 2, 42),
            access(SPACE_REGISTER, SINK.into(), step.rd, 3, 44),
        ],
    );
}

#[test]
fn every_changed_cell_is_noticed() {
    for opcode in [Opcode::Add, Opcode::Sub] {
        let row = cells(row(&step(0x1234_8765, 0xffff_0001), &instruction(opcode)));
        assert_eq!(
            unnoticed(Table::AddSub, &row, PC, &instruction(opcode)),
            [""; 0]
        );
    }
}

#[test]
fn a_wrong_sum_is_refused() {
    let instruction = instruction(Opcode::Add);
    let mut wrong = row(&step(0xffff, 1), &instruction);
    wrong.result.lo += F::from_u32(1 << 16);
    wrong.result.hi -= F::ONE;
    let refused = evaluate(Table::AddSub, wrong, PC, &instruction);
    assert_eq!(refused, Err("result.lo".into()));
}
