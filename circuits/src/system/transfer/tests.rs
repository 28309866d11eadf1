use alloc::{string::String, vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, TransferWord, WordAccess},
};

use super::{Transfer, row};
use crate::{
    F,
    bus::{Bus, SPACE_RAM},
    machine::Table,
    testing::{Messages, access, assert_messages, cells, evaluate, unnoticed},
};

/// The table fetches no instruction.
const NONE: Instruction = Instruction {
    opcode: Opcode::Ecall,
    rd: 0,
    rs1: 0,
    rs2: 0,
    imm: 0,
};

/// `count` bytes at `address`, of `remaining`; input becomes `new`'s bytes.
fn word(is_output: bool, address: u32, remaining: u32, before: u32, new: u32) -> TransferWord {
    let offset = (address % 4) as u8;
    let count = remaining.min(u32::from(4 - offset)) as u8;
    let mut after = before.to_le_bytes();
    let moved = usize::from(offset)..usize::from(offset + count);
    if !is_output {
        after[moved.clone()].copy_from_slice(&new.to_le_bytes()[moved]);
    }
    TransferWord {
        clk: 41,
        is_output,
        word: WordAccess {
            address: address / 4,
            before,
            after: u32::from_le_bytes(after),
            previous_clk: 7,
        },
        offset,
        count,
        remaining,
        index: if is_output { 1000 } else { 0 },
    }
}

/// The messages that a word must emit.
fn expected(word: &TransferWord) -> Vec<Messages> {
    let minus_one = F::ORDER_U32 - 1;
    let is_output = u32::from(word.is_output);
    let address = 4 * word.word.address + u32::from(word.offset);
    let end = is_output * (word.index + word.remaining);
    let state = |address: u64, remaining: u32| {
        let limbs = [address & 0xffff, address >> 16].map(|limb| limb as u32);
        vec![41, is_output, limbs[0], limbs[1], remaining, end]
    };
    let mut emitted = vec![(
        minus_one,
        Bus::Transfer,
        state(address.into(), word.remaining),
    )];
    let count = u32::from(word.count);
    if word.remaining > count {
        let next = state(
            u64::from(address) + u64::from(count),
            word.remaining - count,
        );
        emitted.push((1, Bus::Transfer, next));
    }
    if word.is_output {
        for i in 0..count {
            let byte = word.word.before.to_le_bytes()[(u32::from(word.offset) + i) as usize];
            emitted.push((1, Bus::Output, vec![word.index + i, byte.into()]));
        }
    }
    let record = Access {
        value: word.word.before,
        previous_clk: word.word.previous_clk,
    };
    let memory = access(SPACE_RAM, word.word.address, record, word.word.after, 43);
    vec![emitted, memory]
}

#[track_caller]
fn proves(word: &TransferWord) {
    let emitted = evaluate(Table::Transfer, row(word), 0, &NONE).unwrap();
    assert_messages(emitted, expected(word));
}

/// Refused, and by what.
fn refused(row: Transfer<F>) -> String {
    evaluate(Table::Transfer, row, 0, &NONE).unwrap_err()
}

/// Every way in which a word can be moved.
fn samples() -> impl Iterator<Item = TransferWord> {
    let sizes = (1..=6).flat_map(|remaining| (0..4).map(move |offset| (offset, remaining)));
    sizes.flat_map(|(offset, remaining)| {
        [false, true].map(|is_output| {
            word(
                is_output,
                0x2_fffc + offset,
                remaining,
                0x8142_0399,
                0x1122_3344,
            )
        })
    })
}

proptest! {
    #[test]
    fn any_bytes_anywhere(address: u32, remaining in 1..4097_u32, before: u32, new: u32) {
        let remaining = remaining.min(0_u32.wrapping_sub(address).wrapping_sub(1)).max(1);
        proves(&word(false, address, remaining, before, new));
        proves(&word(true, address, remaining, before, new));
    }
}

#[test]
fn every_part_of_a_word() {
    for word in samples() {
        proves(&word);
    }
}

#[test]
fn the_last_word_of_memory() {
    for offset in 0..4 {
        let address = 0xffff_fffc + offset;
        proves(&word(false, address, 4 - offset, 0, u32::MAX));
        proves(&word(true, address, 4 - offset, u32::MAX, 0));
    }
}

#[test]
fn every_changed_cell_is_noticed() {
    for word in samples() {
        let row = cells(row(&word));
        let unnoticed = unnoticed(Table::Transfer, &row, 0, &NONE);
        assert_eq!(unnoticed, [""; 0], "{word:?}");
    }
}

#[test]
fn bytes_move_in_one_run() {
    let honest = row(&word(false, 0x100, 4, 0x8142_0399, 0x1122_3344));
    for (moved, name) in [
        ([1, 0, 1, 0], "one_run"),
        ([1, 1, 0, 1], "one_run"),
        ([0, 0, 0, 0], "one_run"),
        ([0, 1, 1, 1], "offset"),
        ([2, 1, 1, 1], "moved[0]"),
    ] {
        let mut wrong = honest;
        wrong.moved = moved.map(F::from_u32);
        assert_eq!(refused(wrong), name, "{moved:?}");
    }
    let mut wrong = honest;
    wrong.offset = F::ONE;
    assert_eq!(refused(wrong), "offset");
}

#[test]
fn a_run_ends_with_its_word_or_transfer() {
    // Three of seven bytes of which four are in this word.
    let mut short = row(&word(false, 0x100, 7, 0, 0x11_2233));
    short.moved[3] = F::ZERO;
    assert_eq!(refused(short), "goes_on.last_byte");
    short.goes_on = F::ZERO;
    assert_eq!(refused(short), "goes_on.rest");
    // Four of three.
    let mut long = row(&word(false, 0x100, 3, 0, 0x11_2233));
    long.moved[3] = F::ONE;
    assert_eq!(refused(long), "goes_on.rest");
    // None of none.
    let mut none = row(&word(false, 0x100, 1, 0, 0x11_2233));
    none.remaining = F::ZERO;
    assert_eq!(refused(none), "goes_on.rest");
    // On with the next word, with a byte of this one left.
    let mut early = row(&word(false, 0x100, 1, 0, 0x11_2233));
    early.goes_on = F::ONE;
    assert_eq!(refused(early), "goes_on.last_byte");
}

#[test]
fn input_changes_only_what_it_moves() {
    let mut wrong = row(&word(false, 0x101, 2, 0x8142_0399, 0x1122_3344));
    wrong.after[0] += F::ONE;
    assert_eq!(refused(wrong), "stay[0]");
    // The same, hidden in the way the word is cut into bytes.
    let mut wrong = row(&word(false, 0x101, 2, 0x8142_0399, 0x1122_3344));
    wrong.before[0] += F::from_u32(1 << 8);
    wrong.after[0] += F::from_u32(1 << 8);
    assert_eq!(refused(wrong), "before.lo");
    let mut wrong = row(&word(false, 0x100, 4, 0x8142_0399, 0x1122_3344));
    wrong.after[0] += F::from_u32(1 << 8);
    assert_eq!(refused(wrong), "after.lo");
}

#[test]
fn output_is_what_memory_holds_and_keeps() {
    let mut wrong = row(&word(true, 0x100, 4, 0x8142_0399, 0));
    wrong.after[2] += F::ONE;
    assert_eq!(refused(wrong), "stay[2]");
    let mut both = row(&word(true, 0x100, 4, 0x8142_0399, 0));
    both.is_output = F::TWO;
    assert_eq!(refused(both), "is_output");
}

#[test]
fn addresses_are_exact() {
    // One word further on, with an offset of -4.
    let mut wrong = row(&word(false, 0x104, 4, 0, 1));
    wrong.offset = -F::from_u32(4);
    assert_eq!(refused(wrong), "offset");
    // A carry of 1 instead of 0, and its effect on the next word.
    let mut wrong = row(&word(false, 0x104, 8, 0, 1));
    wrong.carry = F::ONE;
    assert!(evaluate(Table::Transfer, wrong, 0, &NONE).is_ok());
    let mut next = row(&word(false, 0x108, 4, 0, 1));
    next.address.lo -= F::from_u32(1 << 16);
    next.address.hi += F::ONE;
    assert_eq!(refused(next), "quarter");
    // No carry where there is one: the next word is the same.
    let mut next = row(&word(false, 0x1_0000, 4, 0, 1));
    let honest = evaluate(Table::Transfer, next, 0, &NONE).unwrap();
    next.address.lo += F::from_u32(1 << 16);
    next.address.hi -= F::ONE;
    let other = evaluate(Table::Transfer, next, 0, &NONE).unwrap();
    let memory = |emitted: Messages| -> Messages {
        let memory = emitted
            .into_iter()
            .filter(|(_, bus, _)| *bus == Bus::Memory);
        memory.collect()
    };
    assert_eq!(memory(honest), memory(other));
    // A carry on the last word has no meaning, so it is not allowed.
    let mut wrong = row(&word(false, 0x104, 4, 0, 1));
    wrong.carry = F::ONE;
    assert_eq!(refused(wrong), "carry.unused");
}
