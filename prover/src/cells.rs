//! Counting committed cells.
//!
//! A committed cell is one Mersenne31 element of any committed matrix before blowup: boundary and
//! main columns, multiplicities, the columns of the lookup argument and the quotient, an element of
//! the challenge field counting its degree. Preprocessed columns are committed in the key, not in a
//! proof.

use serde::Serialize;
use zonda_circuits::machine::Table;
use zonda_verifier::{Header, Layout};

/// The cells of all instances of a table in all parts of a proof, or of all quotients.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct TableCells {
    /// The table's name.
    pub table: &'static str,
    /// How many instances there are.
    pub instances: u64,
    /// Rows in use.
    pub rows: u64,
    /// Rows committed to.
    pub height: u64,
    /// Columns committed before the global challenges.
    pub boundary: u64,
    /// Columns committed after them.
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
        self.boundary + self.main + self.lookup + self.quotient
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
    /// One entry per table that occurs, in the order of tables, and the quotients.
    pub tables: Vec<TableCells>,
}

impl Cells {
    /// The cells of a proof whose parts' instances have `used` rows in use.
    pub(crate) fn count(header: &Header, used: &[Vec<usize>]) -> Self {
        let degree = header.preset.degree();
        let mut tables = vec![TableCells::default(); Table::ALL.len()];
        let mut quotient = TableCells {
            table: "quotient",
            quotient: 2 * degree as u64,
            ..TableCells::default()
        };
        assert_eq!(header.parts.len(), used.len());
        for (part, used) in header.parts.iter().zip(used) {
            let layout = Layout::new(&part.shape, degree);
            assert_eq!(layout.instances.len(), used.len());
            let instances = layout.instances.iter().zip(&layout.counts).zip(used);
            for ((instance, counts), used) in instances {
                let cells = &mut tables[instance.table as usize];
                *cells = TableCells {
                    table: instance.table.name(),
                    instances: cells.instances + 1,
                    rows: cells.rows + *used as u64,
                    height: cells.height + (1 << instance.log_height),
                    boundary: instance.table.boundary_width() as u64,
                    main: instance.table.width() as u64,
                    messages: (counts.local + counts.global) as u64,
                    lookup: (counts.sums() * degree) as u64,
                    quotient: 0,
                };
            }
            // One quotient for all tables of a part, as high as the highest.
            quotient.instances += 1;
            quotient.rows += 1 << layout.log_height;
            quotient.height += 1 << layout.log_height;
        }
        tables.retain(|cells| cells.instances > 0);
        tables.push(quotient);
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

    /// Of those committed to, cells that are there because a run may have several shards: of the
    /// columns before the global challenges, and of the global sums.
    pub fn boundary(&self) -> u64 {
        let tables = self.tables.iter();
        tables.map(|cells| cells.boundary * cells.height).sum()
    }
}
