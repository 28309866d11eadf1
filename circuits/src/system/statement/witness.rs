//! Filling the table from the statement.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::allocate::{self, OutOfMemory};

use super::Statement;
use crate::{
    F,
    machine::Execution,
    witness::source::{At, Extent, Sink, Source},
};

/// How many rows there are: one for each byte of output, and one at least.
pub fn rows(extent: &Extent) -> usize {
    extent.output.max(1)
}

/// Adds the rows when the shard has ended.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    match (source.ended(), &source.part.execution) {
        (Some(_), Some(execution)) => rows.add(&all(execution)?, |row| *row),
        _ => Ok(()),
    }
}

/// The rows.
///
/// # Errors
/// If the system refuses the memory.
pub fn all(execution: &Execution) -> Result<Vec<Statement<F>>, OutOfMemory> {
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
