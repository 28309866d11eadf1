use alloc::{string::String, vec, vec::Vec};

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, Call, EcallStep},
};

use super::{Ecall, row};
use crate::{
    F,
    bus::{Bus, SPACE_OUTPUT_LENGTH, SPACE_REGISTER},
    machine::Table,
    testing::{Messages, access, assert_messages, cells, evaluate, thread, unnoticed},
    word::Word,
};

const PC: u32 = 0x1_0000;
const CLK: u32 = 101;

const ECALL: Instruction = Instruction {
    opcode: Opcode::Ecall,
    rd: 0,
    rs1: 0,
    rs2: 0,
    imm: 0,
};

fn at(value: u32, previous_clk: u32) -> Access {
    Access {
        value,
        previous_clk,
    }
}

/// The record of a call that answers `result`, with an output length of `before`.
fn step(call: Call, [a7, a0, a1, a2]: [u32; 4], result: u32, before: u32) -> EcallStep {
    EcallStep {
        pc: PC,
        clk: CLK,
        call,
        a7: at(a7, 97),
        a0: at(a0, 3),
        a1: at(a1, 0),
        a2: at(a2, 100),
        result,
        output_length: match call {
            Call::WriteOutput => at(before, 7),
            _ => Access::default(),
        },
    }
}

fn read(pointer: u32, length: u32, result: u32) -> EcallStep {
    step(Call::Read, [63, 0, pointer, length], result, 0)
}

fn output(pointer: u32, length: u32, before: u32) -> EcallStep {
    let arguments = [64, 3, pointer, length];
    step(Call::WriteOutput, arguments, length.min(4096), before)
}

fn debug(descriptor: u32, pointer: u32, length: u32) -> EcallStep {
    let arguments = [64, descriptor, pointer, length];
    step(Call::WriteDebug, arguments, length.min(4096), 0)
}

fn exit(number: u32, code: u32) -> EcallStep {
    step(Call::Exit, [number, code, 0xffff_fff0, 0x1234], code, 0)
}

/// The messages that a call must emit.
fn expected(step: &EcallStep) -> Vec<Messages> {
    let register = |number, record, after, clk| access(SPACE_REGISTER, number, record, after, clk);
    let mut emitted = vec![
        register(17, step.a7, step.a7.value, CLK),
        register(11, step.a1, step.a1.value, CLK),
        register(12, step.a2, step.a2.value, CLK),
        register(10, step.a0, step.result, CLK + 3),
    ];
    let limbs = |value: u32| [value & 0xffff, value >> 16];
    let is_output = step.call == Call::WriteOutput;
    if step.call == Call::Exit {
        let state = vec![(F::ORDER_U32 - 1, Bus::State, vec![PC, CLK])];
        emitted.extend([state, vec![(1, Bus::Exit, limbs(step.a0.value).to_vec())]]);
    } else {
        emitted.push(thread(PC, CLK, PC + 4));
    }
    let mut end = 0;
    if is_output {
        let before = step.output_length;
        end = before.value + step.result;
        emitted.push(access(SPACE_OUTPUT_LENGTH, 0, before, end, CLK + 2));
    }
    if (is_output || step.call == Call::Read) && step.result > 0 {
        let [lo, hi] = limbs(step.a1.value);
        let fields = vec![CLK, is_output.into(), lo, hi, step.result, end];
        emitted.push(vec![(1, Bus::Transfer, fields)]);
    }
    emitted
}

#[track_caller]
fn proves(step: &EcallStep) {
    let emitted = evaluate(Table::Ecall, row(step, &ECALL), PC, &ECALL);
    assert_messages(emitted.unwrap(), expected(step));
}

/// Refused, and by what.
fn refused(row: Ecall<F>) -> String {
    evaluate(Table::Ecall, row, PC, &ECALL).unwrap_err()
}

/// One of each call, in usual and unusual sizes.
fn samples() -> Vec<EcallStep> {
    vec![
        read(0x2_0001, 100, 77),
        read(0x2_0001, 100, 0),
        read(0x2_0001, 5000, 4096),
        output(0x2_fff3, 100, 0xfff0),
        output(0x2_fff3, 1 << 20, 5),
        output(0x2_fff3, 0, 5),
        debug(1, 0x2_0003, 100),
        debug(2, 0x2_0003, 70_000),
        exit(93, 0xdead_beef),
        exit(94, 0),
    ]
}

proptest! {
    #[test]
    fn calls_with_any_arguments(
        pointer: u32, length: u32, small in 0..8192_u32, part: u32, before in 0..1_u32 << 29,
    ) {
        for length in [length, small] {
            let length = length.min(0_u32.wrapping_sub(pointer).wrapping_sub(1)).max(1);
            proves(&output(pointer, length, before));
            proves(&debug(1, pointer, length));
            proves(&debug(2, pointer, length));
            proves(&read(pointer, length, part % (length.min(4096) + 1)));
        }
        proves(&exit(93, part));
        proves(&exit(94, part));
    }
}

#[test]
fn buffers_at_the_edges() {
    let lengths = [0, 1, 4095, 4096, 4097, 0xffff, 0x1_0000, 0x1_0fff, 0x1_1000];
    for length in lengths {
        // The last buffer ends at 2^32 exactly; one of no bytes stands anywhere.
        for pointer in [0, 1, 0xffff, u32::MAX - length, 0_u32.wrapping_sub(length)] {
            proves(&output(pointer, length, 0));
            proves(&debug(1, pointer, length));
            for result in [0, 1, 4095, 4096] {
                if result <= length.min(4096) {
                    proves(&read(pointer, length, result));
                }
            }
        }
    }
    proves(&read(0, u32::MAX, 4096));
    proves(&read(1, u32::MAX, 4096));
    proves(&output(0, 4096, (1 << 30) - 4097));
}

#[test]
fn every_changed_cell_is_noticed() {
    for step in samples() {
        let row = cells(row(&step, &ECALL));
        assert_eq!(
            unnoticed(Table::Ecall, &row, PC, &ECALL),
            [""; 0],
            "{step:?}"
        );
    }
}

#[test]
fn unknown_calls_are_refused() {
    let mut unknown = row(&read(0, 4, 4), &ECALL);
    unknown.number.value.lo = F::from_u32(62);
    assert_eq!(refused(unknown), "number.read");

    // 63 + p fits 32 bits, and is not the number of a call.
    let alias = F::ORDER_U32 + 63;
    let mut unknown = row(&read(0, 4, 4), &ECALL);
    unknown.number.value = Word::from_u32(alias);
    assert_eq!(refused(unknown), "number.read");

    let mut unknown = row(&output(0, 4, 0), &ECALL);
    unknown.number.value.hi = F::ONE;
    assert_eq!(refused(unknown), "number.hi");

    let mut unknown = row(&output(0, 4, 0), &ECALL);
    unknown.number.value.lo = F::from_u32(63);
    assert_eq!(refused(unknown), "number.write");

    let mut unknown = row(&exit(94, 4), &ECALL);
    unknown.number.value.lo = F::from_u32(95);
    assert_eq!(refused(unknown), "number.exit");
}

#[test]
fn unknown_descriptors_are_refused() {
    for (step, descriptor, name) in [
        (read(0, 4, 4), 1, "descriptor.read"),
        (output(0, 4, 0), 1, "descriptor.output"),
        (output(0, 4, 0), 4, "descriptor.output"),
        (debug(1, 0, 4), 3, "descriptor.debug"),
        (debug(2, 0, 4), 0, "descriptor.debug"),
    ] {
        let mut unknown = row(&step, &ECALL);
        unknown.argument.value.lo = F::from_u32(descriptor);
        assert_eq!(refused(unknown), name);
        let mut unknown = row(&step, &ECALL);
        unknown.argument.value.hi = F::ONE;
        assert_eq!(refused(unknown), "descriptor.hi");
    }
}

#[test]
fn two_calls_at_once_are_refused() {
    let mut both = row(&exit(93, 0), &ECALL);
    both.is_read = F::ONE;
    assert_eq!(refused(both), "is_debug");
    let mut none = row(&exit(93, 0), &ECALL);
    none.is_exit = F::TWO;
    assert_eq!(refused(none), "is_debug");
    none.is_read = -F::ONE;
    assert_eq!(refused(none), "is_read");
    // Half an exit and half a read.
    let mut halves = row(&exit(93, 0), &ECALL);
    (halves.is_exit, halves.is_read) = (F::TWO.inverse(), F::TWO.inverse());
    assert_eq!(refused(halves), "is_read");
}

#[test]
fn read_returns_no_more_than_it_may() {
    proves(&read(0x100, 7, 7));
    assert_eq!(refused(row(&read(0x100, 7, 8), &ECALL)), "unread");
    proves(&read(0x100, 5000, 4096));
    assert_eq!(refused(row(&read(0x100, 5000, 4097), &ECALL)), "unread");

    // A negative count.
    let mut negative = row(&read(0x100, 7, 7), &ECALL);
    negative.result = -F::ONE;
    negative.unread = F::from_u32(8);
    assert_eq!(refused(negative), "result");

    // Claiming that a short length is long.
    let mut long = row(&read(0x100, 7, 7), &ECALL);
    long.is_long = F::ONE;
    long.unread = F::from_u32(4096 - 7);
    assert_eq!(refused(long), "length.high");
    long.borrow = F::ZERO;
    assert_eq!(refused(long), "length.low");

    // Claiming that a long length is short: 2^16 + 7 has the low limb 7.
    let mut short = row(&output(0x100, 0x1_0007, 0), &ECALL);
    short.is_long = F::ZERO;
    short.result = F::from_u32(7);
    short.output_end = Word::from_u32(7);
    assert_eq!(refused(short), "length.high");
}

#[test]
fn write_takes_all_it_can() {
    for mut step in [output(0x100, 7, 0), debug(1, 0x100, 7)] {
        proves(&step);
        step.result = 6;
        assert_eq!(refused(row(&step, &ECALL)), "result.returns");
        let mut short = row(&step, &ECALL);
        short.unread = F::ONE;
        assert_eq!(refused(short), "unread");
    }
}

#[test]
fn a_buffer_past_memory_is_refused() {
    for length in [2, 4, 4096, u32::MAX] {
        let pointer = 0_u32.wrapping_sub(length);
        proves(&output(pointer, length, 0));
        let past = pointer + 1;
        for step in [
            output(past, length, 0),
            debug(1, past, length),
            read(past, length, 0),
        ] {
            assert_eq!(refused(row(&step, &ECALL)), "end.overflow_lo");
        }
    }
    let past = output(0x8000_0000, 0x8001_0000, 0);
    assert_eq!(refused(row(&past, &ECALL)), "end.overflow_hi");
    // An end that is not the sum.
    let mut moved = row(&output(0xffff_ffff, 2, 0), &ECALL);
    moved.end = Word::from_u32(0);
    assert_eq!(refused(moved), "end.carry_lo");
}

#[test]
fn exit_ends_the_thread_with_its_code() {
    let mut wrong = row(&exit(93, 5), &ECALL);
    wrong.result = F::from_u32(6);
    assert_eq!(refused(wrong), "result.exit");
    // As a read it would go on, but it is not a read.
    let mut goes_on = row(&exit(93, 0), &ECALL);
    (goes_on.is_exit, goes_on.is_read) = (F::ZERO, F::ONE);
    assert_eq!(refused(goes_on), "number.read");
}

#[test]
fn bytes_are_transferred_if_there_are_any() {
    let mut silent = row(&read(0x100, 7, 7), &ECALL);
    silent.transfers = F::ZERO;
    assert_eq!(refused(silent), "transfers.some");
    let mut silent = row(&output(0x100, 7, 0), &ECALL);
    silent.transfers = F::ZERO;
    assert_eq!(refused(silent), "transfers.some");
    for step in [debug(1, 0x100, 7), exit(93, 7)] {
        let mut moves = row(&step, &ECALL);
        moves.transfers = F::ONE;
        assert_eq!(refused(moves), "transfers.some");
        let mut moves = row(&EcallStep { result: 0, ..step }, &ECALL);
        moves.transfers = F::ONE;
        moves.length.value = Word::default();
        moves.argument.value.lo = if step.call == Call::Exit {
            F::ZERO
        } else {
            F::ONE
        };
        moves.is_long = F::ZERO;
        moves.end = moves.pointer.value;
        assert_eq!(refused(moves), "transfers.none");
    }
}

#[test]
fn the_output_length_grows_by_what_is_written() {
    let mut shrinks = row(&output(0x100, 7, 100), &ECALL);
    shrinks.output_end.lo -= F::ONE;
    assert_eq!(refused(shrinks), "output_end.lo");
    let mut skips = row(&output(0x100, 7, 100), &ECALL);
    skips.output_end.hi += F::ONE;
    assert_eq!(refused(skips), "output_end.hi");
    // A carry other than the true one, and a limb of 2^16.
    let mut carried = row(&output(0x100, 7, 0xfff9), &ECALL);
    carried.output_end = Word {
        lo: F::from_u32(1 << 16),
        hi: F::ZERO,
    };
    assert_eq!(refused(carried), "output_end.lo");
    // Indices stay below p.
    let long = output(0x100, 4096, (1 << 30) - 4096);
    assert_eq!(refused(row(&long, &ECALL)), "output_end.hi");
    // Reading input does not write.
    let mut reads = row(&read(0x100, 7, 7), &ECALL);
    reads.output_end.lo = F::from_u32(7);
    assert_eq!(refused(reads), "output_end.lo.unused");
}
