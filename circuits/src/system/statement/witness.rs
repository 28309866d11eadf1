//! Filling the table from the statement.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;

use super::Statement;
use crate::{F, machine::Execution};

/// The rows.
pub fn rows(execution: &Execution) -> Vec<Statement<F>> {
    let output = &execution.output;
    (0..output.len().max(1))
        .map(|row| {
            let byte = output.get(row).copied();
            let index = byte.map(|_| F::from_u32(execution.output_start) + F::from_usize(row));
            Statement {
                is_first: F::from_bool(row == 0),
                is_output: F::from_bool(byte.is_some()),
                index: index.unwrap_or_default(),
                byte: F::from_u8(byte.unwrap_or_default()),
            }
        })
        .collect()
}
