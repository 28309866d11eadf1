//! zonda's tables as the engine takes them: of heights that are powers of two. Rows of zeros fill a
//! table up, and say nothing.

use p3_field::PrimeCharacteristicRing;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{F, machine::TableAir, plonky3::FilledTable};

/// The base-two logarithm of the smallest height of a table.
const MIN_LOG_HEIGHT: usize = 4;

/// The base-two logarithm of the height to which a table of so many rows is filled up.
pub fn log_height(rows: usize) -> usize {
    let log_height = rows.next_power_of_two().ilog2() as usize;
    log_height.max(MIN_LOG_HEIGHT)
}

/// A table of so many rows, filled up.
pub fn table(air: &TableAir, rows: usize) -> FilledTable {
    FilledTable::new(air, rows, 1 << log_height(rows))
}

/// Fills up the rows of a table.
pub fn trace(trace: &mut RowMajorMatrix<F>) {
    let height = 1 << log_height(trace.height());
    trace.values.resize(height * trace.width, F::ZERO);
}
