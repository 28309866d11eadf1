//! Filling the table from execution records.

use zonda_riscv_emu::{instruction::Instruction, record::Step};

use super::ShiftImmediate;
use crate::F;

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> ShiftImmediate<F> {
    let _ = (step, instruction);
    ShiftImmediate::default()
}
