//! The values, at the point where the rounds end, of the columns that no round has folded.

use core::ops::Range;

use zonda_kernels::{Kernel, LINE, Lanes, Packed};

use super::{
    super::{pages::PAGE, tree::blocks::block_words},
    sums::{accumulate, page, reduce, store_sums},
};
use crate::engine::{
    challenge::{MAX_DEGREE, ProverChallenge, Weight},
    columns::TableColumns,
};

/// Lines of a page.
pub const LINES: usize = PAGE / LINE;

/// Pages of one task.
pub const PAGES: usize = 8;

/// Some pages of some columns of a table.
pub struct Values<'a, E: ProverChallenge> {
    /// The table.
    pub table: &'a TableColumns<'a>,
    /// The columns.
    pub columns: &'a [usize],
    /// The pages.
    pub pages: Range<usize>,
    /// The weights of a page's lines.
    pub lines: &'a [Weight],
    /// The weights of pages.
    pub weights: &'a [E::Scalar],
    /// One.
    pub one: E::Scalar,
}

impl<E: ProverChallenge> Kernel for Values<'_, E> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Vec<u32> {
        let mut sums = vec![0; self.columns.len() * block_words(E::DEGREE)];
        let mut part = 0;
        while part < LINE / L::WIDTH {
            let zero = <E::Packed<L> as Packed<L>>::wide_zero();
            let mut totals = vec![zero; self.columns.len()];
            for number in self.pages.clone() {
                let cells = page(self.table, self.columns.iter().copied(), number);
                let weight = &self.weights[number];
                for (cells, totals) in cells.chunks(2).zip(totals.chunks_mut(2)) {
                    let both = [cells[0], cells[cells.len() - 1]];
                    let values = pair::<L, E>(both, self.lines, part);
                    for (total, value) in totals.iter_mut().zip(values) {
                        accumulate(total, value, weight);
                    }
                }
            }
            store_sums::<L, E::Packed<L>>(&totals, &self.one, &mut sums, part);
            part += 1;
        }
        sums
    }
}

/// The weighted sums of the lines of two pages.
#[inline(always)]
fn pair<L: Lanes, E: ProverChallenge>(
    pages: [&[u32]; 2],
    lines: &[Weight],
    part: usize,
) -> [E::Packed<L>; 2] {
    let mut sums = [[L::wide_zero(); MAX_DEGREE]; 2];
    let cells = pages[0]
        .chunks_exact(4 * LINE)
        .zip(pages[1].chunks_exact(4 * LINE));
    for ((x, y), weights) in cells.zip(lines.chunks_exact(4)) {
        let mut i = 0;
        while i < 4 {
            let at = LINE * i + L::WIDTH * part;
            let (x, y) = (L::load(&x[at..]), L::load(&y[at..]));
            let mut k = 0;
            while k < E::DEGREE {
                sums[0][k] = L::scale_add_wide(sums[0][k], x, weights[i][k]);
                sums[1][k] = L::scale_add_wide(sums[1][k], y, weights[i][k]);
                k += 1;
            }
            i += 1;
        }
        let mut k = 0;
        while k < E::DEGREE {
            sums[0][k] = L::fold_wide(sums[0][k]);
            sums[1][k] = L::fold_wide(sums[1][k]);
            k += 1;
        }
    }
    [
        reduce::<L, E::Packed<L>>(&sums[0]),
        reduce::<L, E::Packed<L>>(&sums[1]),
    ]
}
