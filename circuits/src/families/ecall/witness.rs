//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::Instruction,
    record::{Call, EcallStep, Family},
};

use super::Ecall;
use crate::{
    F,
    instruction::Thread,
    memory::Access,
    witness::source::{At, Extent, Sink, Source},
    word::Word,
};

/// The row of one executed instruction.
pub fn row(step: &EcallStep, _: &Instruction) -> Ecall<F> {
    let (pointer, length) = (step.a1.value, step.a2.value);
    let is = |call: Call| F::from_bool(step.call == call);
    let is_output = step.call == Call::WriteOutput;
    let is_read = step.call == Call::Read;
    let unread = F::from_u32(length.min(4096)) - F::from_u32(step.result);
    let row = Ecall {
        thread: Thread::fill(step.pc, step.clk),
        is_read: is(Call::Read),
        is_output: is(Call::WriteOutput),
        is_exit: is(Call::Exit),
        number: Access::fill(&step.a7, step.clk),
        argument: Access::fill(&step.a0, step.clk + 3),
        pointer: Access::fill(&step.a1, step.clk),
        length: Access::fill(&step.a2, step.clk),
        result: F::from_u32(step.result & 0xffff),
        end: Word::from_u32(pointer.wrapping_add(length)),
        borrow: F::from_bool(length & 0xffff < 4096),
        is_long: F::from_bool(length >= 4096),
        unread: if is_read { unread } else { F::ZERO },
        transfers: F::from_bool((is_read || is_output) && step.result != 0),
        output_length: Access::default(),
        output_end: Word::default(),
    };
    if !is_output {
        return row;
    }
    Ecall {
        output_length: Access::fill(&step.output_length, step.clk + 2),
        output_end: Word::from_u32(step.output_length.value.wrapping_add(step.result)),
        ..row
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::Ecall)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::Ecall, rows, row)
}
