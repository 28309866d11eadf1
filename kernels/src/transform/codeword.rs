//! Transforms of one function over the challenge field: of its coordinates, each a column of consecutive words.
//!
//! Sixteen consecutive coefficients are a line. So a column of coordinates is a block of sixteen columns: the parts
//! of the function by the lowest four bits of its coefficients, and each of them is a function on a line of the
//! domain. A transform of the block evaluates all parts, and four more layers, between the words of each line, put
//! them together.

use rayon::prelude::*;

use super::{Transform, Twiddles, layers::forward_butterfly};
use crate::{Kernel, LINE, Lanes};

/// Where a function is evaluated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Domain {
    /// On the circle: bit 0 of a coefficient belongs to y, bit 1 to x.
    Circle,
    /// On a line: bit 0 of a coefficient belongs to x.
    Line,
}

/// Lines that one task puts together.
const LINES_PER_TASK: usize = 1 << 8;

/// The least number of coefficients is 2^7: lines enough for the upper layers of a block, when it is extended.
const MIN_LOG_COUNT: usize = 7;

impl Transform<'_> {
    /// From `2^log_count` coefficients in the first half of each column to values on the domain of
    /// `2^(log_count + 1)` points in all of it, in the order of places in memory. The second half may hold anything.
    ///
    /// # Panics
    /// If `log_count < 7`, a column does not have `2^(log_count + 1)` words or the twiddles are for smaller domains:
    /// for a line, they must be those of the circle of `2^(log_count + 2)` points.
    pub fn evaluate_codeword(&self, columns: &mut [&mut [u32]], log_count: usize, domain: Domain) {
        assert!(log_count >= MIN_LOG_COUNT);
        let log_size = log_count + 1 + usize::from(domain == Domain::Line);
        assert!(log_size <= self.twiddles.log_size());
        let log_height = log_count - LINE.ilog2() as usize;
        for column in columns.iter_mut() {
            self.run(column, log_height, Domain::Line);
        }
        self.within_lines(columns, 2 << log_height, domain);
    }

    /// The layers within lines.
    fn within_lines(&self, columns: &mut [&mut [u32]], lines: usize, domain: Domain) {
        let per_task = LINES_PER_TASK.min(lines);
        let mut tasks: Vec<Vec<&mut [u32]>> = Vec::new();
        tasks.resize_with(lines / per_task, Vec::new);
        for column in columns {
            let chunks = column.chunks_exact_mut(LINE * per_task);
            for (task, chunk) in tasks.iter_mut().zip(chunks) {
                task.push(chunk);
            }
        }
        tasks
            .into_par_iter()
            .enumerate()
            .for_each(|(task, columns)| {
                self.platform.run(Within {
                    columns,
                    part: lines + per_task * task,
                    twiddles: self.twiddles,
                    domain,
                });
            });
    }
}

/// The lowest four layers of lines, of which the first one is this part of the domain.
struct Within<'a> {
    columns: Vec<&'a mut [u32]>,
    part: usize,
    twiddles: &'a Twiddles,
    domain: Domain,
}

impl Kernel for Within<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let twiddles = self.twiddles.words();
        let mut columns = self.columns;
        let lines = columns.first().map_or(0, |column| column.len() / LINE);
        let mut line = 0;
        while line < lines {
            let part = self.part + line;
            let w = load::<L, 1>(twiddles, part);
            let v = load::<L, 2>(twiddles, part);
            let u = load::<L, 4>(twiddles, part);
            let t = match self.domain {
                Domain::Circle => [L::ZERO; 8],
                Domain::Line => load::<L, 8>(twiddles, part),
            };
            for column in &mut columns {
                let words = &mut column[LINE * line..LINE * (line + L::WIDTH)];
                let mut a: [L; LINE] = L::load_columns(words, LINE);
                layer::<L, 8>(&mut a, &w);
                layer::<L, 4>(&mut a, &v);
                layer::<L, 2>(&mut a, &u);
                match self.domain {
                    Domain::Circle => circle(&mut a, &u),
                    Domain::Line => layer::<L, 1>(&mut a, &t),
                }
                L::store_columns(&a, words, LINE);
            }
            line += L::WIDTH;
        }
    }
}

/// Twiddle `i` of the `N` of each part: those of part `p` are `N p` to `N p + N - 1`.
#[inline(always)]
fn load<L: Lanes, const N: usize>(twiddles: &[u32], part: usize) -> [L; N] {
    let first = N * part;
    let mut all = [L::ZERO; N];
    if N == 1 {
        all[0] = L::load(&twiddles[first..]);
    } else if first + N * (L::WIDTH - 1) + LINE <= twiddles.len() {
        let columns: [L; LINE] = L::load_columns(&twiddles[first..], N);
        all.copy_from_slice(&columns[..N]);
    } else {
        // A line would end past the last twiddle.
        let mut i = 0;
        while i < N {
            let mut words = [0; LINE];
            let mut lane = 0;
            while lane < L::WIDTH {
                words[lane] = twiddles[first + N * lane + i];
                lane += 1;
            }
            all[i] = L::load(&words);
            i += 1;
        }
    }
    all
}

/// The layer that joins elements at the distance `S`.
#[inline(always)]
fn layer<L: Lanes, const S: usize>(a: &mut [L; LINE], twiddles: &[L]) {
    let mut block = 0;
    while block < LINE / (2 * S) {
        let mut i = 0;
        while i < S {
            let at = 2 * S * block + i;
            (a[at], a[at + S]) = forward_butterfly(a[at], a[at + S], twiddles[block]);
            i += 1;
        }
        block += 1;
    }
}

/// The layer of y. Its factors are, up to sign, the twiddles of the layer above, as in the leaf of a circle's layers:
/// a negative factor is an exchange of the two.
#[inline(always)]
fn circle<L: Lanes>(a: &mut [L; LINE], twiddles: &[L; 4]) {
    let mut leaf = 0;
    while leaf < 2 {
        let (v0, v1) = (twiddles[2 * leaf], twiddles[2 * leaf + 1]);
        let at = 8 * leaf;
        (a[at], a[at + 1]) = forward_butterfly(a[at], a[at + 1], v1);
        (a[at + 3], a[at + 2]) = forward_butterfly(a[at + 2], a[at + 3], v1);
        (a[at + 5], a[at + 4]) = forward_butterfly(a[at + 4], a[at + 5], v0);
        (a[at + 6], a[at + 7]) = forward_butterfly(a[at + 6], a[at + 7], v0);
        leaf += 1;
    }
}
