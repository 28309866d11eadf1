//! One round of the sumcheck of a level: the blocks are folded with the challenge of the round before, and the
//! polynomial of the next one is summed over them, in one pass.
//!
//! Four blocks in a row, a *quad*, are two nodes with two children each: what one round pairs. A level's
//! nodes are weighted with `eq` of their index, which is that of the quad in its segment, the segment's and the
//! lane's.

use core::ops::Range;

use rayon::prelude::*;
use zonda_circuits::F;
use zonda_kernels::{Kernel, LINE, Lanes, Packed, Platform};

use super::{
    blocks::{fill, fill_with, load, piece, piece_mut, store},
    build::{GROUPS_PER_TASK, Level, group_words},
    leaves::{Kind, Leaves},
    levels::{GROUP, Segments, Step},
    weights::Weights,
};
use crate::engine::challenge::{MAX_DEGREE, ProverChallenge, add_words, splat, weight};

/// How quads are weighted in a round.
pub struct Eq<'a, E: ProverChallenge> {
    low: Vec<E::Scalar>,
    high: Vec<E::Scalar>,
    log_low: u32,
    segments: &'a [E::Scalar],
}

impl<'a, E: ProverChallenge> Eq<'a, E> {
    /// By the index of a quad in its segment, and by segment.
    pub fn new(weights: &Weights<E>, segments: &'a [E::Scalar]) -> Self {
        Self {
            low: weights.low.iter().map(E::scalar).collect(),
            high: weights.high.iter().map(E::scalar).collect(),
            log_low: weights.log_low(),
            segments,
        }
    }
}

/// The challenges of a level's sumcheck.
#[derive(Clone, Copy)]
pub struct Lambda<E: ProverChallenge> {
    scalar: E::Scalar,
    words: [u32; MAX_DEGREE],
    /// The words of its inverse, for leaves with one count.
    inverse: [u32; MAX_DEGREE],
    /// The words of the inverse's square.
    inverse_square: [u32; MAX_DEGREE],
}

impl<E: ProverChallenge> Lambda<E> {
    /// Nothing if it is zero.
    pub fn new(lambda: E) -> Option<Self> {
        let inverse = lambda.try_inverse()?;
        Some(Self {
            scalar: lambda.scalar(),
            words: weight(&lambda),
            inverse: weight(&inverse),
            inverse_square: weight(&(inverse * inverse)),
        })
    }
}

/// Sums by class of group: those with general counts, and those with one count, which are to be multiplied with
/// lambda.
#[derive(Clone, Copy)]
pub struct Sums {
    words: [[[u32; LINE * MAX_DEGREE]; 2]; CLASSES],
}

const CLASSES: usize = 2;

impl Sums {
    const ZERO: Self = Self {
        words: [[[0; LINE * MAX_DEGREE]; 2]; CLASSES],
    };

    fn add(mut self, other: Self) -> Self {
        let words = self.words.as_flattened_mut().as_flattened_mut();
        let others = other.words.as_flattened().as_flattened();
        add_words(words, others);
        self
    }

    /// The polynomial at 0 and the coefficient of its square: lanes weighted, classes put together.
    pub fn total<E: ProverChallenge>(&self, lanes: &[E], lambda: E) -> [E; 2] {
        let lane =
            |words: &[u32], lane: usize| E::from_coordinates_fn(|k| F::new(words[LINE * k + lane]));
        let sum = |words: &[u32]| -> E {
            let lanes = lanes.iter().enumerate();
            lanes.map(|(index, eq)| *eq * lane(words, index)).sum()
        };
        let [general, constant] = &self.words;
        core::array::from_fn(|i| sum(&general[i]) + lambda * sum(&constant[i]))
    }
}

/// What a round's kernel makes of a quad.
trait Quads<L: Lanes, P: Packed<L>> {
    /// The class of a group.
    fn class(&self, group: usize) -> usize;

    /// Of the quad at `half` of a group: the polynomial at 0 and the coefficient of its square.
    fn quad(&mut self, segment: usize, group: usize, half: usize, part: usize) -> [P; 2];
}

/// Sums over the quads of some groups.
#[inline(always)]
fn sum<L: Lanes, E: ProverChallenge, Q: Quads<L, E::Packed<L>>>(
    segments: &Segments,
    groups: Range<usize>,
    eq: &Eq<'_, E>,
    quads: &mut Q,
) -> Sums {
    let mut sums = Sums::ZERO;
    let mask = (1 << eq.log_low) - 1;
    let zero = [<E::Packed<L> as Packed<L>>::wide_zero(); 2];
    let mut part = 0;
    while part < LINE / L::WIDTH {
        let mut totals = [zero; CLASSES];
        let mut group = groups.start;
        let mut segment = segments.segment_of(group);
        while group < groups.end {
            let start = segments.starts[segment];
            let end = segments.starts[segment + 1].min(groups.end);
            let mut of_segment = [zero; CLASSES];
            let mut run = zero;
            let mut of_run = (usize::MAX, 0);
            while group < end {
                let class = quads.class(group);
                let mut half = 0;
                while half < 2 {
                    let index = 2 * (group - start) + half;
                    let high = index >> eq.log_low;
                    if (high, class) != of_run {
                        if of_run.0 != usize::MAX {
                            let to = &mut of_segment[of_run.1];
                            flush::<L, E::Packed<L>>(&mut run, &eq.high[of_run.0], to);
                        }
                        of_run = (high, class);
                    }
                    let low = &eq.low[index & mask];
                    let [at_zero, square] = quads.quad(segment, group, half, part);
                    run[0] = at_zero.scale_add(low, E::Packed::<L>::fold(run[0]));
                    run[1] = square.scale_add(low, E::Packed::<L>::fold(run[1]));
                    half += 1;
                }
                group += 1;
            }
            flush::<L, E::Packed<L>>(&mut run, &eq.high[of_run.0], &mut of_segment[of_run.1]);
            let weight = &eq.segments[segment];
            for (mut sum, total) in of_segment.into_iter().zip(&mut totals) {
                flush::<L, E::Packed<L>>(&mut sum, weight, total);
            }
            segment += 1;
        }
        for (total, words) in totals.into_iter().zip(&mut sums.words) {
            for (sum, words) in total.into_iter().zip(words) {
                let sum = E::Packed::<L>::reduce(sum);
                for (k, lanes) in sum.as_ref().iter().enumerate() {
                    lanes.store(&mut words[LINE * k + L::WIDTH * part..]);
                }
            }
        }
        part += 1;
    }
    sums
}

/// Adds a run, weighted, to `to`, and begins a new one.
#[inline(always)]
fn flush<L: Lanes, P: Packed<L>>(
    run: &mut [P::Wide; 2],
    weight: &P::Scalar,
    to: &mut [P::Wide; 2],
) {
    let mut i = 0;
    while i < 2 {
        to[i] = P::reduce(run[i]).scale_add(weight, P::fold(to[i]));
        run[i] = P::wide_zero();
        i += 1;
    }
}

/// A quad's terms: numerators `p0 q1 + p1 q0` of both nodes, the first children's with lambda in them.
#[inline(always)]
fn terms<L: Lanes, P: Packed<L>>(p: [P; 4], q: [P; 4]) -> [P; 2] {
    [
        P::dot2([p[0], q[1]], [p[1], q[0]]),
        P::dot2([p[2] - p[0], q[3] - q[1]], [p[3] - p[1], q[2] - q[0]]),
    ]
}

/// The first round of a level.
pub fn first<E: ProverChallenge>(
    platform: Platform,
    level: &Level,
    segments: &Segments,
    eq: &Eq<'_, E>,
    lambda: &Lambda<E>,
) -> Sums {
    each(segments.groups(), |groups| {
        platform.run(First::<E> {
            level: [&level.numerators, &level.denominators],
            segments,
            groups,
            eq,
            lambda,
        })
    })
}

fn each(groups: usize, work: impl Fn(Range<usize>) -> Sums + Sync) -> Sums {
    (0..groups.div_ceil(GROUPS_PER_TASK))
        .into_par_iter()
        .map(|task| {
            let first = task * GROUPS_PER_TASK;
            work(first..(first + GROUPS_PER_TASK).min(groups))
        })
        .reduce(|| Sums::ZERO, Sums::add)
}

struct First<'a, E: ProverChallenge> {
    level: [&'a [u32]; 2],
    segments: &'a Segments,
    groups: Range<usize>,
    eq: &'a Eq<'a, E>,
    lambda: &'a Lambda<E>,
}

impl<E: ProverChallenge> Kernel for First<'_, E> {
    type Output = Sums;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Sums {
        let mut quads = FirstQuads::<E> {
            level: self.level,
            lambda: self.lambda.scalar,
        };
        sum::<L, E, _>(self.segments, self.groups, self.eq, &mut quads)
    }
}

struct FirstQuads<'a, E: ProverChallenge> {
    level: [&'a [u32]; 2],
    lambda: E::Scalar,
}

impl<L: Lanes, E: ProverChallenge> Quads<L, E::Packed<L>> for FirstQuads<'_, E> {
    #[inline(always)]
    fn class(&self, _group: usize) -> usize {
        0
    }

    #[inline(always)]
    fn quad(
        &mut self,
        _segment: usize,
        group: usize,
        half: usize,
        part: usize,
    ) -> [E::Packed<L>; 2] {
        let words = group_words(E::DEGREE);
        let [p, q] = self.level;
        let (p, q) = (piece(p, words, group), piece(q, words, group));
        let at = 4 * half;
        let q: [E::Packed<L>; 4] = [
            load(q, at, part),
            load(q, at + 1, part),
            load(q, at + 2, part),
            load(q, at + 3, part),
        ];
        let p0: E::Packed<L> = load(p, at, part);
        let p2: E::Packed<L> = load(p, at + 2, part);
        let p = [
            p0.add_scaled(q[0], &self.lambda),
            load(p, at + 1, part),
            p2.add_scaled(q[2], &self.lambda),
            load(p, at + 3, part),
        ];
        terms(p, q)
    }
}

/// A later round of a level: folds it with `r` into `to`.
#[expect(
    clippy::too_many_arguments,
    reason = "from where, to where, and with what"
)]
pub fn later<E: ProverChallenge>(
    platform: Platform,
    from: &Level,
    step: &Step,
    to: &mut Level,
    r: &E,
    is_second: bool,
    eq: &Eq<'_, E>,
    lambda: &Lambda<E>,
) -> Sums {
    let r = r.scalar();
    let each = |first: usize, to| {
        let later = Later {
            from: [&from.numerators, &from.denominators],
            step,
            first,
            to,
            r,
            eq,
            lambda,
        };
        if is_second {
            platform.run(Round::<E, true>(later))
        } else {
            platform.run(Round::<E, false>(later))
        }
    };
    to.tasks(E::DEGREE)
        .map(|(first, to)| each(first, to))
        .reduce(|| Sums::ZERO, Sums::add)
}

struct Later<'a, E: ProverChallenge> {
    from: [&'a [u32]; 2],
    step: &'a Step,
    first: usize,
    to: [&'a mut [u32]; 2],
    r: E::Scalar,
    eq: &'a Eq<'a, E>,
    lambda: &'a Lambda<E>,
}

/// A later round: the second one, if lambda is not in the first children's numerators yet.
struct Round<'a, E: ProverChallenge, const SECOND: bool>(Later<'a, E>);

impl<E: ProverChallenge, const SECOND: bool> Kernel for Round<'_, E, SECOND> {
    type Output = Sums;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Sums {
        let Self(round) = self;
        let groups = round.to[0].len() / group_words(E::DEGREE);
        let mut quads = LaterQuads::<E, SECOND> {
            from: round.from,
            step: round.step,
            first: round.first,
            to: round.to,
            r: round.r,
            lambda: round.lambda,
        };
        let groups = round.first..round.first + groups;
        sum::<L, E, _>(&round.step.to, groups, round.eq, &mut quads)
    }
}

struct LaterQuads<'a, E: ProverChallenge, const SECOND: bool> {
    from: [&'a [u32]; 2],
    step: &'a Step,
    first: usize,
    to: [&'a mut [u32]; 2],
    r: E::Scalar,
    lambda: &'a Lambda<E>,
}

/// Block `i` of a folded quad is on the line through this block and the second one after it.
const FOLDED: [usize; 4] = [0, 1, 4, 5];

impl<L: Lanes, E: ProverChallenge, const SECOND: bool> Quads<L, E::Packed<L>>
    for LaterQuads<'_, E, SECOND>
{
    #[inline(always)]
    fn class(&self, _group: usize) -> usize {
        0
    }

    #[inline(always)]
    fn quad(
        &mut self,
        segment: usize,
        group: usize,
        half: usize,
        part: usize,
    ) -> [E::Packed<L>; 2] {
        let source = self.step.sources(segment, group)[half];
        let words = group_words(E::DEGREE);
        let at = 2 * (group - self.first) + half;
        let [to_p, to_q] = &mut self.to;
        let to_p = piece_mut(to_p, words / 2, at);
        let to_q = piece_mut(to_q, words / 2, at);
        let Some(source) = source else {
            return nothing::<L, E>(self.lambda, [to_p, to_q]);
        };
        let [p, q] = self.from;
        let (p, q) = (piece(p, words, source), piece(q, words, source));
        let mut folded_q = [E::Packed::<L>::ZERO; 4];
        let mut folded_p = [E::Packed::<L>::ZERO; 4];
        let mut i = 0;
        while i < 4 {
            let block = FOLDED[i];
            let x: E::Packed<L> = load(q, block, part);
            folded_q[i] = x.line(load(q, block + 2, part), &self.r);
            let y: E::Packed<L> = load(p, block, part);
            folded_p[i] = y.line(load(p, block + 2, part), &self.r);
            i += 1;
        }
        if SECOND {
            folded_p[0] = folded_p[0].add_scaled(folded_q[0], &self.lambda.scalar);
            folded_p[2] = folded_p[2].add_scaled(folded_q[2], &self.lambda.scalar);
        }
        let mut i = 0;
        while i < 4 {
            store(folded_q[i], to_q, i, part);
            store(folded_p[i], to_p, i, part);
            i += 1;
        }
        terms(folded_p, folded_q)
    }
}

/// A quad of fractions (0, 1), lambda in the first children's numerators.
#[inline(always)]
fn nothing<L: Lanes, E: ProverChallenge>(
    lambda: &Lambda<E>,
    [to_p, to_q]: [&mut [u32]; 2],
) -> [E::Packed<L>; 2] {
    fill(to_q, E::DEGREE, 1);
    let words = to_p.len() / 4;
    for (i, block) in to_p.chunks_exact_mut(words).enumerate() {
        if i.is_multiple_of(2) {
            fill_with(block, &lambda.words[..E::DEGREE]);
        } else {
            block.fill(0);
        }
    }
    [splat(&lambda.words), E::Packed::<L>::ZERO]
}

/// The first round of the leaves.
pub fn first_of_leaves<E: ProverChallenge>(
    platform: Platform,
    leaves: &Leaves,
    segments: &Segments,
    eq: &Eq<'_, E>,
    lambda: &Lambda<E>,
) -> Sums {
    each(segments.groups(), |groups| {
        platform.run(FirstOfLeaves::<E> {
            leaves,
            segments,
            groups,
            eq,
            lambda,
        })
    })
}

struct FirstOfLeaves<'a, E: ProverChallenge> {
    leaves: &'a Leaves,
    segments: &'a Segments,
    groups: Range<usize>,
    eq: &'a Eq<'a, E>,
    lambda: &'a Lambda<E>,
}

impl<E: ProverChallenge> Kernel for FirstOfLeaves<'_, E> {
    type Output = Sums;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Sums {
        let mut quads = LeafQuads::<L, E> {
            leaves: self.leaves,
            lambda: self.lambda.scalar,
            constant: OneCount::new(self.lambda),
        };
        sum::<L, E, _>(self.segments, self.groups, self.eq, &mut quads)
    }
}

struct LeafQuads<'a, L: Lanes, E: ProverChallenge> {
    leaves: &'a Leaves,
    lambda: E::Scalar,
    constant: OneCount<L, E>,
}

/// The terms of nodes whose children have one count `k`: `k (q0 + q1) + lambda q0 q1` is
/// `lambda ((q0 + k / lambda) (q1 + k / lambda) - k^2 / lambda^2)`; without the first lambda here.
struct OneCount<L: Lanes, E: ProverChallenge> {
    /// `1 / lambda`.
    inverse: E::Packed<L>,
    /// `1 / lambda^2`.
    square: E::Packed<L>,
}

impl<L: Lanes, E: ProverChallenge> OneCount<L, E> {
    #[inline(always)]
    fn new(lambda: &Lambda<E>) -> Self {
        Self {
            inverse: splat(&lambda.inverse),
            square: splat(&lambda.inverse_square),
        }
    }

    #[inline(always)]
    fn terms(&self, kind: Kind, q: [E::Packed<L>; 4]) -> [E::Packed<L>; 2] {
        let at_zero = match kind {
            Kind::One => (q[0] + self.inverse) * (q[1] + self.inverse) - self.square,
            Kind::MinusOne => (q[0] - self.inverse) * (q[1] - self.inverse) - self.square,
            _ => q[0] * q[1],
        };
        [at_zero, (q[2] - q[0]) * (q[3] - q[1])]
    }
}

impl<L: Lanes, E: ProverChallenge> LeafQuads<'_, L, E> {
    #[inline(always)]
    fn is_constant(&self, group: usize) -> bool {
        self.leaves.kinds()[group] != Kind::General
    }
}

impl<L: Lanes, E: ProverChallenge> Quads<L, E::Packed<L>> for LeafQuads<'_, L, E> {
    #[inline(always)]
    fn class(&self, group: usize) -> usize {
        usize::from(self.is_constant(group))
    }

    #[inline(always)]
    fn quad(
        &mut self,
        _segment: usize,
        group: usize,
        half: usize,
        part: usize,
    ) -> [E::Packed<L>; 2] {
        let (kind, counts, q) = self.leaves.group(group, E::DEGREE);
        let at = 4 * half;
        let q: [E::Packed<L>; 4] = [
            load(q, at, part),
            load(q, at + 1, part),
            load(q, at + 2, part),
            load(q, at + 3, part),
        ];
        if self.is_constant(group) {
            return self.constant.terms(kind, q);
        }
        let mut p = [E::Packed::<L>::ZERO; 4];
        let mut i = 0;
        while i < 4 {
            let count = L::load(&counts[LINE * (at + i) + L::WIDTH * part..]);
            p[i] = E::Packed::<L>::from_base(count);
            i += 1;
        }
        p[0] = p[0].add_scaled(q[0], &self.lambda);
        p[2] = p[2].add_scaled(q[2], &self.lambda);
        terms(p, q)
    }
}

/// What is folded in a later round of the leaves.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// The leaves themselves.
    Leaves(&'a Leaves),
    /// What the round before left, with the kinds of its groups.
    Folded(&'a Level, &'a [Kind]),
}

impl Source<'_> {
    /// The kinds of its groups.
    pub fn kinds(&self) -> &[Kind] {
        match self {
            Self::Leaves(leaves) => leaves.kinds(),
            Self::Folded(_, kinds) => kinds,
        }
    }
}

/// The kinds of the groups that are folded from groups of these kinds.
pub fn folded_kinds(step: &Step, kinds: &[Kind]) -> Vec<Kind> {
    let mut segment = 0;
    let kind = |source: Option<usize>| source.map_or(Kind::Zero, |group| kinds[group]);
    (0..step.to.groups())
        .map(|group| {
            segment = step.to.advance(segment, group);
            let [a, b] = step.sources(segment, group).map(kind);
            if a == b { a } else { Kind::General }
        })
        .collect()
}

/// A later round of the leaves: folds them with `r` into `to`, whose groups are of these kinds.
#[expect(
    clippy::too_many_arguments,
    reason = "from where, to where, and with what"
)]
pub fn later_of_leaves<E: ProverChallenge>(
    platform: Platform,
    from: Source<'_>,
    step: &Step,
    to: &mut Level,
    kinds: &[Kind],
    r: &E,
    eq: &Eq<'_, E>,
    lambda: &Lambda<E>,
) -> Sums {
    let r = r.scalar();
    to.tasks(E::DEGREE)
        .map(|(first, to)| {
            platform.run(LaterOfLeaves::<E> {
                from,
                step,
                first,
                to,
                kinds,
                r,
                eq,
                lambda,
            })
        })
        .reduce(|| Sums::ZERO, Sums::add)
}

struct LaterOfLeaves<'a, E: ProverChallenge> {
    from: Source<'a>,
    step: &'a Step,
    first: usize,
    to: [&'a mut [u32]; 2],
    kinds: &'a [Kind],
    r: E::Scalar,
    eq: &'a Eq<'a, E>,
    lambda: &'a Lambda<E>,
}

impl<E: ProverChallenge> Kernel for LaterOfLeaves<'_, E> {
    type Output = Sums;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Sums {
        let groups = self.to[0].len() / group_words(E::DEGREE);
        let mut quads = LaterLeafQuads::<L, E> {
            from: self.from,
            step: self.step,
            first: self.first,
            to: self.to,
            kinds: self.kinds,
            r: self.r,
            lambda: self.lambda,
            constant: OneCount::new(self.lambda),
        };
        let groups = self.first..self.first + groups;
        sum::<L, E, _>(&self.step.to, groups, self.eq, &mut quads)
    }
}

struct LaterLeafQuads<'a, L: Lanes, E: ProverChallenge> {
    from: Source<'a>,
    step: &'a Step,
    first: usize,
    to: [&'a mut [u32]; 2],
    kinds: &'a [Kind],
    r: E::Scalar,
    lambda: &'a Lambda<E>,
    constant: OneCount<L, E>,
}

impl<L: Lanes, E: ProverChallenge> LaterLeafQuads<'_, L, E> {
    #[inline(always)]
    fn is_constant(&self, group: usize) -> bool {
        self.kinds[group] != Kind::General
    }
}

impl<L: Lanes, E: ProverChallenge> Quads<L, E::Packed<L>> for LaterLeafQuads<'_, L, E> {
    #[inline(always)]
    fn class(&self, group: usize) -> usize {
        usize::from(self.is_constant(group))
    }

    #[inline(always)]
    fn quad(
        &mut self,
        segment: usize,
        group: usize,
        half: usize,
        part: usize,
    ) -> [E::Packed<L>; 2] {
        let source = self.step.sources(segment, group)[half];
        let words = group_words(E::DEGREE);
        let at = 2 * (group - self.first) + half;
        let is_constant = self.is_constant(group);
        let [to_p, to_q] = &mut self.to;
        let to_p = piece_mut(to_p, words / 2, at);
        let to_q = piece_mut(to_q, words / 2, at);
        let Some(source) = source else {
            let terms = nothing::<L, E>(self.lambda, [to_p, to_q]);
            // A class's sums lack a lambda.
            return if is_constant {
                [E::Packed::<L>::ONE, E::Packed::<L>::ZERO]
            } else {
                terms
            };
        };
        let (kind, q) = match self.from {
            Source::Leaves(leaves) => {
                let (kind, _, q) = leaves.group(source, E::DEGREE);
                (kind, q)
            }
            Source::Folded(level, kinds) => {
                (kinds[source], piece(&level.denominators, words, source))
            }
        };
        let mut folded_q = [E::Packed::<L>::ZERO; 4];
        let mut i = 0;
        while i < 4 {
            let block = FOLDED[i];
            let x: E::Packed<L> = load(q, block, part);
            folded_q[i] = x.line(load(q, block + 2, part), &self.r);
            store(folded_q[i], to_q, i, part);
            i += 1;
        }
        if is_constant {
            return self.constant.terms(kind, folded_q);
        }
        let mut folded_p = [E::Packed::<L>::ZERO; 4];
        let mut i = 0;
        while i < 4 {
            let block = FOLDED[i];
            let (mut p, has_lambda) = match (kind.count(), self.from) {
                (Some(count), _) => (E::Packed::<L>::from_base(L::splat(count)), false),
                (None, Source::Leaves(leaves)) => {
                    let (_, counts, _) = leaves.group(source, E::DEGREE);
                    let c = L::load(&counts[LINE * block + L::WIDTH * part..]);
                    let d = L::load(&counts[LINE * (block + 2) + L::WIDTH * part..]);
                    let c = E::Packed::<L>::from_base(c);
                    (c.line(E::Packed::<L>::from_base(d), &self.r), false)
                }
                (None, Source::Folded(level, _)) => {
                    let p = piece(&level.numerators, words, source);
                    let y: E::Packed<L> = load(p, block, part);
                    (y.line(load(p, block + 2, part), &self.r), true)
                }
            };
            if !has_lambda && i.is_multiple_of(2) {
                p = p.add_scaled(folded_q[i], &self.lambda.scalar);
            }
            store(p, to_p, i, part);
            folded_p[i] = p;
            i += 1;
        }
        terms(folded_p, folded_q)
    }
}

/// The blocks of the one group that each of the segments has: fractions, `GROUP` blocks of sixteen lanes for each.
pub fn elements<E: ProverChallenge>(words: &[u32]) -> Vec<E> {
    let blocks = words.chunks_exact(LINE * E::DEGREE);
    debug_assert_eq!(blocks.len() % GROUP, 0);
    blocks
        .flat_map(|block| {
            (0..LINE).map(move |lane| E::from_coordinates_fn(|k| F::new(block[LINE * k + lane])))
        })
        .collect()
}
