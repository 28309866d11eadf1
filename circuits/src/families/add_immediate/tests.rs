use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, SINK, Step},
};

use super::{AddImmediate, row};
use crate::{
    F,
    bus::SPACE_REGISTER,
    gadgets::testing::{CLK, EDGES, PC, Tested},
    machine::Table,
    testing::{access, assert_messages, cells, evaluate, thread, unnoticed},
};

const TESTED: Tested<AddImmediate<F>> = Tested {
    table: Table::AddImmediate,
    row,
    opcodes: &[Opcode::Addi],
    expected: |_, x, y| x.wrapping_add(y),
};

/// LUI, AUIPC and FENCE as the decoder has them: FENCE's registers and immediate are ignored.
fn upper(opcode: Opcode, rd: u8, imm: u32) -> (Step, Instruction) {
    let instruction = Instruction {
        opcode,
        rd,
        rs1: if opcode == Opcode::Fence { 3 } else { 0 },
        rs2: 0,
        imm: imm as i32,
    };
    let rd = Access {
        value: 5,
        previous_clk: 9,
    };
    let step = Step {
        pc: PC,
        clk: CLK,
        rs1: Access {
            value: 0,
            previous_clk: 7,
        },
        rd: if opcode == Opcode::Fence {
            Access::default()
        } else {
            rd
        },
        next_pc: PC + 4,
        ..Step::default()
    };
    (step, instruction)
}

fn loads_upper(opcode: Opcode, imm: u32, result: u32) {
    let (step, instruction) = upper(opcode, 10, imm);
    let cells = cells(row(&step, &instruction));
    let emitted = evaluate(TESTED.table, row(&step, &instruction), PC, &instruction).unwrap();
    assert_messages(
        emitted,
        [
            thread(PC, CLK, PC + 4),
            access(SPACE_REGISTER, 0, step.rs1, 0, CLK),
            access(SPACE_REGISTER, 10, step.rd, result, CLK + 3),
        ],
    );
    let unnoticed = unnoticed(TESTED.table, &cells, PC, &instruction);
    assert_eq!(unnoticed, [""; 0]);
}

proptest! {
    #[test]
    fn adds_any_immediate(x: u32, imm in -2048_i32..2048) {
        TESTED.proves(x, imm as u32);
    }

    #[test]
    fn loads_any_upper_immediate(imm: u32) {
        let imm = imm & 0xffff_f000;
        loads_upper(Opcode::Lui, imm, imm);
        loads_upper(Opcode::Auipc, imm, PC.wrapping_add(imm));
    }
}

#[test]
fn wraps_at_the_edges() {
    for x in EDGES {
        for y in [-2048, -1, 0, 1, 2047] {
            TESTED.proves(x, y as u32);
        }
    }
}

#[test]
fn fence_reads_x0_and_leaves_registers() {
    let (step, instruction) = upper(Opcode::Fence, 9, 0x0ff);
    let emitted = evaluate(TESTED.table, row(&step, &instruction), PC, &instruction).unwrap();
    assert_messages(
        emitted,
        [
            thread(PC, CLK, PC + 4),
            access(SPACE_REGISTER, 0, step.rs1, 0, CLK),
            access(SPACE_REGISTER, SINK.into(), step.rd, 0, CLK + 3),
        ],
    );
}

#[test]
fn registers_may_be_x0_or_the_same() {
    TESTED.leaves_x0(0x1234_8765, 5);
    TESTED.works_in_place(0xffff_ffff, 5);
}

#[test]
fn columns_and_messages() {
    TESTED.costs(16, 12);
}

#[test]
fn every_changed_cell_is_noticed() {
    TESTED.notices_changes(0x1234_8765, 0x7fe);
    TESTED.notices_changes(0x0000_ffff, u32::MAX);
}

#[test]
fn wrong_sums_are_refused() {
    let operands = (0xffff, 1);
    // The right sum modulo p, its limbs out of range.
    TESTED.refuses(Opcode::Addi, operands, "result.lo", |row| {
        row.result.lo += F::from_u32(1 << 16);
        row.result.hi -= F::ONE;
    });
    TESTED.refuses(Opcode::Addi, operands, "carry_lo", |row| {
        row.result.lo -= F::ONE;
    });
    TESTED.refuses(Opcode::Addi, operands, "carry_hi", |row| {
        row.result.hi += F::ONE;
    });
    // Another constant than the program's.
    TESTED.refuses(Opcode::Addi, operands, "fetch", |row| {
        row.constant.lo += F::ONE;
        row.result.lo += F::ONE;
    });
}

#[test]
fn reads_from_the_present_or_future_are_refused() {
    TESTED.refuses(Opcode::Addi, (1, 2), "difference_high", |row| {
        row.registers.x.previous_clk = F::from_u32(CLK);
        row.registers.x.difference_low = F::from_u32(0xffff);
    });
    TESTED.refuses(Opcode::Addi, (1, 2), "difference_high", |row| {
        row.registers.old.previous_clk = F::from_u32(CLK + 4);
        row.registers.old.difference_low = F::from_u32(0xfffe);
    });
}
