use alloc::{string::String, vec};

use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, MemoryStep, SINK, Step, WordAccess},
    semantics::{Load, Store, effective_address, load, store},
};

use super::{LoadStoreSubword, row};
use crate::{
    F,
    bus::{SPACE_RAM, SPACE_REGISTER},
    machine::Table,
    testing::{Messages, access, assert_messages, cells, evaluate, thread, unnoticed},
};

const PC: u32 = 0x1_0000;
const LOADS: [(Opcode, Load); 4] = [
    (Opcode::Lb, Load::Lb),
    (Opcode::Lbu, Load::Lbu),
    (Opcode::Lh, Load::Lh),
    (Opcode::Lhu, Load::Lhu),
];
const STORES: [(Opcode, Store); 2] = [(Opcode::Sb, Store::Sb), (Opcode::Sh, Store::Sh)];

fn is_store(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Sb | Opcode::Sh)
}

fn is_half(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Lh | Opcode::Lhu | Opcode::Sh)
}

fn instruction(opcode: Opcode, register: u8, imm: i32) -> Instruction {
    let stores = is_store(opcode);
    Instruction {
        opcode,
        rd: if stores { 0 } else { register },
        rs1: 11,
        rs2: if stores { register } else { 0 },
        imm,
    }
}

/// `instruction` with `base` in rs1, `value` in the other register and `before` in memory.
fn step(instruction: &Instruction, base: u32, value: u32, before: u32) -> MemoryStep<1> {
    let operand = Access {
        value,
        previous_clk: 2,
    };
    let none = Access::default();
    let address = effective_address(base, instruction.imm);
    let after = STORES
        .into_iter()
        .find(|(opcode, _)| *opcode == instruction.opcode)
        .map_or(before, |(_, operation)| {
            store(operation, before.into(), address & 3, value) as u32
        });
    MemoryStep {
        step: Step {
            pc: PC,
            clk: 41,
            rs1: Access {
                value: base,
                previous_clk: 3,
            },
            rs2: if is_store(instruction.opcode) {
                operand
            } else {
                none
            },
            rd: if is_store(instruction.opcode) {
                none
            } else {
                operand
            },
            result: 0,
            next_pc: PC + 4,
        },
        words: [WordAccess {
            address: address / 4,
            before,
            after,
            previous_clk: 7,
        }],
    }
}

fn emits(instruction: &Instruction, step: &MemoryStep<1>) -> Result<Messages, String> {
    evaluate(
        Table::LoadStoreSubword,
        row(step, instruction),
        PC,
        instruction,
    )
}

fn memory(word: &WordAccess) -> Messages {
    let found = Access {
        value: word.before,
        previous_clk: word.previous_clk,
    };
    access(SPACE_RAM, word.address, found, word.after, 43)
}

fn proves(base: u32, imm: i32, value: u32, before: u32) {
    let align = |opcode| match is_half(opcode) {
        true => base.wrapping_sub(effective_address(base, imm) & 1),
        false => base,
    };
    for (opcode, operation) in LOADS {
        let base = align(opcode);
        let instruction = instruction(opcode, 10, imm);
        let step = step(&instruction, base, value, before);
        let offset = effective_address(base, imm) & 3;
        assert_messages(
            emits(&instruction, &step).unwrap(),
            [
                thread(PC, 41, PC + 4),
                access(SPACE_REGISTER, 11, step.step.rs1, base, 41),
                access(
                    SPACE_REGISTER,
                    10,
                    step.step.rd,
                    load(operation, before.into(), offset),
                    44,
                ),
                memory(&step.words[0]),
            ],
        );
    }
    for (opcode, _) in STORES {
        let base = align(opcode);
        let instruction = instruction(opcode, 10, imm);
        let step = step(&instruction, base, value, before);
        assert_messages(
            emits(&instruction, &step).unwrap(),
            [
                thread(PC, 41, PC + 4),
                access(SPACE_REGISTER, 11, step.step.rs1, base, 41),
                access(SPACE_REGISTER, 10, step.step.rs2, value, 42),
                memory(&step.words[0]),
            ],
        );
    }
}

fn refuses(opcode: Opcode, wrong: LoadStoreSubword<F>, name: &str) {
    let refused = evaluate(
        Table::LoadStoreSubword,
        wrong,
        PC,
        &instruction(opcode, 10, 8),
    );
    assert_eq!(refused, Err(name.into()));
}

fn honest(opcode: Opcode, offset: u32) -> LoadStoreSubword<F> {
    let instruction = instruction(opcode, 10, 8);
    let step = step(&instruction, 0x1_2340 + offset, 0x1122_3344, 0x8182_8384);
    assert!(emits(&instruction, &step).is_ok());
    row(&step, &instruction)
}

proptest! {
    #[test]
    fn loads_and_stores_any(base: u32, imm in -2048_i32..2048, value: u32, before: u32) {
        proves(base, imm, value, before);
    }
}

#[test]
fn loads_and_stores_at_the_edges() {
    for base in [0, 1, 2, 3, 0x7fff_ffff, 0x8000_0000, u32::MAX, u32::MAX - 1] {
        for imm in [-2048, -1, 0, 1, 3, 2047] {
            for before in [0, 0x7f80_7f80, 0x807f_807f, u32::MAX] {
                proves(base, imm, 0xffff_7f80, before);
            }
        }
    }
}

#[test]
fn a_load_of_x0_leaves_it() {
    for (opcode, operation) in LOADS {
        let instruction = instruction(opcode, 0, 8);
        let step = step(&instruction, 0x100, 0, 0x8182_8384);
        let loaded = load(operation, 0x8182_8384, 0);
        assert_messages(
            emits(&instruction, &step).unwrap(),
            [
                thread(PC, 41, PC + 4),
                access(SPACE_REGISTER, 11, step.step.rs1, 0x100, 41),
                access(SPACE_REGISTER, SINK.into(), step.step.rd, loaded, 44),
                memory(&step.words[0]),
            ],
        );
    }
}

#[test]
fn the_base_may_be_loaded_or_stored() {
    for (opcode, clk, after) in [(Opcode::Lbu, 44, 0x84), (Opcode::Sb, 42, 0x100)] {
        let instruction = instruction(opcode, 11, 8);
        let mut step = step(&instruction, 0x100, 0x100, 0x8182_8384);
        let again = Access {
            value: 0x100,
            previous_clk: 41,
        };
        if is_store(opcode) {
            step.step.rs2 = again;
        } else {
            step.step.rd = again;
        }
        assert_messages(
            emits(&instruction, &step).unwrap(),
            [
                thread(PC, 41, PC + 4),
                access(SPACE_REGISTER, 11, step.step.rs1, 0x100, 41),
                access(SPACE_REGISTER, 11, again, after, clk),
                memory(&step.words[0]),
            ],
        );
    }
}

#[test]
fn every_changed_cell_is_noticed() {
    for opcode in LOADS
        .map(|(opcode, _)| opcode)
        .into_iter()
        .chain([Opcode::Sb, Opcode::Sh])
    {
        for offset in if is_half(opcode) {
            vec![0, 2]
        } else {
            vec![0, 1, 2, 3]
        } {
            let row = cells(honest(opcode, offset));
            assert_eq!(
                unnoticed(
                    Table::LoadStoreSubword,
                    &row,
                    PC,
                    &instruction(opcode, 10, 8)
                ),
                [""; 0]
            );
        }
    }
}

#[test]
fn a_half_word_at_an_odd_address_is_refused() {
    for opcode in [Opcode::Lh, Opcode::Lhu, Opcode::Sh] {
        let instruction = instruction(opcode, 10, 0);
        let refused = emits(&instruction, &step(&instruction, 0x101, 5, 6));
        assert_eq!(refused, Err("high_byte".into()));
        let mut wrong = row(&step(&instruction, 0x100, 5, 6), &instruction);
        wrong.base.value.lo += F::ONE;
        let refused = evaluate(Table::LoadStoreSubword, wrong, PC, &instruction);
        assert_eq!(refused, Err("address.multiple_of_four".into()));
    }
}

#[test]
fn another_lane_is_refused() {
    let mut wrong = honest(Opcode::Lbu, 0);
    wrong.high_limb = F::ONE;
    refuses(Opcode::Lbu, wrong, "limb");
    let mut wrong = honest(Opcode::Lbu, 0);
    wrong.top = wrong.high;
    wrong.result.lo = wrong.high;
    refuses(Opcode::Lbu, wrong, "load.top");
    wrong.high_byte = F::ONE;
    refuses(Opcode::Lbu, wrong, "address.multiple_of_four");
}

#[test]
fn a_forged_sign_is_refused() {
    for opcode in [Opcode::Lb, Opcode::Lh] {
        let mut wrong = honest(opcode, 0);
        wrong.sign = F::ZERO;
        wrong.result.hi = F::ZERO;
        if opcode == Opcode::Lb {
            wrong.rest = F::ZERO;
            wrong.result.lo = wrong.top;
        }
        refuses(opcode, wrong, "top_and_rest");
    }
    let mut wrong = honest(Opcode::Lbu, 0);
    wrong.rest = F::from_u32(0xff);
    wrong.result = crate::word::Word::from_u32(0xffff_ff84);
    refuses(Opcode::Lbu, wrong, "load.extension");
}

#[test]
fn another_stored_byte_is_refused() {
    // A byte of rs2 split as -1 and one more above it, with or without a half.
    let mut wrong = honest(Opcode::Sb, 0);
    wrong.top -= F::from_u32(1 << 8);
    wrong.rest += F::ONE;
    wrong.word.lo -= F::from_u32(1 << 8);
    refuses(Opcode::Sb, wrong, "top_and_rest");
    let mut wrong = honest(Opcode::Sb, 0);
    wrong.top = F::from_u32(0x45);
    wrong.word.lo += F::ONE;
    refuses(Opcode::Sb, wrong, "result.lo");
    let mut wrong = honest(Opcode::Sb, 0);
    wrong.operand.value.lo += F::ONE;
    refuses(Opcode::Sb, wrong, "store.rs2.lo");
}

#[test]
fn untouched_bytes_are_kept() {
    for (opcode, offset) in [(Opcode::Sb, 0), (Opcode::Sb, 1), (Opcode::Sh, 0)] {
        let mut wrong = honest(opcode, offset);
        wrong.word.hi += F::ONE;
        refuses(opcode, wrong, "word.hi_kept");
        let mut wrong = honest(opcode, offset + 2);
        wrong.word.lo += F::ONE;
        refuses(opcode, wrong, "word.lo_kept");
    }
    let mut wrong = honest(Opcode::Sb, 0);
    wrong.word.lo += F::from_u32(1 << 8);
    refuses(Opcode::Sb, wrong, "word.store");
    let mut wrong = honest(Opcode::Lb, 0);
    wrong.word.lo += F::ONE;
    refuses(Opcode::Lb, wrong, "word.load");
    // The limb before cannot be split another way to hide a change.
    let mut wrong = honest(Opcode::Sb, 0);
    wrong.low += F::from_u32(1 << 8);
    wrong.high -= F::ONE;
    wrong.word.lo -= F::from_u32(1 << 8);
    refuses(Opcode::Sb, wrong, "limb");
}

#[test]
fn other_operations_are_refused() {
    // 13 = 3 * is_half + 10 * is_load would be LBU, if is_half did not have to be 0 or 1.
    let mut wrong = honest(Opcode::Lbu, 0);
    wrong.is_half = F::from_u32(3);
    refuses(Opcode::Lbu, wrong, "is_half");
    let mut wrong = honest(Opcode::Lbu, 0);
    wrong.is_load = F::TWO;
    refuses(Opcode::Lbu, wrong, "is_load");
    let mut wrong = honest(Opcode::Sb, 0);
    wrong.is_signed = F::ONE;
    refuses(Opcode::Sb, wrong, "is_signed");
}
