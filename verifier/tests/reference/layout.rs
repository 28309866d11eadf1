//! The heights of a part, and where its columns are: section 6 of PROTOCOL.md.

use zonda_circuits::machine::Table;
use zonda_verifier::Heights;

/// The rows of a page.
pub const PAGE: usize = 1 << 10;

pub const PHASES: usize = 4;
pub const BOUNDARY: usize = 2;
pub const MAIN: usize = 3;

/// The most columns of a phase's matrix.
const WIDTHS: [usize; PHASES] = [16, 16, 16, 112];

/// A column: of a table, numbered among its preprocessed, boundary and main columns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Column {
    pub table: Table,
    pub number: usize,
}

/// A page of a column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Page {
    pub column: Column,
    pub page: usize,
}

/// The phase that a column is committed in; none of a given one.
fn phase(Column { table, number }: Column) -> Option<usize> {
    let kinds = [table.fixed_width(), table.boundary_width()];
    let is_fixed = number < kinds[0];
    let is_boundary = !is_fixed && number < kinds[0] + kinds[1];
    match table {
        Table::Program | Table::Image if is_fixed => Some(0),
        Table::Gaps if is_fixed => Some(1),
        Table::Range16 | Table::Bytes | Table::PowersOfTwo if is_fixed => None,
        Table::Statement => None,
        _ if is_boundary => Some(BOUNDARY),
        _ => Some(MAIN),
    }
}

/// All columns of a table: preprocessed, boundary, main.
fn columns(table: Table) -> impl Iterator<Item = Column> {
    let width = crate::machine::width(table);
    (0..width).map(move |number| Column { table, number })
}

/// The matrix of a phase.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Matrix {
    pub phase: usize,
    /// The pages of its cells, in sequence.
    pub pages: Vec<Page>,
    /// The logarithm of the number of its rows.
    pub m: u32,
    /// How many columns it has.
    pub width: usize,
    /// How many bits number a page: k.
    pub page_bits: u32,
}

impl Matrix {
    fn new(layout: &[(Table, usize)], n: u32, number: usize) -> Option<Self> {
        let mut pages = Vec::new();
        for b in (0..=n - 10).rev() {
            for (table, height) in layout {
                let k = height.div_ceil(PAGE);
                if k >> b & 1 == 0 {
                    continue;
                }
                let first = ((k >> b) - 1) << b;
                for column in columns(*table).filter(|column| phase(*column) == Some(number)) {
                    let page = |page| Page { column, page };
                    pages.extend((first..first + (1 << b)).map(page));
                }
            }
        }
        if pages.is_empty() {
            return None;
        }
        let cells = pages.len() * PAGE;
        let m = (10..).find(|m| cells <= WIDTHS[number] << m)?;
        Some(Self {
            phase: number,
            width: cells.div_ceil(1 << m),
            page_bits: m - 10 + WIDTHS[number].next_power_of_two().ilog2(),
            m,
            pages,
        })
    }

    /// The page bits that number a column.
    pub fn column_bits(&self) -> std::ops::Range<usize> {
        self.m as usize - 10..self.page_bits as usize
    }
}

/// Of a part.
#[derive(Clone)]
pub struct Layout {
    /// The tables that it has, with their heights.
    pub tables: Vec<(Table, usize)>,
    /// How many bits number a row: n.
    pub n: u32,
    /// The matrices of the phases that have any columns.
    pub matrices: Vec<Matrix>,
    /// The columns whose values are sent, in order.
    pub values: Vec<Column>,
}

impl Layout {
    /// Of the tables that have any rows.
    pub fn of(heights: &Heights) -> Self {
        let height = |table| (table, heights.of(table) as usize);
        let tables = Table::ALL.into_iter().map(height);
        Self::new(tables.filter(|(_, height)| *height > 0).collect())
    }

    /// Of tables in order.
    pub fn new(tables: Vec<(Table, usize)>) -> Self {
        assert!(tables.is_sorted_by(|a, b| a.0 < b.0));
        assert!(tables.iter().all(|(_, height)| *height > 0));
        let highest = tables.iter().map(|(_, height)| *height).max().unwrap();
        let n = (16..).find(|n| highest <= 1 << n).unwrap();
        let matrices = (0..PHASES).filter_map(|phase| Matrix::new(&tables, n, phase));
        let all = tables.iter().flat_map(|(table, _)| columns(*table));
        Self {
            n,
            matrices: matrices.collect(),
            values: all.filter(|column| phase(*column).is_some()).collect(),
            tables,
        }
    }

    pub fn height(&self, table: Table) -> usize {
        let own = self.tables.iter().find(|(other, _)| *other == table);
        own.map_or(0, |(_, height)| *height)
    }

    /// The greatest m: M.
    pub fn log_height(&self) -> u32 {
        self.matrices.iter().map(|matrix| matrix.m).max().unwrap()
    }

    /// How many page bits there are.
    pub fn page_bits(&self) -> usize {
        let bits = self.matrices.iter().map(|matrix| matrix.page_bits);
        bits.max().unwrap() as usize
    }

    /// Whether a page bit numbers a column of any phase.
    pub fn is_column_bit(&self, bit: usize) -> bool {
        let mut bits = self.matrices.iter().map(Matrix::column_bits);
        bits.any(|bits| bits.contains(&bit))
    }

    /// How many halvings each round of folding has: arity 16, less in the last, until 2^6
    /// coefficients are left.
    pub fn folds(&self) -> Vec<u32> {
        let mut left = self.log_height() - 6;
        let mut folds = Vec::new();
        while left > 0 {
            folds.push(left.min(4));
            left -= folds[folds.len() - 1];
        }
        folds
    }

    /// The number of a column among the values, unless it is given.
    pub fn value(&self, column: Column) -> Option<usize> {
        let mut values = self.values.iter();
        values.position(|other| *other == column)
    }
}

#[cfg(test)]
mod tests {
    use zonda_verifier::{layout as verifiers, opening, words};

    use super::*;

    /// The pages of a phase of the verifier's layout.
    fn pages_of(matrix: &verifiers::Matrix, phase: usize) -> Vec<Page> {
        let mut all = Vec::new();
        for chunk in &matrix.sequence.chunks {
            let mut columns = columns(chunk.table).filter(|c| super::phase(*c) == Some(phase));
            for _ in 0..chunk.columns {
                let column = columns.next().unwrap();
                let page = |page| Page { column, page };
                all.extend((chunk.first..chunk.first + (1 << chunk.log_pages)).map(page));
            }
            assert_eq!(columns.next(), None);
        }
        all
    }

    fn must_agree(tables: Vec<(Table, usize)>) {
        let plain = Layout::new(tables);
        let heights = Heights::new(|table| plain.height(table) as u32);
        let layout = verifiers::Layout::new(&heights);
        assert_eq!(plain.n, heights.log_rows());
        assert_eq!(plain.values.len(), layout.values());
        let present: Vec<_> = opening::present(&layout).collect();
        assert_eq!(plain.matrices.len(), present.len());
        for (plain, (phase, matrix)) in plain.matrices.iter().zip(&present) {
            assert_eq!(plain.phase, *phase);
            assert_eq!(plain.pages, pages_of(matrix, *phase));
            assert_eq!((plain.m, plain.width), (matrix.log_height, matrix.width));
            assert_eq!(plain.page_bits, matrix.page_bits(*phase));
        }
        if !present.is_empty() {
            assert_eq!(plain.log_height(), layout.log_height());
            assert_eq!(plain.page_bits(), layout.page_bits() as usize);
            assert_eq!(plain.folds(), words::folds(layout.log_height()));
            for bit in 0..plain.page_bits() {
                let expected = opening::is_column_bit(&layout, bit as u32);
                assert_eq!(plain.is_column_bit(bit), expected);
            }
        }
    }

    #[test]
    fn layouts_are_the_verifiers() {
        let mut state = 1_u64;
        let mut next = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        for round in 0..100 {
            let mut tables = Vec::new();
            for table in Table::ALL {
                let log_height = next(if round % 10 == 0 { 22 } else { 14 });
                let height = match next(3) {
                    0 => continue,
                    1 => (1 << log_height) + next(3) as usize,
                    _ => 1 + next(2 << log_height) as usize,
                };
                tables.push((table, height));
            }
            if !tables.is_empty() {
                must_agree(tables);
            }
        }
        for table in Table::ALL {
            must_agree(vec![(table, 1 << 22)]);
        }
    }
}
