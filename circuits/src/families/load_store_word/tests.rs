use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, MemoryStep, SINK, Step, WordAccess},
    semantics::effective_address,
};

use super::{LoadStoreWord, row};
use crate::{
    F,
    bus::{SPACE_RAM, SPACE_REGISTER},
    machine::Table,
    testing::{Messages, access, assert_messages, cells, evaluate, thread, unnoticed},
};

const PC: u32 = 0x1_0000;

fn instruction(opcode: Opcode, register: u8, imm: i32) -> Instruction {
    let is_load = opcode == Opcode::Lw;
    Instruction {
        opcode,
        rd: if is_load { register } else { 0 },
        rs1: 11,
        rs2: if is_load { 0 } else { register },
        imm,
    }
}

/// `instruction` with `base` in rs1, `value` in the other register and `before` in memory.
fn step(instruction: &Instruction, base: u32, value: u32, before: u32) -> MemoryStep<1> {
    let is_load = instruction.opcode == Opcode::Lw;
    let operand = Access {
        value,
        previous_clk: 2,
    };
    let none = Access::default();
    let after = if is_load { before } else { value };
    MemoryStep {
        step: Step {
            pc: PC,
            clk: 41,
            rs1: Access {
                value: base,
                previous_clk: 3,
            },
            rs2: if is_load { none } else { operand },
            rd: if is_load { operand } else { none },
            result: 0,
            next_pc: PC + 4,
        },
        words: [WordAccess {
            address: effective_address(base, instruction.imm) / 4,
            before,
            after,
            previous_clk: 7,
        }],
    }
}

fn emits(
    instruction: &Instruction,
    step: &MemoryStep<1>,
) -> Result<Messages, alloc::string::String> {
    evaluate(
        Table::LoadStoreWord,
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
    let base = base.wrapping_sub(effective_address(base, imm) & 3);
    let load = instruction(Opcode::Lw, 10, imm);
    let loads = step(&load, base, value, before);
    assert_messages(
        emits(&load, &loads).unwrap(),
        [
            thread(PC, 41, PC + 4),
            access(SPACE_REGISTER, 11, loads.step.rs1, base, 41),
            access(SPACE_REGISTER, 10, loads.step.rd, before, 44),
            memory(&loads.words[0]),
        ],
    );
    let store = instruction(Opcode::Sw, 10, imm);
    let stores = step(&store, base, value, before);
    assert_messages(
        emits(&store, &stores).unwrap(),
        [
            thread(PC, 41, PC + 4),
            access(SPACE_REGISTER, 11, stores.step.rs1, base, 41),
            access(SPACE_REGISTER, 10, stores.step.rs2, value, 42),
            memory(&stores.words[0]),
        ],
    );
}

fn refuses(opcode: Opcode, wrong: LoadStoreWord<F>, name: &str) {
    let instruction = instruction(opcode, 10, 8);
    let refused = evaluate(Table::LoadStoreWord, wrong, PC, &instruction);
    assert_eq!(refused, Err(name.into()));
}

fn honest(opcode: Opcode) -> LoadStoreWord<F> {
    let instruction = instruction(opcode, 10, 8);
    row(&step(&instruction, 0x1_2340, 5, 6), &instruction)
}

proptest! {
    #[test]
    fn loads_and_stores_any_words(base: u32, imm in -2048_i32..2048, value: u32, before: u32) {
        proves(base, imm, value, before);
    }
}

#[test]
fn addresses_wrap_at_the_ends() {
    for base in [0, 4, 2047, 2048, 0xfffc, 0x1_0000, 0x7fff_fffc, 0x8000_0000] {
        for imm in [-2048, -2047, -4, -1, 0, 1, 4, 2047] {
            proves(base, imm, 5, 6);
            proves(base.wrapping_neg(), imm, 5, 6);
        }
    }
}

#[test]
fn a_load_of_x0_leaves_it() {
    let load = instruction(Opcode::Lw, 0, 8);
    let step = step(&load, 0x100, 0, 6);
    assert_messages(
        emits(&load, &step).unwrap(),
        [
            thread(PC, 41, PC + 4),
            access(SPACE_REGISTER, 11, step.step.rs1, 0x100, 41),
            access(SPACE_REGISTER, SINK.into(), step.step.rd, 6, 44),
            memory(&step.words[0]),
        ],
    );
}

#[test]
fn a_store_of_x0_reads_it() {
    let store = instruction(Opcode::Sw, 0, 8);
    let step = step(&store, 0x100, 0, 6);
    assert_messages(
        emits(&store, &step).unwrap(),
        [
            thread(PC, 41, PC + 4),
            access(SPACE_REGISTER, 11, step.step.rs1, 0x100, 41),
            access(SPACE_REGISTER, 0, step.step.rs2, 0, 42),
            memory(&step.words[0]),
        ],
    );
}

#[test]
fn the_base_may_be_loaded_or_stored() {
    for (opcode, clk, after) in [(Opcode::Lw, 44, 6), (Opcode::Sw, 42, 0x100)] {
        let instruction = instruction(opcode, 11, 8);
        let mut step = step(&instruction, 0x100, 0x100, 6);
        let again = Access {
            value: 0x100,
            previous_clk: 41,
        };
        if opcode == Opcode::Lw {
            step.step.rd = again;
        } else {
            step.step.rs2 = again;
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
    for opcode in [Opcode::Lw, Opcode::Sw] {
        for (base, imm) in [(0x1234_8764, 8), (0, -4), (0xffff_fffc, 8)] {
            let instruction = instruction(opcode, 10, imm);
            let row = cells(row(&step(&instruction, base, 5, 6), &instruction));
            assert_eq!(
                unnoticed(Table::LoadStoreWord, &row, PC, &instruction),
                [""; 0]
            );
        }
    }
}

#[test]
fn a_misaligned_address_is_refused() {
    for base in 1..4 {
        let instruction = instruction(Opcode::Lw, 10, 0);
        let refused = emits(&instruction, &step(&instruction, base, 5, 6));
        assert_eq!(refused, Err("address.multiple_of_four".into()));
    }
}

#[test]
fn an_address_wraps_only_at_the_ends() {
    let mut wrong = honest(Opcode::Lw);
    wrong.address.wrap = F::ONE;
    refuses(Opcode::Lw, wrong, "address.wrap_at_the_ends");
    wrong.address.wrap = -F::ONE;
    refuses(Opcode::Lw, wrong, "address.wrap_at_the_ends");
    wrong.address.wrap = F::TWO;
    refuses(Opcode::Lw, wrong, "address.wrap");
}

/// Where a wrong `wrap` passes the constraints, no word has the address.
#[test]
fn a_wrong_wrap_finds_no_memory() {
    for (base, imm) in [(0, -4), (0, 8), (0xffff_fffc, 8), (0xffff_fff0, 4)] {
        let load = instruction(Opcode::Lw, 10, imm);
        let honest = row(&step(&load, base, 5, 6), &load);
        for wrap in [-F::ONE, F::ZERO, F::ONE] {
            let mut wrong = honest;
            wrong.address.wrap = wrap;
            let Ok(emitted) = evaluate(Table::LoadStoreWord, wrong, PC, &load) else {
                continue;
            };
            let address = emitted
                .iter()
                .find(|emitted| emitted.2[0] == SPACE_RAM && emitted.2.len() == 5);
            let address = address.unwrap().2[1];
            assert_eq!(
                address < 1 << 30,
                wrap == honest.address.wrap,
                "{base:#x} {imm} {address:#x}"
            );
        }
    }
}

#[test]
fn another_value_is_refused() {
    for (opcode, name) in [
        (Opcode::Lw, "result.load.lo"),
        (Opcode::Sw, "result.store.lo"),
    ] {
        assert!(
            evaluate(
                Table::LoadStoreWord,
                honest(opcode),
                PC,
                &instruction(opcode, 10, 8)
            )
            .is_ok()
        );
        let mut wrong = honest(opcode);
        wrong.result.lo += F::ONE;
        refuses(opcode, wrong, name);
    }
}

#[test]
fn a_load_as_a_store_is_refused() {
    let mut wrong = honest(Opcode::Lw);
    wrong.is_load = F::ZERO;
    wrong.result = wrong.operand.value;
    refuses(Opcode::Lw, wrong, "fetch");
    let mut wrong = honest(Opcode::Lw);
    wrong.is_load = F::TWO;
    refuses(Opcode::Lw, wrong, "is_load");
}
