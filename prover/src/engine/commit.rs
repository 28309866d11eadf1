//! Committing to the columns of one phase: extension and Merkle tree.

use std::ops::Range;

use rayon::prelude::*;
use zonda_kernels::{AllocationError, Group, LINE, Platform, Pool, Transform, Tree, Twiddles};
use zonda_verifier::layout::Phase;

use super::prove::EngineError;
use crate::cancel::Cancel;

/// Some columns of a row-major matrix of canonical cells.
#[derive(Clone)]
pub struct Rows<'a> {
    /// All cells.
    pub cells: &'a [u32],
    /// How many cells a row has.
    pub stride: usize,
    /// Which of them.
    pub columns: Range<usize>,
}

impl<'a> Rows<'a> {
    /// A whole matrix of `width` columns.
    pub const fn whole(cells: &'a [u32], width: usize) -> Self {
        Self {
            cells,
            stride: width,
            columns: 0..width,
        }
    }
}

/// The extended columns of one phase, and their tree.
#[derive(Default)]
pub struct Commitment {
    /// The groups, by descending height.
    pub groups: Vec<Group>,
    /// The tree over all of them; `None` without columns.
    tree: Option<Tree>,
}

impl Commitment {
    /// Extends groups of which the first half of the rows is filled, and commits to them.
    ///
    /// # Errors
    /// If the work is to stop, or memory is refused.
    pub fn of(
        platform: Platform,
        pool: &Pool,
        twiddles: &Twiddles,
        mut groups: Vec<Group>,
        cancel: &Cancel,
    ) -> Result<Self, EngineError> {
        let transform = Transform::new(platform, twiddles).parallel();
        for group in &mut groups {
            let log_height = group.height().ilog2() as usize - 1;
            // Blocks of 16 columns do not depend on each other.
            group.blocks_mut().par_iter_mut().try_for_each(|lines| {
                cancel.check()?;
                transform.extend(lines, log_height);
                Ok::<_, EngineError>(())
            })?;
        }
        Ok(Self::of_extended(platform, pool, groups)?)
    }

    /// Commits to groups that are extended already.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn of_extended(
        platform: Platform,
        pool: &Pool,
        groups: Vec<Group>,
    ) -> Result<Self, AllocationError> {
        let tree = (!groups.is_empty())
            .then(|| Tree::of_groups(platform, pool, &groups.iter().collect::<Vec<_>>()))
            .transpose()?;
        Ok(Self { groups, tree })
    }

    /// The commitment; zeros if there are no columns.
    pub fn root(&self) -> [u8; 32] {
        self.tree.as_ref().map_or([0; 32], Tree::root)
    }

    /// The digests that, with the leaves at these positions, give the root.
    pub fn siblings(&self, positions: &[usize]) -> Vec<[u8; 32]> {
        let tree = self.tree.as_ref();
        tree.map_or_else(Vec::new, |tree| tree.open(positions))
    }
}

/// The groups of a phase, with room for the extension. Nothing is in them yet but zeros in the
/// columns that do not exist.
///
/// # Errors
/// If memory is refused.
pub fn groups(pool: &Pool, phase: &Phase) -> Result<Vec<Group>, AllocationError> {
    let groups = phase.groups.iter();
    groups
        .map(|group| empty(pool, group.log_height as usize, group.width))
        .collect()
}

/// A group of `width` columns, with room for the extension of 2^`log_height` rows.
///
/// # Errors
/// If memory is refused.
pub fn empty(pool: &Pool, log_height: usize, width: usize) -> Result<Group, AllocationError> {
    let height = 2 << log_height;
    let blocks = (0..width.div_ceil(LINE)).map(|_| pool.take(LINE * height));
    let mut blocks = blocks.collect::<Result<Vec<_>, _>>()?;
    if !width.is_multiple_of(LINE)
        && let Some(last) = blocks.last_mut()
    {
        last[..LINE << log_height]
            .par_chunks_mut(1 << 16)
            .for_each(|lines| lines.fill(0));
    }
    Ok(Group::from_blocks(height, width, blocks))
}

/// Fills the groups of a phase with the columns of its instances: what `rows` gives for an instance
/// and the number of its columns in this phase.
pub fn fill_all<'a>(groups: &mut [Group], phase: &Phase, rows: impl Fn(usize, usize) -> Rows<'a>) {
    for (number, group) in groups.iter_mut().enumerate() {
        let spans = phase.spans.iter().enumerate();
        let own = spans.filter(|(_, span)| span.group == number && span.width > 0);
        let matrices: Vec<_> = own.map(|(index, span)| rows(index, span.width)).collect();
        fill(group, &matrices);
    }
}

/// Fills the first half of a group's rows with the columns of matrices, side by side.
pub fn fill(group: &mut Group, matrices: &[Rows<'_>]) {
    const ROWS_PER_TASK: usize = 1 << 12;
    let words = LINE * group.height() / 2;
    let blocks = group.blocks_mut().par_iter_mut().enumerate();
    blocks.for_each(|(block, lines)| {
        let tasks = lines[..words]
            .par_chunks_mut(LINE * ROWS_PER_TASK)
            .enumerate();
        tasks.for_each(|(task, lines)| {
            let start = task * ROWS_PER_TASK;
            fill_rows(
                lines,
                start..start + lines.len() / LINE,
                LINE * block,
                matrices,
            );
        });
    });
}

/// Fills rows of a block with the 16 columns from `first` on.
fn fill_rows(lines: &mut [u32], rows: Range<usize>, first: usize, matrices: &[Rows<'_>]) {
    let mut start = 0;
    for matrix in matrices {
        let Rows { cells, stride, .. } = *matrix;
        let width = matrix.columns.len();
        let (from, to) = (start.max(first), (start + width).min(first + LINE));
        if from < to {
            let cells = &cells[rows.start * stride..rows.end * stride];
            let column = matrix.columns.start + from - start;
            copy_columns(cells, stride, column, lines, from - first, to - from);
        }
        start += width;
    }
}

/// Copies `count` columns of a row-major matrix, from column `from` on, into lines, from word `to`
/// on.
fn copy_columns(
    cells: &[u32],
    width: usize,
    from: usize,
    lines: &mut [u32],
    to: usize,
    count: usize,
) {
    // A copy of known length is a move or two.
    macro_rules! known {
        ($($count:literal)*) => {
            match count {
                $($count => {
                    for (line, row) in lines.chunks_exact_mut(LINE).zip(cells.chunks_exact(width)) {
                        line[to..to + $count].copy_from_slice(&row[from..from + $count]);
                    }
                })*
                _ => unreachable!("a line has {LINE} columns"),
            }
        };
    }
    known!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
}
