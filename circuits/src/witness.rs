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
    machine::{Image, Statement, Table, matrix},
    system::{image, statement, transfer, zeroed},
};

/// One instance of a table, filled.
#[derive(Clone, Debug)]
pub struct InstanceTrace {
    /// Which table.
    pub table: Table,
    /// Its committed columns.
    pub trace: RowMajorMatrix<F>,
    /// How many rows are in use; those after them are zero.
    pub used: usize,
}

/// The instances of all tables, in the order of [`Table::ALL`] and then of descending height, for a
/// run of `image` that left `records` and of which `statement` is true.
///
/// `heights` says how many instances a table has and how high they are, given how many rows it uses:
/// [`several`](crate::instances::several) or [`single`](crate::instances::single).
///
/// `instruction_at` is the instruction at a pc: it is asked for pcs that the run executes. A run
/// that is not one of this image and statement gives tables that do not hold.
pub fn traces(
    image: &Image,
    records: &Records,
    statement: &Statement,
    heights: impl Fn(Table, usize) -> Vec<usize>,
    instruction_at: impl Fn(u32) -> Instruction + Sync,
) -> Vec<InstanceTrace> {
    let openings = zeroed::openings(image, records);
    let zeroed_end = zeroed::from(openings.last().map(|opening| opening.word.address));

    let lookups = Lookups::new(image);

    // One instruction family: its records, and its function from a record to a row.
    macro_rules! family {
        ($table:ident, $module:ident) => {
            family!($table, records.steps[Family::$table as usize], $module, pc)
        };
        ($table:ident, $records:expr, $module:ident, $($pc:ident).+) => {{
            let records = &$records;
            fill(Table::$table, &heights, &lookups, records, |record| {
                $module::row(record, &instruction_at(record.$($pc).+))
            })
        }};
    }

    let filled = |table| match table {
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
        Table::LoadStoreWord => family!(
            LoadStoreWord,
            records.load_store_word,
            load_store_word,
            step.pc
        ),
        Table::LoadStoreSubword => family!(
            LoadStoreSubword,
            records.load_store_subword,
            load_store_subword,
            step.pc
        ),
        Table::LoadStoreMisaligned => family!(
            LoadStoreMisaligned,
            records.load_store_misaligned,
            load_store_misaligned,
            step.pc
        ),
        Table::Multiply => family!(Multiply, multiply),
        Table::Divide => family!(Divide, divide),
        Table::Ecall => family!(Ecall, records.ecalls, ecall, pc),
        Table::Transfer => fill(table, &heights, &lookups, &records.transfers, transfer::row),
        Table::Zeroed => fill(table, &heights, &lookups, &openings, zeroed::row),
        Table::Image => whole(table, &image::rows(image, records)),
        Table::Statement => whole(table, &statement::rows(statement, zeroed_end)),
        // How often the others look their rows up is counted meanwhile.
        Table::Program | Table::Gaps | Table::Range16 | Table::Bytes | Table::PowersOfTwo => {
            Vec::new()
        }
    };
    let mut instances: Vec<InstanceTrace> = Table::ALL.into_iter().flat_map(filled).collect();

    instances.extend(lookups.traces());
    // Stable: instances of one table stay in their order.
    instances.sort_by_key(|instance| instance.table);
    instances
}

/// One instance of exactly these rows.
pub(crate) fn whole<C: Columns<F> + Copy>(table: Table, rows: &[C]) -> Vec<InstanceTrace> {
    alloc::vec![InstanceTrace {
        table,
        trace: matrix(rows.to_vec()),
        used: rows.len(),
    }]
}

/// Rows of records, in order, in as many instances as there are heights. What the rows look up is
/// counted while they are at hand.
fn fill<R: Sync, C: Columns<F>>(
    table: Table,
    heights: &impl Fn(Table, usize) -> Vec<usize>,
    lookups: &Lookups,
    records: &[R],
    row: impl Fn(&R) -> C + Sync,
) -> Vec<InstanceTrace> {
    // Enough rows for a task to be worth its while, few enough to stay in the cache.
    const ROWS_PER_TASK: usize = 1 << 10;
    let mut rest = records;
    let instance = |height: usize| {
        let records = rest
            .split_off(..rest.len().min(height))
            .expect("there are as many");
        let mut values = F::zero_vec(height * C::WIDTH);
        values
            .par_chunks_mut(C::WIDTH * ROWS_PER_TASK)
            .zip(records.par_chunks(ROWS_PER_TASK))
            .for_each(|(cells, records)| {
                for (cells, record) in cells.chunks_exact_mut(C::WIDTH).zip(records) {
                    row(record).write_row(cells);
                }
                lookups.count(table, &cells[..records.len() * C::WIDTH]);
            });
        InstanceTrace {
            table,
            trace: RowMajorMatrix::new(values, C::WIDTH),
            used: records.len(),
        }
    };
    let instances = heights(table, records.len());
    let instances = instances.into_iter().map(instance).collect();
    assert!(rest.is_empty(), "{} has too few rows", table.name());
    instances
}
