use p3_field::{Field, PrimeCharacteristicRing};
use proptest::prelude::*;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, Step},
    semantics::{Condition, branch_taken},
};

use super::{Branch, row};
use crate::{
    F,
    bus::SPACE_REGISTER,
    instruction::NO_TARGET,
    machine::Table,
    testing::{Messages, access, assert_messages, cells, evaluate, thread, unnoticed},
};

const PC: u32 = 0x1_0000;
const TARGET: u32 = PC - 64;
const CONDITIONS: [(Opcode, Condition); 6] = [
    (Opcode::Beq, Condition::Eq),
    (Opcode::Bne, Condition::Ne),
    (Opcode::Blt, Condition::Lt),
    (Opcode::Bge, Condition::Ge),
    (Opcode::Bltu, Condition::Ltu),
    (Opcode::Bgeu, Condition::Geu),
];
const EDGES: [u32; 10] = [
    0,
    1,
    0xffff,
    0x1_0000,
    0x7fff_0000,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_ffff,
    0xffff_0000,
    u32::MAX,
];

fn instruction(opcode: Opcode) -> Instruction {
    Instruction {
        opcode,
        rd: 0,
        rs1: 11,
        rs2: 12,
        imm: -64,
    }
}

fn step(x: u32, y: u32, taken: bool) -> Step {
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
        next_pc: if taken { TARGET } else { PC + 4 },
        ..Step::default()
    }
}

/// The messages of a branch that goes the way `step` does.
fn expected(step: &Step) -> [Messages; 3] {
    [
        thread(PC, 41, step.next_pc),
        access(SPACE_REGISTER, 11, step.rs1, step.rs1.value, 41),
        access(SPACE_REGISTER, 12, step.rs2, step.rs2.value, 42),
    ]
}

fn proves(x: u32, y: u32) {
    for (opcode, condition) in CONDITIONS {
        let step = step(x, y, branch_taken(condition, x, y));
        let instruction = instruction(opcode);
        let emitted = evaluate(Table::Branch, row(&step, &instruction), PC, &instruction);
        assert_messages(emitted.unwrap(), expected(&step));
    }
}

fn refuses(opcode: Opcode, row: Branch<F>, name: &str) {
    let refused = evaluate(Table::Branch, row, PC, &instruction(opcode));
    assert_eq!(refused, Err(name.into()));
}

proptest! {
    #[test]
    fn branches_on_any_words(x: u32, y: u32) {
        proves(x, y);
        proves(x, x);
        proves(x, (x & 0xffff_0000) | (y & 0xffff));
        proves(x, (x & 0xffff) | (y & 0xffff_0000));
    }
}

#[test]
fn branches_at_the_edges() {
    for x in EDGES {
        for y in EDGES {
            proves(x, y);
        }
    }
}

#[test]
fn the_same_register_may_be_read_twice() {
    let instruction = Instruction {
        rs2: 11,
        ..instruction(Opcode::Beq)
    };
    let mut step = step(5, 5, true);
    step.rs2.previous_clk = 41;
    let emitted = evaluate(Table::Branch, row(&step, &instruction), PC, &instruction);
    assert_messages(
        emitted.unwrap(),
        [
            thread(PC, 41, TARGET),
            access(SPACE_REGISTER, 11, step.rs1, 5, 41),
            access(SPACE_REGISTER, 11, step.rs2, 5, 42),
        ],
    );
}

#[test]
fn a_bad_target_stops_nothing_unless_it_is_taken() {
    let instruction = Instruction {
        imm: 2,
        ..instruction(Opcode::Bne)
    };
    for (y, next_pc) in [(1, PC + 4), (2, NO_TARGET)] {
        let step = Step {
            next_pc,
            ..step(1, y, false)
        };
        let emitted = evaluate(Table::Branch, row(&step, &instruction), PC, &instruction);
        assert_messages(emitted.unwrap(), expected(&step));
    }
}

#[test]
fn every_changed_cell_is_noticed() {
    for (opcode, condition) in CONDITIONS {
        for (x, y) in [
            (0x1234_8765, 0xffff_0001),
            (0x1234_8765, 0x1234_8765),
            (0x1234_8765, 0x1234_0001),
            (0x1234_8765, 0xffff_8765),
            (0x8234_0001, 0x1234_8765),
        ] {
            let (step, instruction) = (
                step(x, y, branch_taken(condition, x, y)),
                instruction(opcode),
            );
            let row = cells(row(&step, &instruction));
            assert_eq!(unnoticed(Table::Branch, &row, PC, &instruction), [""; 0]);
        }
    }
}

#[test]
fn the_other_way_is_refused() {
    for (opcode, condition) in CONDITIONS {
        for (x, y) in [(1, 1), (1, 0x8000_0000), (0x8000_0000, 1), (3, 2)] {
            let taken = branch_taken(condition, x, y);
            let other = if taken {
                "next_pc.taken"
            } else {
                "next_pc.not_taken"
            };
            let wrong = row(&step(x, y, !taken), &instruction(opcode));
            refuses(opcode, wrong, other);
        }
    }
}

#[test]
fn different_words_are_not_equal() {
    let honest = row(&step(1, 0x1_0001, false), &instruction(Opcode::Beq));
    let mut wrong = honest;
    wrong.holds = F::ONE;
    wrong.next_pc = wrong.target;
    refuses(Opcode::Beq, wrong, "equality.equal.hi");
    // The limbs' differences must not cancel out either.
    let honest = row(&step(1 << 16, 1, false), &instruction(Opcode::Beq));
    let mut wrong = honest;
    wrong.holds = F::ONE;
    refuses(Opcode::Beq, wrong, "next_pc.taken");
    wrong.next_pc = wrong.target;
    refuses(Opcode::Beq, wrong, "equality.equal.lo");
}

#[test]
fn equal_words_are_not_different() {
    let mut wrong = row(&step(7, 7, false), &instruction(Opcode::Beq));
    wrong.holds = F::ZERO;
    wrong.margin = F::ZERO;
    wrong.aid = [F::TWO.inverse(); 2];
    refuses(Opcode::Beq, wrong, "equality.different");
}

#[test]
fn a_forged_sign_is_refused() {
    // -1 < 1, but not if -1 is taken for 2^32 - 1.
    let honest = row(&step(u32::MAX, 1, true), &instruction(Opcode::Blt));
    let mut wrong = honest;
    wrong.aid[0] = F::ZERO;
    wrong.holds = F::ZERO;
    wrong.margin = F::from_u32(0xfffe);
    wrong.next_pc = F::from_u32(PC + 4);
    refuses(Opcode::Blt, wrong, "sign.x.top_bit");
    // And an unsigned word has no sign.
    let mut wrong = row(&step(u32::MAX, 1, false), &instruction(Opcode::Bltu));
    wrong.aid[0] = F::ONE;
    refuses(Opcode::Bltu, wrong, "sign.x.unsigned");
}

#[test]
fn a_forged_order_is_refused() {
    let honest = row(&step(5, 3, false), &instruction(Opcode::Bltu));
    // 3 - 5 - 1 is no margin.
    let mut wrong = honest;
    wrong.holds = F::ONE;
    wrong.margin = -F::from_u32(3);
    wrong.next_pc = wrong.target;
    refuses(Opcode::Bltu, wrong, "order.margin");
    // The low limbs do not decide where the high ones differ.
    let mut wrong = row(&step(0x1_0000, 3, false), &instruction(Opcode::Bltu));
    wrong.high_decides = F::ZERO;
    wrong.holds = F::ONE;
    wrong.margin = F::TWO;
    wrong.next_pc = wrong.target;
    refuses(Opcode::Bltu, wrong, "order.high_equal");
    // Equal high limbs do not decide.
    let mut wrong = honest;
    wrong.high_decides = F::ONE;
    wrong.margin = -F::ONE;
    refuses(Opcode::Bltu, wrong, "order.margin");
}

#[test]
fn two_kinds_at_once_are_refused() {
    let mut wrong = row(&step(5, 5, true), &instruction(Opcode::Beq));
    wrong.is_signed = F::ONE;
    refuses(Opcode::Beq, wrong, "is_unsigned");
    // 2 * Blt - Beq would be Bltu.
    let mut wrong = row(&step(5, 5, false), &instruction(Opcode::Bltu));
    wrong.is_signed = F::TWO;
    wrong.is_equality = -F::ONE;
    refuses(Opcode::Bltu, wrong, "is_equality");
}
