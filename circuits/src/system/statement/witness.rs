//! Filling the table from the statement.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::allocate::{self, OutOfMemory};

use super::Statement;
use crate::{F, machine::Execution};

/// The rows.
///
/// # Errors
/// If the system refuses the memory.
pub fn rows(execution: &Execution) -> Result<Vec<Statement<F>>, OutOfMemory> {
    let output = &execution.output;
    allocate::collect((0..output.len().max(1)).map(|row| {
        let byte = output.get(row).copied();
        let index = byte.map(|_| F::from_u32(execution.output_start) + F::from_usize(row));
        Statement {
            is_first: F::from_bool(row == 0),
            is_output: F::from_bool(byte.is_some()),
            index: index.unwrap_or_default(),
            byte: F::from_u8(byte.unwrap_or_default()),
        }
    }))
}
