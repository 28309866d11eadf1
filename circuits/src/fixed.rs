//! Preprocessed columns row by row, so that a commitment need not hold all of them.

use alloc::vec::Vec;

use p3_field::{PrimeCharacteristicRing, PrimeField32};

use crate::{
    F,
    columns::Columns,
    machine::{Image, Table},
    system::{bytes, gaps, image, powers_of_two, program, range16},
};

/// The preprocessed rows of a table.
pub struct FixedRows<'a> {
    rows: Rows<'a>,
    width: usize,
    count: usize,
}

/// The source of the rows.
enum Rows<'a> {
    Program(&'a Image),
    Image(&'a Image),
    Gaps(Vec<gaps::Fixed<F>>),
    Range16,
    Bytes,
    PowersOfTwo,
}

impl<'a> FixedRows<'a> {
    /// Those of a table for a program, if it has any.
    pub fn new(table: Table, image: &'a Image) -> Option<Self> {
        let (rows, count) = match table {
            Table::Program => (Rows::Program(image), image.text.len()),
            Table::Image => (Rows::Image(image), image::count(image)),
            Table::Gaps => {
                let rows = gaps::fixed(image);
                let count = rows.len();
                (Rows::Gaps(rows), count)
            }
            Table::Range16 => (Rows::Range16, range16::ROWS),
            Table::Bytes => (Rows::Bytes, bytes::ROWS),
            Table::PowersOfTwo => (Rows::PowersOfTwo, powers_of_two::POWERS),
            _ => return None,
        };
        Some(Self {
            rows,
            width: table.fixed_width(),
            count,
        })
    }

    /// How many rows there are.
    pub const fn height(&self) -> usize {
        self.count
    }

    /// How many columns there are.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Puts the rows from row `first` on, each into the first cells of one of `rows`. Beyond the last
    /// row there are zeros.
    ///
    /// # Panics
    /// If a row has room for fewer cells.
    pub fn fill<'b>(&self, first: usize, rows: impl IntoIterator<Item = &'b mut [F]>) {
        for (index, row) in (first..).zip(rows) {
            let row = &mut row[..self.width];
            match &self.rows {
                _ if index >= self.count => row.fill(F::ZERO),
                Rows::Program(image) => program::fixed(image, index).write_row(row),
                Rows::Image(image) => image::fixed(image, index).write_row(row),
                Rows::Gaps(rows) => rows[index].write_row(row),
                Rows::Range16 => range16::fixed(index).write_row(row),
                Rows::Bytes => bytes::fixed(index).write_row(row),
                Rows::PowersOfTwo => powers_of_two::fixed(index).write_row(row),
            }
        }
    }

    /// [`Self::fill`], as canonical numbers.
    ///
    /// # Panics
    /// As [`Self::fill`].
    pub fn fill_canonical<'b>(&self, first: usize, rows: impl IntoIterator<Item = &'b mut [u32]>) {
        let mut cells = [F::ZERO; MAX_WIDTH];
        let cells = &mut cells[..self.width];
        for (index, row) in (first..).zip(rows) {
            self.fill(index, [&mut *cells]);
            for (word, cell) in row[..self.width].iter_mut().zip(&*cells) {
                *word = cell.as_canonical_u32();
            }
        }
    }
}

/// The most preprocessed columns of a table.
const MAX_WIDTH: usize = 16;

const _: () = {
    let mut index = 0;
    while index < Table::ALL.len() {
        assert!(Table::ALL[index].fixed_width() <= MAX_WIDTH);
        index += 1;
    }
};
