//! Filling the table from the statement.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;

use super::Statement;
use crate::{F, machine, word::Word};

/// The rows; `zeroed_end` is the last message of the chain of zeroed words.
pub fn rows(statement: &machine::Statement, zeroed_end: Word<F>) -> Vec<Statement<F>> {
    let output = &statement.output;
    (0..output.len().max(1))
        .map(|index| {
            let byte = output.get(index).copied();
            Statement {
                is_first: F::from_bool(index == 0),
                is_output: F::from_bool(byte.is_some()),
                index: F::from_usize(index),
                byte: F::from_u8(byte.unwrap_or_default()),
                zeroed_end: if index == 0 {
                    zeroed_end
                } else {
                    Word::default()
                },
            }
        })
        .collect()
}
