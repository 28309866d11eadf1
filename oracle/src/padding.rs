//! zonda's tables as the engine takes them: of heights that are powers of two.
//!
//! Rows of zeros fill a table up: they hold, and say nothing. Only the table of instructions says
//! something on every row: copies of its first row fill it up, not executed, and the program's table
//! counts them.

use std::sync::Arc;

use p3_field::PrimeCharacteristicRing;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    columns::Columns,
    machine::{Table, TableAir},
    system::{instructions, program},
};

/// The base-two logarithm of the smallest height of a table.
const MIN_LOG_HEIGHT: usize = 4;

/// The base-two logarithm of the height to which a table of so many rows is filled up.
pub fn log_height(rows: usize) -> usize {
    let log_height = rows.next_power_of_two().ilog2() as usize;
    log_height.max(MIN_LOG_HEIGHT)
}

/// A table of so many rows, filled up.
pub fn table(air: &TableAir, rows: usize) -> TableAir {
    let height = 1 << log_height(rows);
    let mut air = air.clone();
    if let Some(fixed) = &mut air.fixed {
        fill_up(Arc::make_mut(fixed), height);
    }
    for column in &mut air.periodic {
        column.resize(height, F::ZERO);
    }
    air
}

/// Fills up the rows of all tables: trace `i` is one of table `i`.
pub fn traces(tables: &[TableAir], traces: &mut [RowMajorMatrix<F>]) {
    let place = |table| tables.iter().position(|air| air.table == table);
    if let Some(at) = place(Table::Instructions) {
        let (pc, copies) = repeat_first(&mut traces[at]);
        if let Some(at) = place(Table::Program)
            && let Some(row) = row_of(&tables[at], pc)
        {
            traces[at].values[row * Table::Program.trace_width()] += F::from_usize(copies);
        }
    }
    for trace in traces {
        let height = 1 << log_height(trace.height());
        fill_up(trace, height);
    }
}

/// Fills the table of instructions, which is not empty, up with copies of its first row. Returns that
/// row's pc, and how many copies there are.
fn repeat_first(trace: &mut RowMajorMatrix<F>) -> (F, usize) {
    let copies = (1 << log_height(trace.height())) - trace.height();
    let mut copy = trace.values[..Table::Instructions.boundary_width()].to_vec();
    let pc = instructions::InBoundary::from_row(&copy).pc;
    // It is not executed.
    copy.resize(trace.width, F::ZERO);
    trace.values.extend(copy.repeat(copies));
    (pc, copies)
}

/// The row of the program's table that holds the instruction at a pc.
fn row_of(program: &TableAir, pc: F) -> Option<usize> {
    let mut rows = program.fixed.as_ref()?.row_slices();
    rows.position(|row| program::Fixed::from_row(row).pc == pc)
}

/// Adds rows of zeros.
fn fill_up(matrix: &mut RowMajorMatrix<F>, height: usize) {
    matrix.values.resize(height * matrix.width, F::ZERO);
}
