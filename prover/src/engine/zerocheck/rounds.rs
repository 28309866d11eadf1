//! The later rounds: the columns in products are folded, and the polynomial of the next round is summed over them, in
//! one pass.
//!
//! After the first round a group is one *block* of sixteen lanes. The blocks of a table stand one after the other;
//! each holds the kept columns, and last the affine part of all statements, which is one column of its own. A round
//! pairs neighbouring blocks. What is beyond the last block is zero.

use core::ops::Range;

use zonda_circuits::F;
use zonda_kernels::{Kernel, LINE, Lanes, Packed};
use zonda_verifier::{combination::below, nodes::NODES};

use super::{
    super::tree::blocks::{block_words, load, store},
    program::Extended,
    skip::{GROUP_ROWS, PAGE_GROUPS},
    sums::{accumulate, reduce, store_sums, total},
    weights::{CLASSES, Later, Prepared},
};
use crate::engine::challenge::{MAX_DEGREE, ProverChallenge, Weight};

// The sums: at 0 without products of degree 3; the coefficient of the square in those of degree 2; and the products of
// degree 3 at 0, 1, -1 and 2.
const AT_ZERO: usize = 0;
const SQUARE: usize = 1;
const CUBIC: usize = 2;
const SUMS: usize = CUBIC + 4;

/// Where the blocks of a round come from.
pub trait Blocks<E: ProverChallenge> {
    /// How many blocks there are.
    fn count(&self) -> usize;

    /// Block `index`, a vector for each column.
    fn block<L: Lanes>(&self, index: usize, part: usize, to: &mut [E::Packed<L>]);
}

/// The weights of the skipped bits.
pub struct Skipped<E: ProverChallenge> {
    /// For cells.
    pub weights: [Weight; NODES],
    /// For elements of the challenge field.
    pub scalars: [E::Scalar; NODES],
}

/// Groups of cells, folded with the weights of the skipped bits.
pub struct FromCells<'a, E: ProverChallenge> {
    /// The kept columns, page by page.
    pub pages: Vec<Vec<&'a [u32]>>,
    /// The affine part of all rows.
    pub affine: &'a [u32],
    /// The weights.
    pub skipped: &'a Skipped<E>,
    /// How many groups there are.
    pub groups: usize,
}

impl<E: ProverChallenge> Blocks<E> for FromCells<'_, E> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.groups
    }

    #[inline(always)]
    fn block<L: Lanes>(&self, index: usize, part: usize, to: &mut [E::Packed<L>]) {
        let columns = &self.pages[index / PAGE_GROUPS];
        let row = index % PAGE_GROUPS * GROUP_ROWS + L::WIDTH * part;
        for (column, folded) in columns.iter().zip(to.iter_mut()) {
            let cells = &column[row..];
            let mut sums = [L::wide_zero(); MAX_DEGREE];
            let mut real = 0;
            while real < NODES {
                L::prefetch(cells, GROUP_ROWS + LINE * real);
                let x = L::load(&cells[LINE * real..]);
                let weight = &self.skipped.weights[real];
                let mut k = 0;
                while k < E::DEGREE {
                    if real == NODES / 2 {
                        sums[k] = L::fold_wide(sums[k]);
                    }
                    sums[k] = L::scale_add_wide(sums[k], x, weight[k]);
                    k += 1;
                }
                real += 1;
            }
            *folded = reduce::<L, E::Packed<L>>(&sums);
        }
        let mut sum = <E::Packed<L> as Packed<L>>::wide_zero();
        let mut real = 0;
        while real < NODES {
            let x: E::Packed<L> = load(self.affine, NODES * index + real, part);
            accumulate(&mut sum, x, &self.skipped.scalars[real]);
            real += 1;
        }
        to[columns.len()] = E::Packed::<L>::reduce(sum);
    }
}

/// Pairs of blocks, folded.
pub struct Folded<'a, E: ProverChallenge> {
    /// The blocks.
    pub blocks: &'a [u32],
    /// How many columns a block has.
    pub columns: usize,
    /// The challenge.
    pub r: E::Scalar,
}

impl<E: ProverChallenge> Folded<'_, E> {
    fn from(&self) -> usize {
        self.blocks.len() / (self.columns * block_words(E::DEGREE))
    }
}

impl<E: ProverChallenge> Blocks<E> for Folded<'_, E> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.from().div_ceil(2)
    }

    #[inline(always)]
    fn block<L: Lanes>(&self, index: usize, part: usize, to: &mut [E::Packed<L>]) {
        let has_second = 2 * index + 1 < self.from();
        let first = 2 * index * self.columns;
        for (column, folded) in to.iter_mut().enumerate() {
            let x: E::Packed<L> = load(self.blocks, first + column, part);
            let y = if has_second {
                load(self.blocks, first + self.columns + column, part)
            } else {
                E::Packed::<L>::ZERO
            };
            *folded = x.line(y, &self.r);
        }
    }
}

/// Blocks as they are.
pub struct Stored<'a> {
    /// The blocks.
    pub blocks: &'a [u32],
    /// How many columns a block has.
    pub columns: usize,
}

impl<E: ProverChallenge> Blocks<E> for Stored<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.blocks.len() / (self.columns * block_words(E::DEGREE))
    }

    #[inline(always)]
    fn block<L: Lanes>(&self, index: usize, part: usize, to: &mut [E::Packed<L>]) {
        for (column, element) in to.iter_mut().enumerate() {
            *element = load(self.blocks, index * self.columns + column, part);
        }
    }
}

/// Some pairs of blocks of a table, in one round.
pub struct Round<'a, E: ProverChallenge, B> {
    /// The table's statements.
    pub prepared: &'a Prepared<E>,
    /// The blocks.
    pub from: &'a B,
    /// The pairs: as many as a task has, or the last ones.
    pub pairs: Range<usize>,
    /// Where the blocks go, unless they are not needed.
    pub to: Option<&'a mut [u32]>,
    /// `eq` of the pairs in their task.
    pub low: &'a [E::Scalar],
    /// `eq` of the task.
    pub high: E::Scalar,
}

impl<E: ProverChallenge, B: Blocks<E>> Kernel for Round<'_, E, B> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn run<L: Lanes>(mut self) -> Vec<u32> {
        let mut sums = vec![0; SUMS * block_words(E::DEGREE)];
        let mut room = Room::<L, E>::new(self.prepared);
        let columns = self.prepared.kept.len() + 1;
        let mut part = 0;
        while part < LINE / L::WIDTH {
            let mut totals = [<E::Packed<L> as Packed<L>>::wide_zero(); SUMS];
            for (index, pair) in self.pairs.clone().enumerate() {
                let mut side = 0;
                while side < 2 {
                    let block = 2 * pair + side;
                    if block < self.from.count() {
                        self.from.block::<L>(block, part, &mut room.sides[side]);
                        if let Some(to) = &mut self.to {
                            let first = (2 * index + side) * columns;
                            for (column, element) in room.sides[side].iter().enumerate() {
                                store(*element, to, first + column, part);
                            }
                        }
                    } else {
                        room.sides[side].fill(E::Packed::<L>::ZERO);
                    }
                    side += 1;
                }
                room.evaluate(self.prepared, &self.low[index], &mut totals);
            }
            store_sums::<L, E::Packed<L>>(&totals, &self.high, &mut sums, part);
            part += 1;
        }
        sums
    }
}

/// Room for one pair of blocks.
struct Room<L: Lanes, E: ProverChallenge> {
    sides: [Vec<E::Packed<L>>; 2],
    quadratic: Vec<[Extended<E::Packed<L>>; 2]>,
    cubic: Vec<[Extended<E::Packed<L>>; 4]>,
}

impl<L: Lanes, E: ProverChallenge> Room<L, E> {
    #[inline(always)]
    fn new(prepared: &Prepared<E>) -> Self {
        let zero = E::Packed::<L>::ZERO;
        let columns = prepared.kept.len() + 1;
        let [quadratic, cubic] = &prepared.later;
        Self {
            sides: [vec![zero; columns], vec![zero; columns]],
            quadratic: vec![[Extended(zero); 2]; quadratic.program.places],
            cubic: vec![[Extended(zero); 4]; cubic.program.places],
        }
    }

    /// Adds a pair's terms.
    #[inline(always)]
    fn evaluate(
        &mut self,
        prepared: &Prepared<E>,
        low: &E::Scalar,
        totals: &mut [<E::Packed<L> as Packed<L>>::Wide; SUMS],
    ) {
        let [a, b] = &self.sides;
        let mut at_zero = a[prepared.kept.len()];
        let [quadratic, cubic] = &prepared.later;
        if !quadratic.program.is_empty() {
            let program = &quadratic.program;
            for (column, to) in program.columns.iter().zip(&mut self.quadratic) {
                *to = [Extended(a[*column]), Extended(b[*column] - a[*column])];
            }
            program.run::<L, _, 2>(&mut self.quadratic, 1);
            let [value, square] = weigh::<L, E, 2>(quadratic, &self.quadratic);
            at_zero += value;
            accumulate(&mut totals[SQUARE], square, low);
        }
        accumulate(&mut totals[AT_ZERO], at_zero, low);
        if !cubic.program.is_empty() {
            let program = &cubic.program;
            for (column, to) in program.columns.iter().zip(&mut self.cubic) {
                let (x, y) = (a[*column], b[*column]);
                let difference = y - x;
                *to = [x, y, x - difference, y + difference].map(Extended);
            }
            program.run::<L, _, 4>(&mut self.cubic, 4);
            let values = weigh::<L, E, 4>(cubic, &self.cubic);
            let mut i = 0;
            while i < 4 {
                accumulate(&mut totals[CUBIC + i], values[i], low);
                i += 1;
            }
        }
    }
}

#[inline(always)]
fn weigh<L: Lanes, E: ProverChallenge, const N: usize>(
    later: &Later<E>,
    values: &[[Extended<E::Packed<L>>; N]],
) -> [E::Packed<L>; N] {
    let mut sums = [<E::Packed<L> as Packed<L>>::wide_zero(); N];
    for group in &later.groups {
        let mut others = [<E::Packed<L> as Packed<L>>::wide_zero(); N];
        for (place, weight) in &group.others {
            let values = &values[*place];
            let mut i = 0;
            while i < N {
                accumulate(&mut others[i], values[i].0, weight);
                i += 1;
            }
        }
        let factor = &values[group.factor];
        let mut i = 0;
        while i < N {
            let other = E::Packed::<L>::reduce(others[i]);
            sums[i] = E::Packed::<L>::mul_add(E::Packed::<L>::fold(sums[i]), factor[i].0, other);
            i += 1;
        }
    }
    let mut results = [E::Packed::<L>::ZERO; N];
    let mut i = 0;
    while i < N {
        results[i] = E::Packed::<L>::reduce(sums[i]);
        i += 1;
    }
    results
}

/// The polynomial of a round, less the line through its values at 0 and 1: its value at 0, and `e` and `f`.
///
/// `rest` are the coordinates of the bits of pairs, and each table has as many pairs as `pairs` says.
pub fn polynomial<E: ProverChallenge>(
    sums: &[u32],
    tables: &[Prepared<E>],
    lanes: &[E],
    rest: &[E],
    pairs: &[usize],
) -> [E; 3] {
    let mut sums: Vec<E> = total(sums, lanes);
    sums.resize(SUMS, E::ZERO);
    for (prepared, pairs) in tables.iter().zip(pairs) {
        let [quadratic, cubic]: &[Later<E>; CLASSES] = &prepared.later;
        if quadratic.at_zero.is_zero() && cubic.at_zero.is_zero() {
            continue;
        }
        let summed = below(rest, *pairs);
        sums[AT_ZERO] -= summed * quadratic.at_zero;
        for sum in &mut sums[CUBIC..] {
            *sum -= summed * cubic.at_zero;
        }
    }
    let [zero, one, minus_one, two] = [0, 1, 2, 3].map(|i| sums[CUBIC + i]);
    // s(-1) - 2 s(0) + s(1) = 2 (e - f), and s(2) - 2 s(1) + s(0) = 2 (e + 2 f).
    let lower = (minus_one - zero.double() + one).halve();
    let upper = (two - one.double() + zero).halve();
    let f = (upper - lower).mul_base(third());
    [sums[AT_ZERO] + zero, sums[SQUARE] + lower + f, f]
}

fn third() -> F {
    use p3_field::{Field, PrimeCharacteristicRing};
    F::from_u32(3).inverse()
}
