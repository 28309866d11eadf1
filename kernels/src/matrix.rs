//! The layout of committed columns.

use crate::Buffer;

/// Columns of a block, and words of a line.
pub const LINE: usize = 16;

/// Columns of equal height, in blocks of sixteen.
///
/// Row `r` of block `b` holds columns `16b..16b+16` in the words `16r..16r+16` of the block: one
/// 64-byte line. Columns past the width are zero.
#[derive(Debug)]
pub struct Group {
    height: usize,
    width: usize,
    blocks: Vec<Buffer>,
}

impl Group {
    /// A group of given blocks.
    ///
    /// # Panics
    /// If their number or a length does not fit.
    pub fn from_blocks(height: usize, width: usize, blocks: Vec<Buffer>) -> Self {
        assert_eq!(blocks.len(), width.div_ceil(LINE));
        assert!(blocks.iter().all(|block| block.len() == LINE * height));
        Self {
            height,
            width,
            blocks,
        }
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// All blocks.
    #[inline]
    pub fn blocks(&self) -> &[Buffer] {
        &self.blocks
    }

    /// All blocks, to be written.
    #[inline]
    pub fn blocks_mut(&mut self) -> &mut [Buffer] {
        &mut self.blocks
    }

    /// One cell. For slow paths and tests.
    pub fn get(&self, row: usize, column: usize) -> u32 {
        assert!(column < self.width);
        self.blocks[column / LINE][LINE * row + column % LINE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pool;

    #[test]
    fn cells_lie_in_lines_of_sixteen() {
        let pool = Pool::new();
        let blocks = (0..2).map(|_| pool.take_zeroed(8 * LINE).unwrap());
        let mut group = Group::from_blocks(8, 19, blocks.collect());
        group.blocks_mut()[1][3 * LINE + 2] = 5;
        assert_eq!(group.get(3, 18), 5);
        assert_eq!(
            group.blocks()[0]
                .iter()
                .chain(group.blocks()[1].iter())
                .sum::<u32>(),
            5
        );
    }
}
