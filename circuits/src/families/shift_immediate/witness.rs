//! Filling the table from execution records.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::Step,
};

use super::ShiftImmediate;
use crate::{
    F,
    gadgets::{registers::TwoRegisters, shift::Shifted},
    instruction::{Thread, decoded},
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> ShiftImmediate<F> {
    let decoded = decoded(step.pc, instruction);
    ShiftImmediate {
        thread: Thread::fill(step.pc, step.clk),
        registers: TwoRegisters::fill(step, &decoded),
        multiplier: F::from_u32(decoded.constants[0]),
        shifted: Shifted::fill(
            step.rs1.value,
            instruction.imm as u32 & 31,
            instruction.opcode != Opcode::Slli,
            instruction.opcode == Opcode::Srai,
        ),
    }
}
