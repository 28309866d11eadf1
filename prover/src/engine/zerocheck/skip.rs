//! The first round: the polynomial in the three skipped bits, summed over all other bits.
//!
//! A *group* is 128 rows: eight vectors of sixteen lanes, one for each node that the skipped bits number, the *real*
//! nodes. The affine part of all statements has degree 7 there, so the real nodes fix it: it is one weighted sum of
//! the columns at each of them. Constraints of degree 2 or 3 vanish on all rows, so what is not affine in them is the
//! negated rest at the real nodes, and is evaluated at other nodes only. Only columns in products are extended to
//! those.

use core::ops::Range;

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::F;
use zonda_kernels::{Kernel, LINE, Lanes, Packed};
use zonda_verifier::{
    Challenge,
    combination::below,
    multilinear::eq_index,
    nodes::{NODES, SKIP_VALUES, lagrange, node},
};

use super::{
    super::tree::blocks::{block_words, store},
    program::Base,
    sums::{Cells, Fetching, Pairs, TASK, accumulate, dot, page, store_sums, total, width},
    weights::{CLASSES, Class, Prepared},
};
use crate::engine::{
    challenge::{ProverChallenge, Weight},
    columns::TableColumns,
    pages::PAGE,
};

/// Rows of a group.
pub const GROUP_ROWS: usize = NODES * LINE;

/// Groups of a page.
pub const PAGE_GROUPS: usize = PAGE / GROUP_ROWS;

/// Other nodes at which each class is evaluated: pairs of a number and its negative.
const OTHERS: [usize; CLASSES] = [8, 14];

/// How many values fix the products of each class: one more than their degree.
const FIXED_BY: [usize; CLASSES] = [15, SKIP_VALUES];

// The sums: those of the affine part at the real nodes, of each class at the real nodes, of each class at others.
const AFFINE: usize = 0;
const AT_REAL: [usize; CLASSES] = [NODES, 2 * NODES];
const AT_OTHERS: [usize; CLASSES] = [3 * NODES, 3 * NODES + OTHERS[0]];
const SUMS: usize = 3 * NODES + OTHERS[0] + OTHERS[1];

/// The values at other nodes of polynomials of degree 7, given their values at the real ones.
pub struct Extension {
    /// For each pair of nodes, the weights of the sums of values at 1 and -1, 2 and -2, ..
    even: [[u32; NODES / 2]; OTHERS[1] / 2],
    /// The same, of the differences.
    odd: [[u32; NODES / 2]; OTHERS[1] / 2],
}

impl Extension {
    /// Computes the weights.
    pub fn new() -> Self {
        let mut extension = Self {
            even: [[0; NODES / 2]; OTHERS[1] / 2],
            odd: [[0; NODES / 2]; OTHERS[1] / 2],
        };
        for pair in 0..OTHERS[1] / 2 {
            let y = node(NODES + 2 * pair);
            for own in 0..NODES / 2 {
                let x = node(2 * own);
                let others = (0..NODES / 2)
                    .filter(|other| *other != own)
                    .map(|o| node(2 * o));
                let factors = others.map(|z| (y.square() - z.square()) / (x.square() - z.square()));
                let even = factors.product::<F>().halve();
                extension.even[pair][own] = even.as_canonical_u32();
                extension.odd[pair][own] = (even * y * x.inverse()).as_canonical_u32();
            }
        }
        extension
    }

    /// Extends the cells of a group of rows of a column: `N` values in order of the nodes.
    #[inline(always)]
    fn extend<L: Lanes, const N: usize>(&self, cells: &[u32], to: &mut [Base<L>; N]) {
        let mut sums = [L::ZERO; NODES / 2];
        let mut differences = [L::ZERO; NODES / 2];
        let mut i = 0;
        while i < NODES / 2 {
            let x = L::load(&cells[2 * i * LINE..]);
            let y = L::load(&cells[(2 * i + 1) * LINE..]);
            sums[i] = x + y;
            differences[i] = x - y;
            i += 1;
        }
        let mut pair = 0;
        while pair < N / 2 {
            let even = weigh(&sums, &self.even[pair]);
            let odd = weigh(&differences, &self.odd[pair]);
            to[2 * pair] = Base(even + odd);
            to[2 * pair + 1] = Base(even - odd);
            pair += 1;
        }
    }
}

#[inline(always)]
fn weigh<L: Lanes>(values: &[L; NODES / 2], weights: &[u32; NODES / 2]) -> L {
    let mut sum = L::wide_zero();
    let mut i = 0;
    while i < NODES / 2 {
        sum = L::scale_add_wide(sum, values[i], weights[i]);
        i += 1;
    }
    L::reduce_wide(sum)
}

/// Some groups of a table.
pub struct Skip<'a, E: ProverChallenge> {
    /// The table.
    pub table: &'a TableColumns<'a>,
    /// Its statements.
    pub prepared: &'a Prepared<E>,
    /// The weights of other nodes.
    pub extension: &'a Extension,
    /// The groups: as many as a task has, or the last ones.
    pub groups: Range<usize>,
    /// `eq` of the groups in their task.
    pub low: &'a [E::Scalar],
    /// `eq` of the task.
    pub high: E::Scalar,
    /// Where the affine part of each row goes: eight blocks a group.
    pub affine: &'a mut [u32],
}

impl<E: ProverChallenge> Kernel for Skip<'_, E> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Vec<u32> {
        let mut sums = vec![0; SUMS * block_words(E::DEGREE)];
        let classes = &self.prepared.classes;
        let mut part = 0;
        while part < LINE / L::WIDTH {
            let mut totals = vec![<E::Packed<L> as Packed<L>>::wide_zero(); SUMS];
            let mut quadratic = values::<L, { OTHERS[0] }>(&classes[0]);
            let mut cubic = values::<L, { OTHERS[1] }>(&classes[1]);
            let mut columns = Columns::new(self.table, self.groups.start, part * L::WIDTH);
            for (index, group) in self.groups.clone().enumerate() {
                columns.enter(group);
                let low = &self.low[index];
                let cells = columns.cells(group);
                let next = columns.cells(group + 1);
                let mut real = 0;
                while real < NODES {
                    let fetching = Fetching {
                        cells: cells.after(LINE * real),
                        next: next.after(LINE * real),
                    };
                    let pair: [E::Packed<L>; 2] = dot(&self.prepared.linear, &fetching);
                    let mut i = 0;
                    while i < 2 {
                        store(pair[i], self.affine, NODES * index + real + i, part);
                        accumulate(&mut totals[AFFINE + real + i], pair[i], low);
                        i += 1;
                    }
                    real += 2;
                }
                at_real::<L, E>(&classes[0], &cells, low, &mut totals[AT_REAL[0]..]);
                at_real::<L, E>(&classes[1], &cells, low, &mut totals[AT_REAL[1]..]);
                let extension = self.extension;
                let to = &mut totals[AT_OTHERS[0]..];
                at_others::<L, E, _>(&classes[0], extension, &cells, low, &mut quadratic, to);
                let to = &mut totals[AT_OTHERS[1]..];
                at_others::<L, E, _>(&classes[1], extension, &cells, low, &mut cubic, to);
            }
            store_sums::<L, E::Packed<L>>(&totals, &self.high, &mut sums, part);
            part += 1;
        }
        sums
    }
}

/// The pages of all columns of a table, one after the other, and the one after it.
struct Columns<'a> {
    table: &'a TableColumns<'a>,
    pages: [Vec<&'a [u32]>; 2],
    page: usize,
    lane: usize,
}

impl<'a> Columns<'a> {
    fn new(table: &'a TableColumns<'a>, group: usize, lane: usize) -> Self {
        let mut columns = Self {
            table,
            pages: [Vec::new(), Vec::new()],
            page: group / PAGE_GROUPS,
            lane,
        };
        columns.pages = [columns.page, columns.page + 1].map(|page| columns.load(page));
        columns
    }

    /// The page of all columns, if there is one.
    fn load(&self, number: usize) -> Vec<&'a [u32]> {
        if number >= self.table.height.div_ceil(PAGE) {
            return Vec::new();
        }
        page(self.table, 0..width(self.table), number)
    }

    /// Goes on to the page of a group.
    #[inline(always)]
    fn enter(&mut self, group: usize) {
        if group / PAGE_GROUPS > self.page {
            self.page += 1;
            self.pages.swap(0, 1);
            self.pages[1] = self.load(self.page + 1);
        }
    }

    /// The cells of a group, in this page or the next.
    #[inline(always)]
    fn cells(&self, group: usize) -> Cells<'_, 'a> {
        Cells {
            columns: &self.pages[group / PAGE_GROUPS - self.page],
            row: group % PAGE_GROUPS * GROUP_ROWS + self.lane,
        }
    }
}

#[inline(always)]
fn values<L: Lanes, const N: usize>(class: &Class<impl Challenge>) -> Vec<[Base<L>; N]> {
    let places = class.all.program.places.max(class.messages.program.places);
    vec![[Base(L::ZERO); N]; places]
}

/// Values at two neighbouring nodes.
struct Outputs<'a, L, const N: usize> {
    values: &'a [[Base<L>; N]],
    node: usize,
}

impl<L: Lanes, const N: usize> Pairs<L> for Outputs<'_, L, N> {
    #[inline(always)]
    fn pair(&self, number: usize) -> [L; 2] {
        let values = &self.values[number];
        [values[self.node].0, values[self.node + 1].0]
    }
}

/// A class at other nodes.
#[inline(always)]
fn at_others<L: Lanes, E: ProverChallenge, const N: usize>(
    class: &Class<E>,
    extension: &Extension,
    cells: &Cells<'_, '_>,
    low: &E::Scalar,
    values: &mut [[Base<L>; N]],
    totals: &mut [<E::Packed<L> as Packed<L>>::Wide],
) {
    if class.all.program.is_empty() {
        return;
    }
    for (column, to) in class.all.program.columns.iter().zip(values.iter_mut()) {
        extension.extend(&cells.columns[*column][cells.row..], to);
    }
    class.all.program.run::<L, Base<L>, N>(values, N);
    combine::<L, E, N>(&class.all.weights, values, low, totals);
}

/// Weighs the products at `N` nodes.
#[inline(always)]
fn combine<L: Lanes, E: ProverChallenge, const N: usize>(
    weights: &[(usize, Weight)],
    values: &[[Base<L>; N]],
    low: &E::Scalar,
    totals: &mut [<E::Packed<L> as Packed<L>>::Wide],
) {
    let mut node = 0;
    while node < N {
        let pair: [E::Packed<L>; 2] = dot(weights, &Outputs { values, node });
        accumulate(&mut totals[node], pair[0], low);
        accumulate(&mut totals[node + 1], pair[1], low);
        node += 2;
    }
}

/// A class at the real nodes: the products of messages, less the affine part of constraints.
#[inline(always)]
fn at_real<L: Lanes, E: ProverChallenge>(
    class: &Class<E>,
    cells: &Cells<'_, '_>,
    low: &E::Scalar,
    totals: &mut [<E::Packed<L> as Packed<L>>::Wide],
) {
    if !class.affine.is_empty() {
        let mut real = 0;
        while real < NODES {
            let cells = cells.after(LINE * real);
            let pair: [E::Packed<L>; 2] = dot(&class.affine, &cells);
            accumulate(&mut totals[real], -pair[0], low);
            accumulate(&mut totals[real + 1], -pair[1], low);
            real += 2;
        }
    }
    let messages = &class.messages;
    if messages.program.is_empty() {
        return;
    }
    let mut values = vec![[Base(L::ZERO); NODES]; messages.program.places];
    for (column, to) in messages.program.columns.iter().zip(&mut values) {
        let cells = &cells.columns[*column][cells.row..];
        let mut real = 0;
        while real < NODES {
            to[real] = Base(L::load(&cells[LINE * real..]));
            real += 1;
        }
    }
    messages
        .program
        .run::<L, Base<L>, NODES>(&mut values, NODES);
    combine::<L, E, NODES>(&messages.weights, &values, low, totals);
}

/// The polynomial at all nodes that are sent, from the sums of all tables.
pub fn polynomial<E: ProverChallenge>(
    sums: &[u32],
    tables: &[Prepared<E>],
    lanes: &[E],
    rest: &[E],
) -> Vec<E> {
    let mut sums: Vec<E> = total(sums, lanes);
    sums.resize(SUMS, E::ZERO);
    for prepared in tables {
        correct(&mut sums, prepared, lanes, rest);
    }
    let mut values = vec![E::ZERO; SKIP_VALUES];
    extrapolate(&sums[AFFINE..AFFINE + NODES], NODES, &mut values);
    for class in 0..CLASSES {
        let real = &sums[AT_REAL[class]..][..NODES];
        let others = &sums[AT_OTHERS[class]..][..FIXED_BY[class] - NODES];
        let known: Vec<E> = real.iter().chain(others).copied().collect();
        extrapolate(&known, FIXED_BY[class], &mut values);
    }
    values
}

/// Adds a polynomial, known at its first nodes, to the values at all nodes.
fn extrapolate<E: Challenge>(known: &[E], count: usize, values: &mut [E]) {
    for (index, value) in values.iter_mut().enumerate() {
        *value += match known.get(index) {
            Some(known) => *known,
            None => {
                let weights = lagrange(count, E::from_base(node(index)));
                weights.iter().zip(known).map(|(w, x)| *w * *x).sum()
            }
        };
    }
}

/// Takes off what a table's products are on rows of zeros, and, at the real nodes, what its constraints are there.
fn correct<E: ProverChallenge>(sums: &mut [E], prepared: &Prepared<E>, lanes: &[E], rest: &[E]) {
    let full = prepared.height / GROUP_ROWS;
    let summed = below(rest, prepared.height.div_ceil(GROUP_ROWS));
    for (index, class) in prepared.classes.iter().enumerate() {
        for sum in &mut sums[AT_OTHERS[index]..][..OTHERS[index]] {
            *sum -= summed * class.at_zero;
        }
        for (real, sum) in sums[AT_REAL[index]..][..NODES].iter_mut().enumerate() {
            *sum -= summed * class.messages_at_zero;
            if !class.constraints_at_zero.is_zero() {
                let last = (prepared.height % GROUP_ROWS).saturating_sub(LINE * real);
                let last: E = lanes.iter().take(last).copied().sum();
                let rows = below(rest, full) + eq_index(rest, full) * last;
                *sum -= rows * class.constraints_at_zero;
            }
        }
    }
}

/// How many groups a table of this height has.
pub const fn groups(height: usize) -> usize {
    height.div_ceil(GROUP_ROWS)
}

/// Words of the affine part of a task.
pub const fn affine_words(degree: usize) -> usize {
    TASK * NODES * block_words(degree)
}
