//! Sums over rows, weighted: what all kernels of the stage share.

use core::ops::Range;

use zonda_circuits::F;
use zonda_kernels::{LINE, Lanes, P as ORDER, Packed};
use zonda_verifier::{Challenge, multilinear::table};

use super::super::tree::blocks::block_words;
use crate::engine::{
    challenge::{MAX_DEGREE, ProverChallenge, Weight},
    columns::TableColumns,
};

/// The logarithm of the number of groups, or pairs of blocks, of one task.
const LOG_TASK: usize = 6;

/// Groups, or pairs of blocks, of one task.
pub const TASK: usize = 1 << LOG_TASK;

/// `eq` of an index, in two factors: that of the index in its task, and that of the task.
pub struct Eq<E: ProverChallenge> {
    /// By the index in a task.
    pub low: Vec<E::Scalar>,
    /// By task.
    pub high: Vec<E::Scalar>,
}

impl<E: ProverChallenge> Eq<E> {
    /// The weights of all indices.
    pub fn new(point: &[E]) -> Self {
        let (low, high) = point.split_at(point.len().min(LOG_TASK));
        let scalars = |point: &[E]| table(point).iter().map(E::scalar).collect();
        Self {
            low: scalars(low),
            high: scalars(high),
        }
    }
}

/// Sums by lane: blocks of sixteen elements.
pub fn total<E: Challenge>(sums: &[u32], lanes: &[E]) -> Vec<E> {
    let blocks = sums.chunks_exact(block_words(E::DEGREE));
    let lane =
        |block: &[u32], lane: usize| E::from_coordinates_fn(|k| F::new(block[LINE * k + lane]));
    blocks
        .map(|block| {
            let lanes = lanes.iter().enumerate();
            lanes.map(|(index, eq)| *eq * lane(block, index)).sum()
        })
        .collect()
}

/// Adds sums to others.
pub fn add(mut sums: Vec<u32>, others: Vec<u32>) -> Vec<u32> {
    if sums.is_empty() {
        return others;
    }
    for (sum, other) in sums.iter_mut().zip(others) {
        let both = *sum + other;
        *sum = both.min(both.wrapping_sub(ORDER));
    }
    sums
}

/// Adds `value` times `scale` to a sum.
#[inline(always)]
pub fn accumulate<L: Lanes, P: Packed<L>>(sum: &mut P::Wide, value: P, scale: &P::Scalar) {
    *sum = value.scale_add(scale, P::fold(*sum));
}

/// Pairs of vectors by number.
pub trait Pairs<L: Lanes> {
    /// The pair with a number.
    fn pair(&self, number: usize) -> [L; 2];
}

/// Cells of a page: of each column, vectors of rows of two neighbouring nodes.
pub struct Cells<'a, 'b> {
    /// The columns.
    pub columns: &'a [&'b [u32]],
    /// The row of the first vector, in the page.
    pub row: usize,
}

impl Cells<'_, '_> {
    /// The cells so many rows further.
    #[inline(always)]
    pub const fn after(&self, rows: usize) -> Self {
        Self {
            columns: self.columns,
            row: self.row + rows,
        }
    }
}

impl<L: Lanes> Pairs<L> for Cells<'_, '_> {
    #[inline(always)]
    fn pair(&self, number: usize) -> [L; 2] {
        let cells = &self.columns[number][self.row..];
        [L::load(cells), L::load(&cells[LINE..])]
    }
}

/// Cells of a page, while others are fetched that are next.
pub struct Fetching<'a, 'b> {
    /// The cells.
    pub cells: Cells<'a, 'b>,
    /// The next ones.
    pub next: Cells<'a, 'b>,
}

impl<L: Lanes> Pairs<L> for Fetching<'_, '_> {
    #[inline(always)]
    fn pair(&self, number: usize) -> [L; 2] {
        if let Some(next) = self.next.columns.get(number) {
            L::prefetch(next, self.next.row);
            L::prefetch(next, self.next.row + LINE);
        }
        self.cells.pair(number)
    }
}

/// The sums of both vectors of pairs, with weights.
#[inline(always)]
pub fn dot<L: Lanes, P: Packed<L>, S: Pairs<L>>(weights: &[(usize, Weight)], pairs: &S) -> [P; 2] {
    let mut sums = [[L::wide_zero(); MAX_DEGREE]; 2];
    let mut fours = weights.chunks_exact(4);
    for four in &mut fours {
        let mut i = 0;
        while i < 4 {
            add_pair::<L, P>(&mut sums, pairs.pair(four[i].0), &four[i].1);
            i += 1;
        }
        let mut k = 0;
        while k < P::DEGREE {
            sums[0][k] = L::fold_wide(sums[0][k]);
            sums[1][k] = L::fold_wide(sums[1][k]);
            k += 1;
        }
    }
    for (number, weight) in fours.remainder() {
        add_pair::<L, P>(&mut sums, pairs.pair(*number), weight);
    }
    [reduce::<L, P>(&sums[0]), reduce::<L, P>(&sums[1])]
}

#[inline(always)]
fn add_pair<L: Lanes, P: Packed<L>>(
    sums: &mut [[L::Wide; MAX_DEGREE]; 2],
    [x, y]: [L; 2],
    weight: &Weight,
) {
    let mut k = 0;
    while k < P::DEGREE {
        sums[0][k] = L::scale_add_wide(sums[0][k], x, weight[k]);
        sums[1][k] = L::scale_add_wide(sums[1][k], y, weight[k]);
        k += 1;
    }
}

/// The elements that sums stand for.
#[inline(always)]
pub fn reduce<L: Lanes, P: Packed<L>>(sums: &[L::Wide; MAX_DEGREE]) -> P {
    let mut result = P::ZERO;
    let mut k = 0;
    while k < P::DEGREE {
        result.as_mut()[k] = L::reduce_wide(sums[k]);
        k += 1;
    }
    result
}

/// Writes sums, each times `scale`, to blocks.
#[inline(always)]
pub fn store_sums<L: Lanes, P: Packed<L>>(
    sums: &[P::Wide],
    scale: &P::Scalar,
    blocks: &mut [u32],
    part: usize,
) {
    for (index, sum) in sums.iter().enumerate() {
        let sum = P::reduce(*sum).scale(scale);
        super::super::tree::blocks::store::<L, P>(sum, blocks, index, part);
    }
}

/// The cells of a page of some columns of a table: numbered fixed, boundary, main, periodic.
pub fn page<'a>(
    table: &TableColumns<'a>,
    columns: impl Iterator<Item = usize>,
    page: usize,
) -> Vec<&'a [u32]> {
    columns
        .map(|column| column_page(table, column, page))
        .collect()
}

fn column_page<'a>(table: &TableColumns<'a>, mut column: usize, page: usize) -> &'a [u32] {
    for columns in [table.fixed, table.boundary, table.main, table.periodic] {
        if column < columns.width() {
            return columns.page(column, page);
        }
        column -= columns.width();
    }
    &[]
}

/// How many columns a table has, of all sorts.
pub fn width(table: &TableColumns<'_>) -> usize {
    let all = [table.fixed, table.boundary, table.main, table.periodic];
    all.iter().map(|columns| columns.width()).sum()
}

/// The range of task `task` of `count` items.
pub fn range(task: usize, count: usize) -> Range<usize> {
    task * TASK..((task + 1) * TASK).min(count)
}
