//! Filling the table from execution records.

use zonda_riscv_emu::{instruction::Instruction, record::Step};

use super::SetLessThanImmediate;
use crate::F;

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> SetLessThanImmediate<F> {
    let _ = (step, instruction);
    SetLessThanImmediate::default()
}
