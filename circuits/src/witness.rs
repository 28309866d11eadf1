//! Filling all tables of a proof from the records of a run.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;
use zonda_riscv_emu::{
    instruction::Instruction,
    record::{Family, Records},
};

use crate::{
    F,
    columns::Columns,
    families::{
        add_immediate, add_sub, bitwise, bitwise_immediate, branch, divide, ecall, jump,
        load_store_misaligned, load_store_subword, load_store_word, multiply, set_less_than,
        set_less_than_immediate, shift, shift_immediate,
    },
    lookups::Lookups,
    machine::{Image, Statement, Table, height},
    system::{image, statement, transfer, zeroed},
};

/// The committed columns of all tables, in the order of [`Table::ALL`], for a run of `image` that
/// left `records` and of which `statement` is true.
///
/// `instruction_at` is the instruction at a pc: it is asked for pcs that the run executes. A run
/// that is not one of this image and statement gives tables that do not hold.
pub fn traces(
    image: &Image,
    records: &Records,
    statement: &Statement,
    instruction_at: impl Fn(u32) -> Instruction + Sync,
) -> Vec<RowMajorMatrix<F>> {
    let openings = zeroed::openings(image, records);
    let zeroed_end = zeroed::from(openings.last().map(|opening| opening.word.address));

    // One instruction family: its records, and its function from a record to a row.
    macro_rules! family {
        ($family:ident, $module:ident) => {
            family!(records.steps[Family::$family as usize], $module, step)
        };
        ($records:expr, $module:ident, $($step:ident).+) => {
            fill(&$records, |record| family!(@row record, $module, $($step).+, &instruction_at))
        };
        (@row $record:ident, $module:ident, step, $at:expr) => {
            $module::row($record, &$at($record.pc))
        };
        (@row $record:ident, $module:ident, memory, $at:expr) => {
            $module::row($record, &$at($record.step.pc))
        };
    }

    let filled: Vec<Filled> = Table::ALL
        .into_iter()
        .map(|table| match table {
            Table::AddSub => family!(AddSub, add_sub),
            Table::AddImmediate => family!(AddImmediate, add_immediate),
            Table::Bitwise => family!(Bitwise, bitwise),
            Table::BitwiseImmediate => family!(BitwiseImmediate, bitwise_immediate),
            Table::Shift => family!(Shift, shift),
            Table::ShiftImmediate => family!(ShiftImmediate, shift_immediate),
            Table::SetLessThan => family!(SetLessThan, set_less_than),
            Table::SetLessThanImmediate => family!(SetLessThanImmediate, set_less_than_immediate),
            Table::Branch => family!(Branch, branch),
            Table::Jump => family!(Jump, jump),
            Table::LoadStoreWord => family!(records.load_store_word, load_store_word, memory),
            Table::LoadStoreSubword => {
                family!(records.load_store_subword, load_store_subword, memory)
            }
            Table::LoadStoreMisaligned => {
                family!(records.load_store_misaligned, load_store_misaligned, memory)
            }
            Table::Multiply => family!(Multiply, multiply),
            Table::Divide => family!(Divide, divide),
            Table::Ecall => family!(records.ecalls, ecall, step),
            Table::Transfer => fill(&records.transfers, transfer::row),
            Table::Image => fill(&image::rows(image, records), |row| *row),
            Table::Zeroed => fill(&openings, zeroed::row),
            Table::Statement => fill(&statement::rows(statement, zeroed_end), |row| *row),
            // How often the others look their rows up is counted below.
            Table::Program | Table::Gaps | Table::Range16 | Table::Bytes | Table::PowersOfTwo => {
                Filled::default()
            }
        })
        .collect();

    let lookups = Lookups::new(image);
    let counts = lookups.count(&filled);
    filled
        .into_iter()
        .zip(Table::ALL)
        .map(|(filled, table)| match lookups.trace(table, &counts) {
            Some(multiplicities) => multiplicities,
            None => filled.trace,
        })
        .collect()
}

/// A table's committed columns, and how many of its rows are in use.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) trace: RowMajorMatrix<F>,
    pub(crate) used: usize,
}

impl Default for Filled {
    fn default() -> Self {
        Self {
            trace: RowMajorMatrix::new(Vec::new(), 1),
            used: 0,
        }
    }
}

/// Rows of records, in order; the rows that fill the table up are zero.
pub(crate) fn fill<R: Sync, C: Columns<F>>(records: &[R], row: impl Fn(&R) -> C + Sync) -> Filled {
    // Enough rows for a task to be worth its while.
    const ROWS_PER_TASK: usize = 1 << 10;
    let mut values = F::zero_vec(height(records.len()) * C::WIDTH);
    values
        .par_chunks_mut(C::WIDTH * ROWS_PER_TASK)
        .zip(records.par_chunks(ROWS_PER_TASK))
        .for_each(|(cells, records)| {
            for (cells, record) in cells.chunks_exact_mut(C::WIDTH).zip(records) {
                row(record).write_row(cells);
            }
        });
    Filled {
        trace: RowMajorMatrix::new(values, C::WIDTH),
        used: records.len(),
    }
}
