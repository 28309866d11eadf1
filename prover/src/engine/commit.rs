//! Committing to the columns of a phase: the columns of its matrix are coefficients, so they are evaluated and hashed.
//!
//! Section 6 of the protocol.

use rayon::prelude::*;
use zonda_kernels::{
    AllocationError, Group, Kernel, LINE, Lanes, Platform, Pool, Transform, Tree, Twiddles,
};
use zonda_verifier::layout::Matrix;

use super::EngineError;
use crate::cancel::Cancel;

/// The values of a phase's matrix, and their tree; nothing of a phase without columns.
#[derive(Default)]
pub struct Commitment(Option<(Group, Tree)>);

impl Commitment {
    /// Commits to values.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn new(platform: Platform, pool: &Pool, values: Group) -> Result<Self, AllocationError> {
        let tree = Tree::of_rows(platform, pool, &values)?;
        Ok(Self(Some((values, tree))))
    }

    /// The root; zeros if there are no columns.
    pub fn root(&self) -> [u8; 32] {
        self.0.as_ref().map_or([0; 32], |(_, tree)| tree.root())
    }

    /// The values and their tree, if there are any.
    pub fn opened(&self) -> Option<(&Group, &Tree)> {
        self.0.as_ref().map(|(values, tree)| (values, tree))
    }
}

/// Rows that one task fills.
const ROWS_PER_TASK: usize = 1 << 10;

/// Commits to the matrix whose columns, one after another, are `words`.
///
/// # Errors
/// If memory is refused, or the work is to stop.
pub fn commit(
    platform: Platform,
    pool: &Pool,
    twiddles: &Twiddles,
    words: &[u32],
    matrix: &Matrix,
    cancel: &Cancel,
) -> Result<Commitment, EngineError> {
    if matrix.is_empty() {
        return Ok(Commitment::default());
    }
    let log_height = matrix.log_height as usize;
    let mut group = fill(platform, pool, words, matrix)?;
    evaluate(platform, twiddles, &mut group, log_height, cancel)?;
    Ok(Commitment::new(platform, pool, group)?)
}

/// A matrix in blocks of sixteen columns: coefficients in the first half of the rows, and room for values.
///
/// # Errors
/// If memory is refused.
pub fn fill(
    platform: Platform,
    pool: &Pool,
    words: &[u32],
    matrix: &Matrix,
) -> Result<Group, EngineError> {
    let (width, log_height) = (matrix.width, matrix.log_height);
    let blocks = (0..width.div_ceil(LINE)).map(|_| pool.take(LINE << (log_height + 1)));
    let mut blocks = blocks.collect::<Result<Vec<_>, _>>()?;
    let columns: Vec<&[u32]> = words.chunks_exact(1 << log_height).take(width).collect();
    debug_assert_eq!(columns.len(), width);
    let blocks_of_columns = columns.chunks(LINE).zip(&mut blocks);
    blocks_of_columns.par_bridge().for_each(|(columns, block)| {
        let rows = &mut block[..LINE << log_height];
        let tasks = rows.par_chunks_mut(LINE * ROWS_PER_TASK).enumerate();
        tasks.for_each(|(task, lines)| {
            platform.run(Fill {
                columns,
                first: ROWS_PER_TASK * task,
                lines,
            });
        });
    });
    Ok(Group::from_blocks(2 << log_height, width, blocks))
}

/// From coefficients to values.
///
/// # Errors
/// If the work is to stop.
pub fn evaluate(
    platform: Platform,
    twiddles: &Twiddles,
    group: &mut Group,
    log_height: usize,
    cancel: &Cancel,
) -> Result<(), EngineError> {
    let transform = Transform::new(platform, twiddles);
    let blocks = group.blocks_mut().par_iter_mut();
    blocks.try_for_each(|lines| {
        cancel.check()?;
        transform.evaluate_extended(lines, log_height);
        Ok(())
    })
}

/// Lines of up to sixteen columns.
struct Fill<'a> {
    columns: &'a [&'a [u32]],
    first: usize,
    lines: &'a mut [u32],
}

impl Kernel for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let rows = self.lines.len() / LINE;
        let mut row = 0;
        while row < rows {
            let mut lanes = [L::ZERO; LINE];
            for (lanes, column) in lanes.iter_mut().zip(self.columns) {
                *lanes = L::load(&column[self.first + row..]);
            }
            L::store_columns(&lanes, &mut self.lines[LINE * row..], LINE);
            row += L::WIDTH;
        }
    }
}
