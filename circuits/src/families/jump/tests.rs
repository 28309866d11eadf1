use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, SINK, Step},
    semantics::jalr_target,
};

use super::{Jump, row};
use crate::{
    F,
    bus::{Bus, SPACE_REGISTER},
    instruction::NO_TARGET,
    machine::Table,
    testing::{Messages, access, assert_messages, cells, evaluate, thread, unnoticed},
};

const PC: u32 = 0x1_fffc;

fn jal(imm: i32) -> Instruction {
    Instruction {
        opcode: Opcode::Jal,
        rd: 1,
        rs1: 0,
        rs2: 0,
        imm,
    }
}

fn jalr(imm: i32) -> Instruction {
    Instruction {
        opcode: Opcode::Jalr,
        rs1: 11,
        ..jal(imm)
    }
}

fn step(x: u32, next_pc: u32) -> Step {
    Step {
        pc: PC,
        clk: 41,
        rs1: Access {
            value: x,
            previous_clk: 3,
        },
        rd: Access {
            value: 7,
            previous_clk: 12,
        },
        result: PC + 4,
        next_pc,
        ..Step::default()
    }
}

fn jal_step(next_pc: u32) -> Step {
    Step {
        rs1: Access::default(),
        ..step(0, next_pc)
    }
}

fn emits(step: &Step, instruction: &Instruction) -> Messages {
    evaluate(Table::Jump, row(step, instruction), PC, instruction).unwrap()
}

fn proves_jalr(x: u32, imm: i32) {
    let step = step(x, jalr_target(x, imm));
    assert_messages(
        emits(&step, &jalr(imm)),
        [
            thread(PC, 41, step.next_pc),
            access(SPACE_REGISTER, 11, step.rs1, x, 41),
            access(SPACE_REGISTER, 1, step.rd, PC + 4, 44),
        ],
    );
}

fn refuses(row: Jump<F>, instruction: &Instruction, name: &str) {
    let refused = evaluate(Table::Jump, row, PC, instruction);
    assert_eq!(refused, Err(name.into()));
}

proptest! {
    #[test]
    fn jumps_to_any_register(target in 0_u32..1 << 28, imm in -2048_i32..2048, bit in 0_u32..2) {
        proves_jalr((4 * target + bit).wrapping_add_signed(-imm), imm);
    }

    #[test]
    fn jumps_to_constants(words in -(PC as i32) / 4..1 << 18) {
        let step = jal_step(PC.wrapping_add_signed(4 * words));
        assert_messages(
            emits(&step, &jal(4 * words)),
            [
                thread(PC, 41, step.next_pc),
                access(SPACE_REGISTER, 1, step.rd, PC + 4, 44),
            ],
        );
    }

    #[test]
    fn no_other_target_is_an_instructions(x: u32, imm in -2048_i32..2048) {
        let target = jalr_target(x, imm);
        let emitted = evaluate(Table::Jump, row(&step(x, target), &jalr(imm)), PC, &jalr(imm));
        if !target.is_multiple_of(4) {
            prop_assert_eq!(emitted, Err("target.multiple_of_four".into()));
        } else if let Ok(emitted) = emitted {
            let next = emitted.into_iter().find(|(count, bus, _)| (*count, *bus) == (1, Bus::State));
            let next_pc = next.unwrap().2[0];
            prop_assert!(next_pc == target || next_pc >= NO_TARGET);
        }
    }
}

#[test]
fn wraps_at_the_edges() {
    for target in [0, 4, 2044, 2048, 0xfffc, 0x1_0000, NO_TARGET - 4] {
        for imm in [-2048, -4, -1, 0, 1, 4, 2047] {
            for bit in [0, 1] {
                proves_jalr(u32::wrapping_add_signed(target + bit, -imm), imm);
            }
        }
    }
}

#[test]
fn x0_is_not_written() {
    let instruction = Instruction { rd: 0, ..jalr(0) };
    let step = step(64, 64);
    assert_messages(
        emits(&step, &instruction),
        [
            thread(PC, 41, 64),
            access(SPACE_REGISTER, 11, step.rs1, 64, 41),
            access(SPACE_REGISTER, SINK.into(), step.rd, PC + 4, 44),
        ],
    );
    let instruction = Instruction { rd: 0, ..jal(64) };
    let step = jal_step(PC + 64);
    assert_messages(
        emits(&step, &instruction),
        [
            thread(PC, 41, PC + 64),
            access(SPACE_REGISTER, SINK.into(), step.rd, PC + 4, 44),
        ],
    );
}

#[test]
fn the_register_jumped_to_may_be_linked() {
    let instruction = Instruction { rd: 11, ..jalr(8) };
    let mut step = step(64, 72);
    step.rd = Access {
        value: 64,
        previous_clk: 41,
    };
    assert_messages(
        emits(&step, &instruction),
        [
            thread(PC, 41, 72),
            access(SPACE_REGISTER, 11, step.rs1, 64, 41),
            access(SPACE_REGISTER, 11, step.rd, PC + 4, 44),
        ],
    );
}

#[test]
fn every_changed_cell_is_noticed() {
    for (step, instruction) in [
        (jal_step(PC + 64), jal(64)),
        (step(0x1234_8765, 0x1234_8760), jalr(-4)),
        (step(0x1234_fffe, 0x1235_0008), jalr(10)),
        (step(0xffff_fffe, 8), jalr(10)),
    ] {
        let row = cells(row(&step, &instruction));
        assert_eq!(unnoticed(Table::Jump, &row, PC, &instruction), [""; 0]);
    }
}

#[test]
fn a_target_at_no_multiple_of_four_is_refused() {
    let honest = row(&step(0x101, 0x100), &jalr(0));
    assert!(evaluate(Table::Jump, honest, PC, &jalr(0)).is_ok());
    // Only the lowest bit is cleared, and it is cleared if set.
    let mut wrong = honest;
    wrong.bit = F::ZERO;
    refuses(wrong, &jalr(0), "target.multiple_of_four");
    let mut wrong = row(&step(0x102, 0x100), &jalr(0));
    wrong.bit = F::TWO;
    refuses(wrong, &jalr(0), "target.bit");
}

#[test]
fn a_target_is_not_reduced_mod_p() {
    // 2^31 + 0xff is p + 0x100.
    let wrong = row(&step((1 << 31) + 0xff, 0x100), &jalr(1));
    refuses(wrong, &jalr(1), "target.high");
    // 2^32 is taken off only where the sum wraps.
    let mut wrong = row(&step(1 << 30, 1 << 30), &jalr(0));
    wrong.wraps = F::ONE;
    refuses(wrong, &jalr(0), "target.high");
    let mut wrong = row(&step(u32::MAX - 3, 0), &jalr(4));
    wrong.wraps = F::ZERO;
    refuses(wrong, &jalr(4), "target.high");
}

#[test]
fn jal_goes_nowhere_else() {
    let honest = row(&jal_step(PC + 64), &jal(64));
    let mut wrong = honest;
    wrong.x.value.lo = F::from_u32(4);
    refuses(wrong, &jal(64), "jal.x.lo");
    let mut wrong = honest;
    wrong.bit = F::ONE;
    refuses(wrong, &jal(64), "target.bit");
    let mut wrong = honest;
    wrong.wraps = F::ONE;
    refuses(wrong, &jal(64), "target.wraps");
}

#[test]
fn a_wrong_link_is_refused() {
    let mut wrong = row(&jal_step(PC + 64), &jal(64));
    wrong.link_hi -= F::ONE;
    refuses(wrong, &jal(64), "fetch");
}

#[test]
fn jal_as_jalr_is_refused() {
    let mut wrong = row(&jal_step(PC + 64), &jal(64));
    wrong.is_jalr = F::TWO;
    refuses(wrong, &jal(64), "is_jalr");
    wrong.is_jalr = F::ONE;
    refuses(wrong, &jal(64), "fetch");
}
