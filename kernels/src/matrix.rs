//! Committed columns in memory.

use std::sync::{Arc, Mutex};

/// Buffers that are used again.
#[derive(Clone, Debug, Default)]
pub struct Pool(Arc<Mutex<Vec<Vec<u32>>>>);

impl Pool {
    /// An empty pool.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Columns of one height in blocks of 16: a row of a block is a line of 64 bytes. Columns that do
/// not exist are zero.
#[derive(Clone, Debug)]
pub struct Group {
    height: usize,
    width: usize,
    blocks: Vec<Vec<u32>>,
}

impl Group {
    /// Zeros.
    pub fn new(_pool: &Pool, height: usize, width: usize) -> Self {
        Self {
            height,
            width,
            blocks: (0..width.div_ceil(16)).map(|_| vec![0; 16 * height]).collect(),
        }
    }

    /// The group with these cells, by row and column.
    pub fn from_fn(
        pool: &Pool,
        height: usize,
        width: usize,
        cell: impl Fn(usize, usize) -> u32,
    ) -> Self {
        let mut group = Self::new(pool, height, width);
        for column in 0..width {
            for row in 0..height {
                group.blocks[column / 16][16 * row + column % 16] = cell(row, column);
            }
        }
        group
    }

    /// How many rows there are.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// How many columns there are.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Columns 16 `index` to 16 `index` + 15: a line per row.
    #[inline(always)]
    pub fn block(&self, index: usize) -> &[u32] {
        &self.blocks[index]
    }

    /// All blocks.
    pub fn blocks(&self) -> Vec<&[u32]> {
        self.blocks.iter().map(Vec::as_slice).collect()
    }

    /// All blocks.
    pub fn blocks_mut(&mut self) -> Vec<&mut [u32]> {
        self.blocks.iter_mut().map(Vec::as_mut_slice).collect()
    }
}
