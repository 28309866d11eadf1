use alloc::string::String;

use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, MemoryStep, SINK, Step, WordAccess},
    semantics::{Load, Store, effective_address, load, store},
};

use super::{LoadStoreMisaligned, row};
use crate::{
    F,
    bus::{Bus, SPACE_RAM, SPACE_REGISTER},
    machine::Table,
    testing::{Messages, access, assert_messages, cells, evaluate, thread, unnoticed},
};

const PC: u32 = 0x1_0000;
const LOADS: [(Opcode, Load); 3] = [
    (Opcode::Lw, Load::Lw),
    (Opcode::Lh, Load::Lh),
    (Opcode::Lhu, Load::Lhu),
];
const STORES: [(Opcode, Store); 2] = [(Opcode::Sw, Store::Sw), (Opcode::Sh, Store::Sh)];

fn is_store(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Sw | Opcode::Sh)
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
fn step(instruction: &Instruction, base: u32, value: u32, before: u64) -> MemoryStep<2> {
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
            store(operation, before, address & 3, value)
        });
    let word = |address, shift, previous_clk| WordAccess {
        address,
        before: (before >> shift) as u32,
        after: (after >> shift) as u32,
        previous_clk,
    };
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
        words: [
            word(address / 4, 0, 7),
            word((address / 4 + 1) & 0x3fff_ffff, 32, 8),
        ],
    }
}

fn emits(instruction: &Instruction, step: &MemoryStep<2>) -> Result<Messages, String> {
    evaluate(
        Table::LoadStoreMisaligned,
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

fn proves(base: u32, imm: i32, value: u32, before: u64) {
    // Also half-words at offset 2: this table proves them as well.
    let offset = effective_address(base, imm) & 3;
    let (base, offset) = match offset {
        0 => (base.wrapping_add(1), 1),
        _ => (base, offset),
    };
    for (opcode, operation) in LOADS {
        let instruction = instruction(opcode, 10, imm);
        let step = step(&instruction, base, value, before);
        let loaded = load(operation, before, offset);
        assert_messages(
            emits(&instruction, &step).unwrap(),
            [
                thread(PC, 41, PC + 4),
                access(SPACE_REGISTER, 11, step.step.rs1, base, 41),
                access(SPACE_REGISTER, 10, step.step.rd, loaded, 44),
                memory(&step.words[0]),
                memory(&step.words[1]),
            ],
        );
    }
    for (opcode, _) in STORES {
        let instruction = instruction(opcode, 10, imm);
        let step = step(&instruction, base, value, before);
        assert_messages(
            emits(&instruction, &step).unwrap(),
            [
                thread(PC, 41, PC + 4),
                access(SPACE_REGISTER, 11, step.step.rs1, base, 41),
                access(SPACE_REGISTER, 10, step.step.rs2, value, 42),
                memory(&step.words[0]),
                memory(&step.words[1]),
            ],
        );
    }
}

fn refuses(opcode: Opcode, wrong: LoadStoreMisaligned<F>, name: &str) {
    let refused = evaluate(
        Table::LoadStoreMisaligned,
        wrong,
        PC,
        &instruction(opcode, 10, 8),
    );
    assert_eq!(refused, Err(name.into()));
}

fn honest(opcode: Opcode, offset: u32) -> LoadStoreMisaligned<F> {
    let instruction = instruction(opcode, 10, 8);
    let step = step(
        &instruction,
        0x1_2340 + offset,
        0x1122_3344,
        0x8182_8384_8586_8788,
    );
    assert!(emits(&instruction, &step).is_ok());
    row(&step, &instruction)
}

proptest! {
    #[test]
    fn loads_and_stores_any(base: u32, imm in -2048_i32..2048, value: u32, before: u64) {
        proves(base, imm, value, before);
    }
}

#[test]
fn loads_and_stores_at_the_edges() {
    for base in [0, 1, 3, 0x7fff_ffff, u32::MAX, u32::MAX - 1, u32::MAX - 2] {
        for imm in [-2048, -1, 0, 1, 2, 2047] {
            for before in [0, 0x7f80_7f80_7f80_7f80, 0x807f_807f_807f_807f, u64::MAX] {
                proves(base, imm, 0xffff_7f80, before);
            }
        }
    }
}

#[test]
fn a_load_of_x0_leaves_it() {
    for (opcode, operation) in LOADS {
        let instruction = instruction(opcode, 0, 8);
        let step = step(&instruction, 0x101, 0, 0x8182_8384_8586_8788);
        let loaded = load(operation, 0x8182_8384_8586_8788, 1);
        assert_messages(
            emits(&instruction, &step).unwrap(),
            [
                thread(PC, 41, PC + 4),
                access(SPACE_REGISTER, 11, step.step.rs1, 0x101, 41),
                access(SPACE_REGISTER, SINK.into(), step.step.rd, loaded, 44),
                memory(&step.words[0]),
                memory(&step.words[1]),
            ],
        );
    }
}

#[test]
fn every_changed_cell_is_noticed() {
    for opcode in [Opcode::Lw, Opcode::Lh, Opcode::Lhu, Opcode::Sw, Opcode::Sh] {
        for offset in 1..4 {
            let row = cells(honest(opcode, offset));
            assert_eq!(
                unnoticed(
                    Table::LoadStoreMisaligned,
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
fn another_offset_is_refused() {
    let mut wrong = honest(Opcode::Lhu, 1);
    wrong.offset = [F::ZERO, F::ONE];
    wrong.result[0] = wrong.before[2];
    wrong.result[1] = wrong.before[3];
    refuses(Opcode::Lhu, wrong, "address.multiple_of_four");
    wrong.offset = [F::TWO, F::ZERO];
    refuses(Opcode::Lhu, wrong, "offset_1");
    wrong.offset = [F::ONE; 2];
    refuses(Opcode::Lhu, wrong, "offset_3");
}

#[test]
fn another_value_is_refused() {
    let mut wrong = honest(Opcode::Lw, 3);
    wrong.result[3] += F::ONE;
    refuses(Opcode::Lw, wrong, "moved.3");
    // Bytes that make up the same limb.
    let mut wrong = honest(Opcode::Lhu, 1);
    wrong.before[0] += F::from_u32(1 << 8);
    wrong.before[1] -= F::ONE;
    (wrong.after[0], wrong.after[1]) = (wrong.before[0], wrong.before[1]);
    wrong.result[0] -= F::ONE;
    refuses(Opcode::Lhu, wrong, "before.0.lo");
    let mut wrong = honest(Opcode::Sw, 1);
    wrong.operand.value.lo += F::ONE;
    refuses(Opcode::Sw, wrong, "rs2.lo");
}

#[test]
fn a_forged_sign_is_refused() {
    let mut wrong = honest(Opcode::Lh, 1);
    wrong.sign = F::ZERO;
    (wrong.result[2], wrong.result[3]) = (F::ZERO, F::ZERO);
    refuses(Opcode::Lh, wrong, "extension.top_bit");
    let mut wrong = honest(Opcode::Lhu, 1);
    wrong.sign = F::ONE;
    refuses(Opcode::Lhu, wrong, "extension.sign");
}

#[test]
fn untouched_bytes_are_kept() {
    for (opcode, kept) in [
        (Opcode::Sw, [0, 5]),
        (Opcode::Sh, [3, 4]),
        (Opcode::Lw, [0, 7]),
    ] {
        for byte in kept {
            let mut wrong = honest(opcode, 1);
            wrong.after[byte] += F::ONE;
            refuses(
                opcode,
                wrong,
                ["kept.0", "", "", "kept.3", "kept.4", "kept.5", "", "kept.7"][byte],
            );
        }
    }
}

#[test]
fn two_operations_at_once_are_refused() {
    let mut wrong = honest(Opcode::Lh, 1);
    wrong.is_sw = F::ONE;
    refuses(Opcode::Lh, wrong, "is_sh");
}

#[test]
fn a_forged_next_word_finds_no_memory() {
    let load = instruction(Opcode::Lw, 10, 0);
    for (base, next) in [(0x101, 0x41), (u32::MAX, 0)] {
        let honest = row(&step(&load, base, 5, 6), &load);
        for wraps in [F::ZERO, F::ONE] {
            let mut row = honest;
            row.wraps = wraps;
            let emitted = evaluate(Table::LoadStoreMisaligned, row, PC, &load).unwrap();
            let second = emitted.iter().rfind(|(_, bus, _)| *bus == Bus::Memory);
            let address = second.unwrap().2[1];
            if wraps == honest.wraps {
                assert_eq!(address, next);
            } else {
                assert!(address >= 1 << 30, "{address:#x}");
            }
        }
    }
}

#[test]
fn the_base_may_be_loaded_or_stored() {
    for (opcode, clk, after) in [(Opcode::Lhu, 44, 0x8687), (Opcode::Sh, 42, 0x101)] {
        let instruction = instruction(opcode, 11, 0);
        let mut step = step(&instruction, 0x101, 0x101, 0x8182_8384_8586_8788);
        let again = Access {
            value: 0x101,
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
                access(SPACE_REGISTER, 11, step.step.rs1, 0x101, 41),
                access(SPACE_REGISTER, 11, again, after, clk),
                memory(&step.words[0]),
                memory(&step.words[1]),
            ],
        );
    }
}
