//! Filling the table from execution records.

use zonda_riscv_emu::{instruction::Instruction, record::EcallStep};

use super::Ecall;
use crate::F;

/// The row of one executed instruction.
pub fn row(step: &EcallStep, instruction: &Instruction) -> Ecall<F> {
    let _ = (step, instruction);
    Ecall::default()
}
