//! Counting committed cells.
//!
//! A committed cell is one Mersenne31 element of a table's row in any matrix that a proof commits to, before blowup:
//! of boundary and main columns. Preprocessed columns are committed in the key, not in a proof.

use serde::Serialize;
use zonda_circuits::machine::Table;
use zonda_verifier::{
    Counts, Header,
    layout::{BOUNDARY, MAIN, committed},
};

/// The cells of a table in all parts of a proof.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct TableCells {
    /// The table's name.
    pub table: &'static str,
    /// In how many parts it has rows.
    pub parts: u64,
    /// Rows.
    pub rows: u64,
    /// Columns committed before the global challenges.
    pub boundary: u64,
    /// Columns committed after them.
    pub main: u64,
    /// Messages in each row.
    pub messages: u64,
}

impl TableCells {
    /// Cells committed to.
    pub const fn committed(&self) -> u64 {
        (self.boundary + self.main) * self.rows
    }
}

/// The cells of a proof, by table.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Cells {
    /// One entry per table that occurs, in the order of tables.
    pub tables: Vec<TableCells>,
}

impl Cells {
    /// The cells of a proof.
    pub(crate) fn count(header: &Header) -> Self {
        let tables = Table::ALL.into_iter().map(|table| {
            let heights = header.parts.iter().map(|part| part.heights.of(table));
            let heights = heights.filter(|height| *height > 0);
            let counts = Counts::of(table);
            TableCells {
                table: table.name(),
                parts: heights.clone().count() as u64,
                rows: heights.map(u64::from).sum(),
                boundary: committed(table, BOUNDARY) as u64,
                main: committed(table, MAIN) as u64,
                messages: (counts.local + counts.global) as u64,
            }
        });
        Self {
            tables: tables.filter(|cells| cells.parts > 0).collect(),
        }
    }

    /// Cells committed to.
    pub fn committed(&self) -> u64 {
        self.tables.iter().map(TableCells::committed).sum()
    }

    /// Of those, cells of columns that are committed to before the global challenges, since a run may have several
    /// shards.
    pub fn boundary(&self) -> u64 {
        let tables = self.tables.iter();
        tables.map(|cells| cells.boundary * cells.rows).sum()
    }

    /// Messages of all rows.
    pub fn messages(&self) -> u64 {
        let tables = self.tables.iter();
        tables.map(|cells| cells.messages * cells.rows).sum()
    }
}
