//! Filling the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Instruction;

use super::InBoundary;
use crate::{F, instruction::decoded};

/// The row of an instruction, without the count of its executions.
pub fn row(pc: u32, instruction: &Instruction) -> InBoundary<F> {
    let decoded = decoded(pc, instruction).map(F::from_u32);
    InBoundary {
        pc: F::from_u32(pc),
        operation: decoded.operation,
        rd: decoded.rd,
        writes_rd: decoded.writes_rd,
        rs1: decoded.rs1,
        rs2: decoded.rs2,
        constants: decoded.constants,
    }
}
