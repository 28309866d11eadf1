//! How the columns of a phase are laid out in one matrix, page by page.
//!
//! Section 6.3 of the protocol. A page is 2^10 rows of a column. A chunk is 2^b pages of each column of a
//! table; chunks of a greater b come first, so each run of 2^b pages begins at a multiple of 2^b.

use alloc::vec::Vec;

use zonda_circuits::machine::{Role, Table};

use crate::heights::Heights;

/// The base-two logarithm of the rows of a page.
pub const LOG_PAGE: u32 = 10;

/// The preprocessed columns of `program` and `image`.
pub const FIXED_PROGRAM: usize = 0;

/// The preprocessed columns of `gaps`.
pub const FIXED_GAPS: usize = 1;

/// The columns that are committed before the global challenge.
pub const BOUNDARY: usize = 2;

/// All other committed columns.
pub const MAIN: usize = 3;

/// How many phases columns are committed in.
pub const PHASES: usize = 4;

/// The base-two logarithm of the most chunks of a table.
const MAX_LOG_PAGES: u32 = 32 - LOG_PAGE;

/// How many columns of a table are committed in a phase. The others are given: the verifier evaluates them.
pub const fn committed(table: Table, phase: usize) -> usize {
    match (phase, table.role(), table) {
        (FIXED_PROGRAM, Role::Program, _) | (FIXED_GAPS, Role::Zeroed, _) => table.fixed_width(),
        (BOUNDARY, ..) => table.boundary_width(),
        (MAIN, _, Table::Statement) => 0,
        (MAIN, ..) => table.width(),
        _ => 0,
    }
}

/// How many columns of a table are committed.
pub fn committed_in_all(table: Table) -> usize {
    let widths = (0..PHASES).map(|phase| committed(table, phase));
    widths.fold(0, usize::saturating_add)
}

/// How many columns of a table are given: those that the verifier evaluates.
pub const fn given(table: Table) -> usize {
    match (table, table.role()) {
        (Table::Statement, _) => table.width(),
        (_, Role::Lookup) => table.fixed_width(),
        _ => 0,
    }
}

/// Some pages of all columns that a table has in a phase.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Chunk {
    /// The table.
    pub table: Table,
    /// How many columns.
    pub columns: usize,
    /// The logarithm of the number of pages of each column.
    pub log_pages: u32,
    /// The first of these pages in its column.
    pub first: usize,
    /// The place of the first column's first page in the sequence of pages.
    pub start: usize,
}

/// The pages of a phase, in sequence.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sequence {
    /// The chunks, in order.
    pub chunks: Vec<Chunk>,
    /// How many pages they have.
    pub pages: usize,
}

impl Sequence {
    /// Lays out as many columns of each table as `columns` says.
    pub fn new(heights: &Heights, columns: impl Fn(Table) -> usize) -> Self {
        let mut sequence = Self::default();
        for log_pages in (0..=MAX_LOG_PAGES).rev() {
            for (table, height) in heights.tables() {
                let pages = height.div_ceil(1 << LOG_PAGE) as usize;
                let columns = columns(table);
                if columns == 0 || (pages >> log_pages) & 1 == 0 {
                    continue;
                }
                let above = log_pages.saturating_add(1);
                sequence.chunks.push(Chunk {
                    table,
                    columns,
                    log_pages,
                    first: (pages >> above) << above,
                    start: sequence.pages,
                });
                let added = columns.saturating_mul(1 << log_pages);
                sequence.pages = sequence.pages.saturating_add(added);
            }
        }
        sequence
    }
}

/// The matrix of a phase: the cells of its pages, cut into columns of equal height.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Matrix {
    /// The pages.
    pub sequence: Sequence,
    /// The logarithm of the number of rows: m.
    pub log_height: u32,
    /// How many columns. A phase without pages has none, and no matrix.
    pub width: usize,
}

/// The greatest width of a phase's matrix. A row of 112 words is seven blocks of BLAKE3.
pub const fn most_columns(phase: usize) -> usize {
    if phase == MAIN { 112 } else { 16 }
}

/// How many bits number the columns of a phase's matrix.
pub const fn column_bits(phase: usize) -> u32 {
    most_columns(phase).next_power_of_two().ilog2()
}

impl Matrix {
    /// The matrix of a phase.
    pub fn new(heights: &Heights, phase: usize) -> Self {
        let sequence = Sequence::new(heights, |table| committed(table, phase));
        let pages = sequence.pages;
        let per_column = pages.div_ceil(most_columns(phase)).max(1);
        let log_pages = per_column.next_power_of_two().ilog2();
        Self {
            width: pages.div_ceil(1 << log_pages),
            log_height: LOG_PAGE.saturating_add(log_pages),
            sequence,
        }
    }

    /// Whether the phase has any columns.
    pub const fn is_empty(&self) -> bool {
        self.width == 0
    }

    /// How many bits number a page: k.
    pub fn page_bits(&self, phase: usize) -> u32 {
        self.log_height
            .saturating_sub(LOG_PAGE)
            .saturating_add(column_bits(phase))
    }
}

/// The layout of all that is committed of a part.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Layout {
    /// The heights of the tables.
    pub heights: Heights,
    /// The matrices of the phases.
    pub phases: [Matrix; PHASES],
}

impl Layout {
    /// The layout of a part of these heights.
    pub fn new(heights: &Heights) -> Self {
        Self {
            heights: *heights,
            phases: [FIXED_PROGRAM, FIXED_GAPS, BOUNDARY, MAIN]
                .map(|phase| Matrix::new(heights, phase)),
        }
    }

    /// The greatest logarithm of the heights of the matrices: M.
    pub fn log_height(&self) -> u32 {
        let present = self.phases.iter().filter(|matrix| !matrix.is_empty());
        present
            .map(|matrix| matrix.log_height)
            .max()
            .unwrap_or(LOG_PAGE)
    }

    /// The logarithm of the number of positions that are queried.
    pub fn log_size(&self) -> u32 {
        self.log_height().saturating_add(1)
    }

    /// How many bits number a page in the phase with the most.
    pub fn page_bits(&self) -> u32 {
        let present = self.phases.iter().enumerate();
        let present = present.filter(|(_, matrix)| !matrix.is_empty());
        present
            .map(|(phase, matrix)| matrix.page_bits(phase))
            .max()
            .unwrap_or(0)
    }

    /// How many values of columns are sent: those of all committed columns of all tables that have rows.
    pub fn values(&self) -> usize {
        let tables = self.heights.tables();
        tables.fold(0, |sum: usize, (table, _)| {
            sum.saturating_add(committed_in_all(table))
        })
    }

    /// The place, among all values that are sent, of the first column that a table has in a phase.
    pub fn value(&self, table: Table, phase: usize) -> usize {
        let before = self
            .heights
            .tables()
            .take_while(|(other, _)| *other != table);
        let before = before.fold(0, |sum: usize, (table, _)| {
            sum.saturating_add(committed_in_all(table))
        });
        let own = (0..phase).map(|phase| committed(table, phase));
        own.fold(before, usize::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights() -> Heights {
        Heights::new(|table| match table {
            Table::AddSub => 5000,
            Table::Multiply => 1024,
            Table::Transfer => 1,
            Table::Boundary => 40_000,
            Table::Instructions => 3000,
            Table::Statement => 1,
            Table::Program => 3000,
            Table::Image => 2000,
            Table::Zeroed => 77,
            Table::Gaps => 3,
            Table::Range16 | Table::Bytes => 1 << 16,
            Table::PowersOfTwo => 8,
            _ => 0,
        })
    }

    /// Every page of every column has its place, and no two have the same.
    #[test]
    fn every_page_has_its_own_place() {
        let layout = Layout::new(&heights());
        for (phase, matrix) in layout.phases.iter().enumerate() {
            let sequence = &matrix.sequence;
            let mut places = alloc::vec![None; sequence.pages];
            for chunk in &sequence.chunks {
                assert_eq!(chunk.start % (1 << chunk.log_pages), 0);
                assert_eq!(chunk.first % (1 << chunk.log_pages), 0);
                assert_eq!(chunk.columns, committed(chunk.table, phase));
                for column in 0..chunk.columns {
                    for page in 0..1 << chunk.log_pages {
                        let place = chunk.start + (column << chunk.log_pages) + page;
                        let cell = Some((chunk.table, column, chunk.first + page));
                        assert_eq!(core::mem::replace(&mut places[place], cell), None);
                    }
                }
            }
            assert!(places.iter().all(Option::is_some));
            let expected = layout.heights.tables().map(|(table, height)| {
                committed(table, phase) * height.div_ceil(1 << LOG_PAGE) as usize
            });
            assert_eq!(expected.sum::<usize>(), sequence.pages);
            let cells = sequence.pages << LOG_PAGE;
            assert!(cells <= matrix.width << matrix.log_height);
            assert!(matrix.width <= most_columns(phase) && matrix.width > 0);
            let bits = matrix.page_bits(phase);
            assert!(sequence.pages <= 1 << bits);
        }
    }

    #[test]
    fn columns_are_committed_once_or_given() {
        for table in Table::ALL {
            let all = table.fixed_width() + table.trace_width();
            assert_eq!(committed_in_all(table) + given(table), all);
        }
        let layout = Layout::new(&heights());
        assert_eq!(layout.value(Table::AddSub, FIXED_PROGRAM), 0);
        let after = layout.value(Table::Multiply, FIXED_PROGRAM);
        assert_eq!(after, Table::AddSub.width());
        let last = Table::PowersOfTwo;
        assert_eq!(layout.value(last, MAIN) + last.width(), layout.values());
        assert_eq!(Layout::default().values(), 0);
    }

    #[test]
    fn a_phase_without_pages_has_no_matrix() {
        let mut only = Heights::new(|table| u32::from(table == Table::Statement));
        assert!(Layout::new(&only).phases.iter().all(Matrix::is_empty));
        only = Heights::new(|table| u32::from(table == Table::AddSub));
        let layout = Layout::new(&only);
        assert!(layout.phases[..MAIN].iter().all(Matrix::is_empty));
        assert_eq!(layout.phases[MAIN].log_height, LOG_PAGE);
        assert_eq!(layout.phases[MAIN].width, Table::AddSub.width());
    }
}
