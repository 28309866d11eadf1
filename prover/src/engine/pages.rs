//! The cells of a part, column by column in pages: the one place where the stages read them.
//!
//! A page is 2^10 rows of a column; pages stand in the sequence of their phase (`zonda_verifier::pages`), so
//! that committing, the sums over rows and the openings all read adjacent cells.

use rayon::prelude::*;
use zonda_circuits::machine::Table;
use zonda_kernels::{AllocationError, Buffer, Kernel, LINE, Lanes, Platform, Pool};
use zonda_verifier::layout::{LOG_PAGE, Sequence};

/// Rows of a page.
pub const PAGE: usize = 1 << LOG_PAGE;

/// Where the pages of a table's columns are: of the chunk of 2^b pages of each column, the first page, by b.
#[derive(Clone, Copy, Debug)]
struct Place {
    table: Table,
    /// How many columns.
    columns: usize,
    /// How many pages a column has.
    pages: usize,
    starts: [usize; 32 - LOG_PAGE as usize],
}

impl Place {
    /// The place of the first column's page `page`, and how many pages further each next column's is.
    #[inline(always)]
    fn page(&self, page: usize) -> (usize, usize) {
        // A page is in the chunk of the highest bit in which its number is below the number of pages.
        let log_pages = (self.pages ^ page).ilog2();
        let first = self.pages >> log_pages >> 1 << 1 << log_pages;
        (
            self.starts[log_pages as usize] + page - first,
            1 << log_pages,
        )
    }
}

/// The pages of a sequence.
#[derive(Debug)]
pub struct Pages {
    words: Buffer,
    places: Vec<Place>,
}

/// Some columns of a table, row by row.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The table.
    pub table: Table,
    /// Its cells, row-major, canonical, from the first of the columns on.
    pub cells: &'a [u32],
    /// How many cells a row has.
    pub stride: usize,
    /// How many rows there are.
    pub height: usize,
}

impl Pages {
    /// Pages of zeros, for `words` cells of which those of the sequence are the first.
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub fn zeroed(pool: &Pool, sequence: &Sequence, words: usize) -> Result<Self, AllocationError> {
        debug_assert!(sequence.pages * PAGE <= words);
        let mut places: Vec<Place> = Vec::new();
        for chunk in &sequence.chunks {
            let known = places.iter().position(|place| place.table == chunk.table);
            let index = known.unwrap_or_else(|| {
                places.push(Place {
                    table: chunk.table,
                    columns: chunk.columns,
                    pages: 0,
                    starts: [0; 32 - LOG_PAGE as usize],
                });
                places.len() - 1
            });
            places[index].pages += 1 << chunk.log_pages;
            places[index].starts[chunk.log_pages as usize] = chunk.start;
        }
        Ok(Self {
            words: pool.take_zeroed(words)?,
            places,
        })
    }

    /// All cells, in sequence.
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// The columns of a table.
    pub fn of(&self, table: Table) -> Columns<'_> {
        let place = self.places.iter().find(|place| place.table == table);
        Columns {
            words: &self.words,
            place,
        }
    }

    /// Puts the rows of tables in their places.
    ///
    /// # Panics
    /// If a table has more rows than pages for them, or cells are missing.
    pub fn fill(&mut self, platform: Platform, sources: &[Source<'_>]) {
        let mut pages: Vec<&mut [u32]> = self.words.chunks_exact_mut(PAGE).collect();
        let mut tasks = Vec::new();
        for source in sources {
            let places = self.places.iter();
            for place in places.filter(|place| place.table == source.table) {
                for page in 0..source.height.div_ceil(PAGE) {
                    let (first, stride) = place.page(page);
                    let columns = (0..place.columns).map(|column| {
                        let page = &mut pages[first + column * stride];
                        core::mem::take(page)
                    });
                    tasks.push(Fill {
                        source,
                        first: page * PAGE,
                        columns: columns.collect(),
                    });
                }
            }
        }
        tasks.into_par_iter().for_each(|task| platform.run(task));
    }
}

/// The rows of one page, to be put in the pages of their columns.
struct Fill<'a> {
    source: &'a Source<'a>,
    first: usize,
    columns: Vec<&'a mut [u32]>,
}

impl Kernel for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Source {
            cells,
            stride,
            height,
            ..
        } = *self.source;
        let rows = PAGE.min(height - self.first);
        let mut columns = self.columns;
        for (tile, columns) in columns.chunks_mut(LINE).enumerate() {
            let mut row = 0;
            while row < rows {
                let start = (self.first + row) * stride + LINE * tile;
                // A tile reads sixteen cells of each row, past the end of the last row if the table is narrow.
                let end = start + (L::WIDTH - 1) * stride + LINE;
                if rows - row >= L::WIDTH && end <= cells.len() {
                    let lanes: [L; LINE] = L::load_columns(&cells[start..end], stride);
                    for (column, lanes) in columns.iter_mut().zip(lanes) {
                        lanes.store(&mut column[row..]);
                    }
                    row += L::WIDTH;
                } else {
                    for (index, column) in columns.iter_mut().enumerate() {
                        column[row] = cells[start + index];
                    }
                    row += 1;
                }
            }
        }
    }
}

/// The columns of a table in one sequence; there may be none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Columns<'a> {
    words: &'a [u32],
    place: Option<&'a Place>,
}

impl<'a> Columns<'a> {
    /// How many columns there are.
    #[inline(always)]
    pub fn width(&self) -> usize {
        self.place.map_or(0, |place| place.columns)
    }

    /// Loads a vector of rows from `row` on, a vector for each column. Rows of a vector are in one page.
    ///
    /// # Panics
    /// If there are fewer vectors than columns, or fewer rows.
    #[inline(always)]
    pub fn load<L: Lanes>(&self, row: usize, to: &mut [L]) {
        let Some(place) = self.place else {
            return;
        };
        let (first, stride) = place.page(row / PAGE);
        let words = &self.words[first * PAGE + row % PAGE..];
        for (column, lanes) in to[..place.columns].iter_mut().enumerate() {
            *lanes = L::load(&words[column * stride * PAGE..]);
        }
    }

    /// The cells of a page of a column.
    ///
    /// # Panics
    /// If there is no such page.
    #[inline(always)]
    pub fn page(&self, column: usize, page: usize) -> &'a [u32] {
        let (first, stride) = self.place.expect("a column").page(page);
        let at = (first + column * stride) * PAGE;
        &self.words[at..at + PAGE]
    }
}

#[cfg(test)]
mod tests {
    use zonda_verifier::{
        heights::Heights,
        layout::{MAIN, committed},
    };

    use super::*;

    struct Check<'a>(Columns<'a>, usize, fn(usize, usize) -> u32);

    impl Kernel for Check<'_> {
        type Output = ();

        fn run<L: Lanes>(self) {
            let Self(columns, height, cell) = self;
            for row in (0..height).step_by(L::WIDTH) {
                let mut lanes = vec![L::splat(7); columns.width()];
                columns.load(row, &mut lanes);
                for (column, lanes) in lanes.iter().enumerate() {
                    for lane in 0..L::WIDTH {
                        let is_there = row + lane < height;
                        let expected = if is_there {
                            cell(row + lane, column)
                        } else {
                            0
                        };
                        assert_eq!(lanes.lane(lane), expected);
                        let page = columns.page(column, (row + lane) / PAGE);
                        assert_eq!(page[(row + lane) % PAGE], expected);
                    }
                }
            }
        }
    }

    #[test]
    fn cells_are_where_they_were_put() {
        let tables = [
            (Table::AddSub, 5003),
            (Table::Multiply, 1024),
            (Table::Jump, 1),
        ];
        let heights = Heights::new(|table| {
            let own = tables.iter().find(|(other, _)| *other == table);
            own.map_or(0, |(_, height)| *height as u32)
        });
        let sequence = Sequence::new(&heights, |table| committed(table, MAIN));
        let cell = |row: usize, column: usize| (row * 1000 + column + 1) as u32;
        let traces = tables.map(|(table, height)| {
            let width = table.width();
            let cells = (0..height * width).map(|at| cell(at / width, at % width));
            cells.collect::<Vec<_>>()
        });
        for platform in Platform::available() {
            let words = sequence.pages * PAGE + 5 * PAGE;
            let mut pages = Pages::zeroed(&Pool::new(), &sequence, words).unwrap();
            let sources = tables
                .iter()
                .zip(&traces)
                .map(|((table, height), cells)| Source {
                    table: *table,
                    cells,
                    stride: table.width(),
                    height: *height,
                });
            pages.fill(platform, &sources.collect::<Vec<_>>());
            for (table, height) in tables {
                let columns = pages.of(table);
                assert_eq!(columns.width(), table.width());
                platform.run(Check(columns, height, cell));
            }
            assert_eq!(pages.of(Table::Divide).width(), 0);
            assert!(
                pages.words()[sequence.pages * PAGE..]
                    .iter()
                    .all(|word| *word == 0)
            );
        }
    }
}
