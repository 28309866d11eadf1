//! The three passes over all cells. A page is 64 lines of sixteen cells.

use rayon::prelude::*;
use zonda_circuits::F;
use zonda_kernels::{Kernel, LINE, Lanes, Packed, Platform, Pool};
use zonda_verifier::{layout::Matrix, multilinear::table, point::LANE_BITS};

use crate::engine::{
    EngineError,
    challenge::{MAX_DEGREE, ProverChallenge, Weight, add_words, weight},
    pages::PAGE,
    words::Vector,
};

/// Lines of a page.
const LINES: usize = PAGE / LINE;

/// Pages that are added up before the sums are reduced. They are at distances of powers of two: of more of them than a set of
/// the cache has ways, each evicts the others.
const TILE: usize = 8;

/// Pages that one task adds up.
const PAGES_PER_TASK: usize = 1 << 8;

/// Products that fit in a sum.
const TERMS: usize = 4;

/// For each row of a page the sum of the cells of all pages of all phases, each times the weight of its page.
pub fn sums<E: ProverChallenge>(platform: Platform, phases: &[(&[u32], &[E])]) -> Vec<E> {
    let tasks = phases.iter().flat_map(|(words, weights)| {
        let words = words.chunks(PAGE * PAGES_PER_TASK);
        words.zip(weights.chunks(PAGES_PER_TASK))
    });
    let tasks: Vec<_> = tasks.collect();
    let zero = || vec![0; PAGE * E::DEGREE];
    let sums = tasks.into_par_iter().map(|(words, weights)| {
        let weights: Vec<Weight> = weights.iter().map(weight).collect();
        let pages: Vec<&[u32]> = words.chunks_exact(PAGE).collect();
        let mut sums = zero();
        platform.run(Combine::<E> {
            pages: &pages,
            weights: &weights,
            to: sums.chunks_exact_mut(PAGE).collect(),
            field: core::marker::PhantomData,
        });
        sums
    });
    let sums = sums.reduce(zero, |mut sums, others| {
        add_words(&mut sums, &others);
        sums
    });
    let element =
        |row: usize| E::from_coordinates_fn(|coordinate| F::new(sums[PAGE * coordinate + row]));
    (0..PAGE).map(element).collect()
}

/// The combination of a matrix' columns with weights.
///
/// # Errors
/// If memory is refused.
pub fn combine<E: ProverChallenge>(
    platform: Platform,
    pool: &Pool,
    words: &[u32],
    matrix: &Matrix,
    weights: &[E],
) -> Result<Vector, EngineError> {
    let weights: Vec<Weight> = weights.iter().take(matrix.width).map(weight).collect();
    let mut combined = Vector::take(pool, E::DEGREE, matrix.log_height)?;
    let tasks = combined.tasks(PAGE);
    tasks.into_par_iter().enumerate().for_each(|(page, to)| {
        let columns = words.chunks_exact(1 << matrix.log_height);
        let pages = columns.map(|column| &column[PAGE * page..PAGE * (page + 1)]);
        platform.run(Combine::<E> {
            pages: &pages.collect::<Vec<_>>(),
            weights: &weights,
            to,
            field: core::marker::PhantomData,
        });
    });
    Ok(combined)
}

/// Adds up pages, each times its weight.
struct Combine<'a, E> {
    pages: &'a [&'a [u32]],
    weights: &'a [Weight],
    /// A page for each coordinate.
    to: Vec<&'a mut [u32]>,
    field: core::marker::PhantomData<E>,
}

impl<E: ProverChallenge> Kernel for Combine<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let mut to = self.to;
        let tiles = self.pages.chunks(TILE).zip(self.weights.chunks(TILE));
        for (tile, (pages, weights)) in tiles.enumerate() {
            let mut at = 0;
            while at < PAGE {
                // Two vectors share what is made of a weight.
                let mut sums = [[L::wide_zero(); MAX_DEGREE]; 2];
                if tile > 0 {
                    let mut k = 0;
                    while k < E::DEGREE {
                        sums[0][k] = L::load(&to[k][at..]).widen();
                        sums[1][k] = L::load(&to[k][at + L::WIDTH..]).widen();
                        k += 1;
                    }
                }
                add::<L, E>(&mut sums, pages, weights, at);
                let mut k = 0;
                while k < E::DEGREE {
                    L::reduce_wide(sums[0][k]).store(&mut to[k][at..]);
                    L::reduce_wide(sums[1][k]).store(&mut to[k][at + L::WIDTH..]);
                    k += 1;
                }
                at += 2 * L::WIDTH;
            }
        }
    }
}

/// Adds two vectors of each page, times its weight, to sums that are as good as folded.
#[inline(always)]
fn add<L: Lanes, E: ProverChallenge>(
    sums: &mut [[L::Wide; MAX_DEGREE]; 2],
    pages: &[&[u32]],
    weights: &[Weight],
    at: usize,
) {
    let mut terms = 0;
    for (page, weight) in pages.iter().zip(weights) {
        if terms == TERMS {
            fold::<L, E>(sums);
            terms = 0;
        }
        terms += 1;
        let words = &page[at..at + 2 * L::WIDTH];
        let (x, y) = (L::load(words), L::load(&words[L::WIDTH..]));
        let mut k = 0;
        while k < E::DEGREE {
            sums[0][k] = L::scale_add_wide(sums[0][k], x, weight[k]);
            sums[1][k] = L::scale_add_wide(sums[1][k], y, weight[k]);
            k += 1;
        }
    }
}

#[inline(always)]
fn fold<L: Lanes, E: ProverChallenge>(sums: &mut [[L::Wide; MAX_DEGREE]; 2]) {
    let mut k = 0;
    while k < E::DEGREE {
        sums[0][k] = L::fold_wide(sums[0][k]);
        sums[1][k] = L::fold_wide(sums[1][k]);
        k += 1;
    }
}

/// The extensions of the first pages at the rows' challenges.
pub fn values<E: ProverChallenge>(
    platform: Platform,
    words: &[u32],
    pages: usize,
    at: &[E],
) -> Vec<E> {
    let (lanes, lines) = at.split_at(LANE_BITS);
    let lines: Vec<Weight> = table(lines).iter().map(weight).collect();
    let lanes: Vec<E::Scalar> = table(lanes).iter().map(E::scalar).collect();
    let mut values = vec![E::ZERO; pages];
    let words = words.par_chunks(PAGE * PAGES_PER_TASK);
    let tasks = values.par_chunks_mut(PAGES_PER_TASK).zip(words);
    tasks.for_each(|(values, words)| {
        platform.run(Values {
            words,
            lines: &lines,
            lanes: &lanes,
            values,
        });
    });
    values
}

struct Values<'a, E: ProverChallenge> {
    words: &'a [u32],
    lines: &'a [Weight],
    lanes: &'a [E::Scalar],
    values: &'a mut [E],
}

impl<E: ProverChallenge> Kernel for Values<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let pages: &[[u32; PAGE]] = self.words.as_chunks().0;
        // A line of each coordinate for each of sixteen pages.
        let mut scratch = [0; LINE * LINE * MAX_DEGREE];
        let stride = LINE * E::DEGREE;
        for (values, pages) in self.values.chunks_mut(LINE).zip(pages.chunks(LINE)) {
            let mut page = 0;
            while page < pages.len() {
                let other = (page + 1).min(pages.len() - 1);
                let pair = [&pages[page], &pages[other]];
                let next = &pages[(page + 2).min(pages.len() - 1)..];
                let mut part = 0;
                while part < LINE / L::WIDTH {
                    let sums =
                        lines::<L, E>(pair, next.as_flattened(), self.lines, L::WIDTH * part);
                    let mut k = 0;
                    while k < E::DEGREE {
                        let to = LINE * k + L::WIDTH * part;
                        L::reduce_wide(sums[0][k]).store(&mut scratch[stride * page + to..]);
                        L::reduce_wide(sums[1][k]).store(&mut scratch[stride * other + to..]);
                        k += 1;
                    }
                    part += 1;
                }
                page += 2;
            }
            across::<L, E>(&scratch, self.lanes, values);
        }
    }
}

/// Of two pages the sums of all lines, each times its weight: those lanes that begin at `lane`. The two pages that are
/// next are on their way meanwhile: the processor does not look beyond a page of memory.
#[inline(always)]
fn lines<L: Lanes, E: ProverChallenge>(
    pages: [&[u32; PAGE]; 2],
    next: &[u32],
    weights: &[Weight],
    lane: usize,
) -> [[L::Wide; MAX_DEGREE]; 2] {
    let mut sums = [[L::wide_zero(); MAX_DEGREE]; 2];
    let mut line = 0;
    while line < LINES {
        fold::<L, E>(&mut sums);
        let mut i = 0;
        while i < TERMS {
            let at = LINE * (line + i) + lane;
            L::prefetch(next, at);
            L::prefetch(next, PAGE + at);
            let (x, y) = (L::load(&pages[0][at..]), L::load(&pages[1][at..]));
            let weight = &weights[line + i];
            let mut k = 0;
            while k < E::DEGREE {
                sums[0][k] = L::scale_add_wide(sums[0][k], x, weight[k]);
                sums[1][k] = L::scale_add_wide(sums[1][k], y, weight[k]);
                k += 1;
            }
            i += 1;
        }
        line += TERMS;
    }
    sums
}

/// The sums over lanes, each times its weight, of up to sixteen pages.
#[inline(always)]
fn across<L: Lanes, E: ProverChallenge>(scratch: &[u32], lanes: &[E::Scalar], values: &mut [E]) {
    let stride = LINE * E::DEGREE;
    let mut part = 0;
    while part < LINE / L::WIDTH {
        let first = L::WIDTH * part;
        let mut columns = [[L::ZERO; LINE]; MAX_DEGREE];
        let mut k = 0;
        while k < E::DEGREE {
            columns[k] = L::load_columns(&scratch[stride * first + LINE * k..], stride);
            k += 1;
        }
        let mut sum = E::Packed::<L>::wide_zero();
        let mut lane = 0;
        while lane < LINE {
            let mut element = E::Packed::<L>::ZERO;
            let mut k = 0;
            while k < E::DEGREE {
                element.as_mut()[k] = columns[k][lane];
                k += 1;
            }
            sum = element.scale_add(&lanes[lane], E::Packed::<L>::fold(sum));
            lane += 1;
        }
        let sum = E::Packed::<L>::reduce(sum);
        let mut words = [[0; LINE]; MAX_DEGREE];
        let mut k = 0;
        while k < E::DEGREE {
            sum.as_ref()[k].store(&mut words[k]);
            k += 1;
        }
        for (lane, value) in values.iter_mut().skip(first).take(L::WIDTH).enumerate() {
            *value = E::from_coordinates_fn(|k| F::new(words[k][lane]));
        }
        part += 1;
    }
}
