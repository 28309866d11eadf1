//! Where the cells of one instance are: its rows before, and its columns after the extension.

use zonda_kernels::{Group, LINE, Lanes};

use super::rows::{Tape, Window};

/// The rows of one instance, before the extension.
pub struct Cells<'a> {
    /// How many rows there are.
    pub height: usize,
    /// Cells of the trace, row-major, canonical: those committed before the global challenge, then
    /// those committed after it.
    pub trace: &'a [u32],
    /// How many columns the trace has.
    pub trace_width: usize,
    /// Preprocessed cells, row-major, canonical.
    pub fixed: &'a [u32],
    /// How many preprocessed columns there are.
    pub fixed_width: usize,
    /// Periodic cells, row-major, canonical.
    pub periodic: &'a [u32],
    /// How many periodic columns there are.
    pub periodic_width: usize,
    /// The public values.
    pub public: &'a [u32],
}

impl Cells<'_> {
    /// Loads the rows from `row` on into a tape.
    #[inline(always)]
    pub fn load<L: Lanes>(&self, row: usize, tape: &mut Tape<L>) {
        load_rows(self.trace, self.trace_width, row, &mut tape.columns);
        load_rows(self.fixed, self.fixed_width, row, &mut tape.fixed);
        load_rows(self.periodic, self.periodic_width, row, &mut tape.periodic);
    }
}

/// Loads a vector of rows of a row-major matrix, a vector per column.
#[inline(always)]
fn load_rows<L: Lanes>(cells: &[u32], width: usize, row: usize, window: &mut Window<L>) {
    for (tile, columns) in window.blocks.iter_mut().enumerate() {
        let start = row * width + LINE * tile;
        // A tile reads 16 cells of each row, past the end of the last row if the table is narrow.
        let end = start + (L::WIDTH - 1) * width + LINE;
        if let Some(cells) = cells.get(start..end) {
            *columns = L::load_columns(cells, width);
        } else {
            for (column, lanes) in columns.iter_mut().enumerate().take(width - LINE * tile) {
                *lanes = L::from_fn(|lane| cells[start + lane * width + column]);
            }
        }
    }
}

/// Some adjacent columns of a group, extended.
#[derive(Clone, Copy)]
pub struct Extended<'a> {
    /// The group; nothing if there are no such columns.
    pub group: Option<&'a Group>,
    /// The first column's place in the group.
    pub offset: usize,
    /// How many columns there are.
    pub width: usize,
}

impl Extended<'_> {
    /// Room for a vector of the columns' values.
    #[inline(always)]
    pub fn window<L: Lanes>(&self) -> Window<L> {
        Window::new(self.offset, self.width)
    }

    /// Loads the columns' values at a vector of places in memory, from `row` on.
    #[inline(always)]
    pub fn load<L: Lanes>(&self, row: usize, window: &mut Window<L>) {
        let Some(group) = self.group else {
            return;
        };
        let blocks = &group.blocks()[self.offset / LINE..];
        for (columns, block) in window.blocks.iter_mut().zip(blocks) {
            let words: &[u32] = block;
            let next = LINE * (row + L::WIDTH);
            for ahead in 0..L::WIDTH {
                L::prefetch(words, next + LINE * ahead);
            }
            *columns = L::load_columns(&words[LINE * row..next], LINE);
        }
    }
}
