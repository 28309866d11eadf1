//! Committing to the columns of one phase: extension and Merkle tree.

use std::ops::Range;

use rayon::prelude::*;
use zonda_kernels::{Group, Platform, Pool, Transform, Tree, Twiddles};

/// Adjacent columns of a row-major matrix of canonical cells.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// All cells.
    pub cells: &'a [u32],
    /// How many cells a row has.
    pub stride: usize,
    /// The first column.
    pub first: usize,
    /// How many columns.
    pub count: usize,
}

impl<'a> Source<'a> {
    /// All columns of a matrix.
    pub const fn all(cells: &'a [u32], stride: usize) -> Self {
        Self {
            cells,
            stride,
            first: 0,
            count: stride,
        }
    }
}

/// The columns of one height, in order.
pub struct Sources<'a> {
    /// Logarithm of the height.
    pub log_height: usize,
    /// The columns.
    pub columns: Vec<Source<'a>>,
}

/// The extended columns of one phase, and their tree.
pub struct Commitment {
    /// The groups, by descending height.
    pub groups: Vec<Group>,
    /// The tree over all of them.
    pub tree: Tree,
}

impl Commitment {
    /// Extends groups of columns, by descending height, and commits to them.
    pub fn new(
        platform: Platform,
        pool: &Pool,
        twiddles: &Twiddles,
        sources: &[Sources<'_>],
    ) -> Self {
        let groups = sources
            .iter()
            .map(|sources| group(platform, pool, twiddles, sources))
            .collect();
        Self::of(platform, pool, groups)
    }

    /// Commits to groups that are extended already.
    pub fn of(platform: Platform, pool: &Pool, groups: Vec<Group>) -> Self {
        let tree = Tree::of_groups(platform, pool, &groups.iter().collect::<Vec<_>>());
        Self { groups, tree }
    }
}

/// Extends the columns of one height.
pub fn group(platform: Platform, pool: &Pool, twiddles: &Twiddles, sources: &Sources<'_>) -> Group {
    let height = 1 << sources.log_height;
    let width = sources.columns.iter().map(|source| source.count).sum();
    let mut group = Group::zeroed(pool, 2 * height, width);
    let transform = Transform::new(platform, twiddles).parallel();
    const ROWS_PER_TASK: usize = 1 << 12;
    // Blocks of 16 columns do not depend on each other.
    group
        .blocks_mut()
        .par_iter_mut()
        .enumerate()
        .for_each(|(block, lines)| {
            lines[..16 * height]
                .par_chunks_mut(16 * ROWS_PER_TASK)
                .enumerate()
                .for_each(|(task, lines)| {
                    let start = task * ROWS_PER_TASK;
                    let rows = start..start + lines.len() / 16;
                    fill(lines, rows, 16 * block, &sources.columns);
                });
            transform.extend(lines, sources.log_height);
        });
    group
}

/// Fills rows of a block with the 16 columns from `first` on; columns past the last are zero.
fn fill(lines: &mut [u32], rows: Range<usize>, first: usize, sources: &[Source<'_>]) {
    let mut start = 0;
    let mut end = first;
    for source in sources {
        let (from, to) = (start.max(first), (start + source.count).min(first + 16));
        if from < to {
            let lanes = from - first..to - first;
            let columns = source.first + from - start..source.first + to - start;
            let cells = &source.cells[rows.start * source.stride..rows.end * source.stride];
            let rows = cells.chunks_exact(source.stride);
            for (line, row) in lines.chunks_exact_mut(16).zip(rows) {
                line[lanes.clone()].copy_from_slice(&row[columns.clone()]);
            }
            end = to;
        }
        start += source.count;
    }
    if end < first + 16 {
        for line in lines.chunks_exact_mut(16) {
            line[end - first..].fill(0);
        }
    }
}
