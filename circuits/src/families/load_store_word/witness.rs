//! Filling the table from execution records.

use zonda_riscv_emu::{instruction::Instruction, record::MemoryStep};

use super::LoadStoreWord;
use crate::F;

/// The row of one executed instruction.
pub fn row(step: &MemoryStep<1>, instruction: &Instruction) -> LoadStoreWord<F> {
    let _ = (step, instruction);
    LoadStoreWord::default()
}
