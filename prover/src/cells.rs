//! Counting committed cells.
//!
//! A committed cell is one Mersenne31 element of any committed matrix before blowup: main columns,
//! multiplicities, the columns of the lookup argument and the quotient, an element of the challenge
//! field counting its degree. Preprocessed columns are committed in the key, not in a proof.

use serde::Serialize;
use zonda_verifier::{Layout, Shape};

/// The cells of one instance of a table, or of the quotient.
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
    /// One entry per instance, in the proof's order, and the quotient.
    pub tables: Vec<TableCells>,
}

impl Cells {
    /// The cells of a proof of `shape` whose instances have `used` rows in use.
    pub(crate) fn count(shape: &Shape, degree: usize, used: &[usize]) -> Self {
        let layout = Layout::new(shape, degree);
        let instances = layout.instances.iter().zip(&layout.counts).zip(used);
        let mut tables: Vec<_> = instances
            .map(|((instance, counts), used)| TableCells {
                table: instance.table.name(),
                rows: *used as u64,
                height: 1 << instance.log_height,
                main: instance.table.width() as u64,
                messages: counts.messages as u64,
                lookup: (counts.sums() * degree) as u64,
                quotient: 0,
            })
            .collect();
        // One quotient for all tables, as high as the highest.
        let height = 1 << layout.log_height;
        tables.push(TableCells {
            table: "quotient",
            rows: height,
            height,
            main: 0,
            messages: 0,
            lookup: 0,
            quotient: 2 * degree as u64,
        });
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
