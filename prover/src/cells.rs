//! Counting committed cells.
//!
//! A committed cell is one Mersenne31 element of any committed matrix before blowup: main columns,
//! multiplicities, the columns of the lookup argument and the quotient, an element of the challenge
//! field counting its degree. Preprocessed columns are committed in the key, not in a proof.

use p3_batch_stark::common::CommonData;
use serde::Serialize;
use zonda_circuits::machine::TableAir;
use zonda_verifier::{Config, Shape};

/// Base elements in an element of the challenge field.
const CHALLENGE_DEGREE: usize = 4;
/// Chunks of a quotient: constraints of degree 3 make it twice as high as the table.
const QUOTIENT_CHUNKS: usize = 2;

/// The cells of one table.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct TableCells {
    /// The table's name.
    pub table: &'static str,
    /// Rows in use.
    pub rows: u64,
    /// Rows committed to: a power of two.
    pub height: u64,
    /// Main columns.
    pub main: u64,
    /// Messages in each row.
    pub messages: u64,
    /// Columns of the lookup argument, in base elements.
    pub lookup: u64,
    /// Columns of the quotient, in base elements.
    pub quotient: u64,
}

impl TableCells {
    /// Cells committed to for each row.
    pub const fn per_row(&self) -> u64 {
        self.main + self.lookup + self.quotient
    }

    /// Cells committed to, padding included.
    pub const fn committed(&self) -> u64 {
        self.per_row() * self.height
    }

    /// Of those, cells of rows that only fill the table up.
    pub const fn padding(&self) -> u64 {
        self.per_row() * (self.height - self.rows)
    }
}

/// The cells of a proof, by table.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Cells {
    /// One entry per table, in the machine's order.
    pub tables: Vec<TableCells>,
}

impl Cells {
    pub(crate) fn count(
        tables: &[TableAir],
        common: &CommonData<Config>,
        shape: &Shape,
        rows: &[usize],
    ) -> Self {
        let tables = tables
            .iter()
            .zip(&common.lookups)
            .zip(shape.0.iter().zip(rows))
            .map(|((air, lookups), (log_height, rows))| TableCells {
                table: air.table.name(),
                rows: *rows as u64,
                height: 1 << log_height,
                main: air.table.width() as u64,
                messages: lookups
                    .iter()
                    .map(|lookup| lookup.elements.len() as u64)
                    .sum(),
                // One column for each packed group of messages, and the running sum.
                lookup: ((lookups.len() + 1) * CHALLENGE_DEGREE) as u64,
                quotient: (QUOTIENT_CHUNKS * CHALLENGE_DEGREE) as u64,
            })
            .collect();
        Self { tables }
    }

    /// Cells committed to, padding included.
    pub fn committed(&self) -> u64 {
        self.tables.iter().map(TableCells::committed).sum()
    }

    /// Of those, cells of rows that only fill tables up.
    pub fn padding(&self) -> u64 {
        self.tables.iter().map(TableCells::padding).sum()
    }
}
