//! The rounds of the leaves. The first fold leaves them where they are and goes into other memory, where later ones
//! are in place.
//!
//! Where counts are all the same, only denominators are folded: numerators are that count. The others have memory of
//! their own, in each round.

use core::ops::Range;

use zonda_circuits::F;
use zonda_kernels::{AllocationError, Buffer, Kernel, LINE, Lanes, Packed, Platform, Pool};
use zonda_verifier::fractions::Fraction;

use super::{
    blocks::{Fractions as Blocks, Quad, load, piece, piece_mut, prefetch, store},
    layer::elements,
    leaves::{Kind, Leaves},
    levels::{GROUP, Segments, Step},
    memory::{Level, Places, Task, group_words},
    stored::{FOLDED, Folding, put_nothing, terms},
    sum::{Eq, Lambda, Quads, Sums, add_up, ranges, sum},
};
use crate::engine::challenge::{ProverChallenge, Weight, splat};

/// The class of a group of this kind: with one count, the terms lack a lambda.
#[inline(always)]
const fn class(kind: Kind) -> usize {
    kind.count().is_some() as usize
}

/// The first round.
pub fn first<E: ProverChallenge>(
    platform: Platform,
    leaves: &Leaves,
    eq: &Eq<E>,
    lambda: &Lambda<E>,
) -> Sums<1> {
    add_up(ranges(leaves.segments().groups()), |groups| {
        platform.run(First::<E> {
            leaves,
            groups,
            eq,
            lambda,
        })
    })
}

struct First<'a, E: ProverChallenge> {
    leaves: &'a Leaves,
    groups: Range<usize>,
    eq: &'a Eq<E>,
    lambda: &'a Lambda<E>,
}

impl<E: ProverChallenge> Kernel for First<'_, E> {
    type Output = Sums<1>;

    #[inline(always)]
    fn run<L: Lanes>(mut self) -> Sums<1> {
        let (segments, groups, eq) = (self.leaves.segments(), self.groups.clone(), self.eq);
        sum::<L, E, _, 1>(segments, groups, eq, &mut self)
    }
}

impl<L: Lanes, E: ProverChallenge> Quads<L, E::Packed<L>, 1> for First<'_, E> {
    #[inline(always)]
    fn class(&self, group: usize) -> usize {
        class(self.leaves.kinds()[group])
    }

    #[inline(always)]
    fn quad(&mut self, at: Quad) -> [E::Packed<L>; 1] {
        let Some(leaves) = self.leaves.group(at.segment, at.index, E::DEGREE) else {
            return [E::Packed::<L>::ZERO];
        };
        if class(leaves.kind) == 1 {
            return [leaves.square(GROUP / 2 * at.half, at.part)];
        }
        let mut q = [E::Packed::<L>::ZERO; 4];
        let mut i = 0;
        while i < 4 {
            q[i] = leaves.denominators(GROUP / 2 * at.half + i, at.part);
            i += 1;
        }
        let (q0, q1) = (q[2] - q[0], q[3] - q[1]);
        let mut c = [L::ZERO; 4];
        let mut i = 0;
        while i < 4 {
            c[i] = leaves.counts(GROUP / 2 * at.half + i, at.part);
            i += 1;
        }
        let p0 = E::Packed::<L>::from_base(c[2] - c[0]);
        let p1 = E::Packed::<L>::from_base(c[3] - c[1]);
        let p0 = p0.add_scaled(q0, &self.lambda.scalar);
        [E::Packed::<L>::dot2([p0, q1], [p1, q0])]
    }
}

/// Leaves that were folded.
pub struct Folded<'a> {
    denominators: Level<'a>,
    kinds: Vec<Kind>,
    /// The numerators of groups of the general kind, lambda in the first children's.
    numerators: Buffer,
}

/// The kinds of the groups that are folded from groups of these kinds, and how many of them are general.
fn folded_kinds(step: &Step, kinds: &[Kind]) -> (Vec<Kind>, usize) {
    let (mut segment, mut general) = (0, 0);
    let kinds = (0..step.to.groups()).map(|group| {
        segment = step.to.advance(segment, group);
        let first = step.from.starts[segment] + 2 * step.to.index_in(segment, group);
        let is_there = first + 1 < step.from.starts[segment + 1];
        let second = if is_there {
            kinds[first + 1]
        } else {
            Kind::Zero
        };
        if kinds[first] == second && class(second) == 1 {
            return second;
        }
        general += 1;
        Kind::General(general - 1)
    });
    let kinds = kinds.collect();
    (kinds, general as usize)
}

impl<'a> Folded<'a> {
    /// The second round: folds the leaves into this memory.
    ///
    /// # Errors
    /// If the system refuses memory for numerators.
    pub fn new<E: ProverChallenge>(
        platform: Platform,
        pool: &Pool,
        leaves: &Leaves,
        memory: &'a mut [u32],
        with: &Folding<'_, E>,
    ) -> Result<(Self, Sums<2>), AllocationError> {
        let words = group_words(E::DEGREE);
        let mut folded = Self {
            denominators: Level::new(memory, &with.step.to, words),
            kinds: Vec::new(),
            numerators: pool.take(0)?,
        };
        let places = folded.denominators.places().clone();
        let sums = folded.round(platform, pool, Some(leaves), places, with)?;
        Ok((folded, sums))
    }

    /// A later round: folds in place.
    ///
    /// # Errors
    /// If the system refuses memory for numerators.
    pub fn fold<E: ProverChallenge>(
        &mut self,
        platform: Platform,
        pool: &Pool,
        with: &Folding<'_, E>,
    ) -> Result<Sums<2>, AllocationError> {
        let places = self.denominators.places().folded();
        self.round(platform, pool, None, places, with)
    }

    /// Folds the leaves, or what has been folded, into groups at these places.
    fn round<E: ProverChallenge>(
        &mut self,
        platform: Platform,
        pool: &Pool,
        leaves: Option<&Leaves>,
        places: Places,
        with: &Folding<'_, E>,
    ) -> Result<Sums<2>, AllocationError> {
        let words = group_words(E::DEGREE);
        let from_kinds = leaves.map_or(&self.kinds[..], Leaves::kinds);
        let (kinds, general) = folded_kinds(with.step, from_kinds);
        let mut numerators = pool.take(words * general)?;
        let from = self.denominators.places().clone();
        let turned = leaves.map_or_else(Vec::new, |leaves| leaves.turned(with.element));
        let source = match leaves {
            Some(leaves) => Source::Leaves {
                leaves,
                turned: &turned,
            },
            None => Source::Folded {
                places: &from,
                kinds: &self.kinds,
                numerators: &self.numerators,
            },
        };
        let mut rest = &mut numerators[..];
        let mut number = 0;
        let tasks = self.denominators.tasks(&with.step.to, places.clone());
        let tasks = tasks.into_iter().map(|task| {
            let general = kinds[task.groups.clone()].iter();
            let general = general.filter(|kind| class(**kind) == 0).count();
            let first = number;
            number += general as u32;
            let numerators = rest.split_off_mut(..words * general);
            (task, numerators.expect("room for all"), first)
        });
        let sums = add_up(tasks.collect(), |(task, numerators, first)| {
            platform.run(Fold::<E> {
                source,
                task,
                places: &places,
                kinds: &kinds,
                numerators,
                first,
                with,
            })
        });
        (self.kinds, self.numerators) = (kinds, numerators);
        Ok(sums)
    }
}

impl Folded<'_> {
    /// The fractions of a segment's only group, by block and lane, lambda in the first children's numerators.
    pub fn fractions<E: ProverChallenge>(
        &self,
        segment: usize,
        lambda: &Lambda<E>,
    ) -> Vec<Fraction<E>> {
        let denominators = elements::<E>(self.denominators.first_of(segment));
        let words = group_words(E::DEGREE);
        if let Kind::General(number) = self.kinds[segment] {
            let numerators = elements(piece(&self.numerators, words, number as usize));
            let both = numerators.zip(denominators);
            return both
                .map(|(numerator, denominator)| Fraction {
                    numerator,
                    denominator,
                })
                .collect();
        }
        let count = E::from_base(F::new(self.kinds[segment].count().unwrap_or(0)));
        denominators
            .enumerate()
            .map(|(at, denominator)| {
                let is_first = (at / LINE).is_multiple_of(2);
                let lambda = if is_first { lambda.element } else { E::ZERO };
                Fraction {
                    numerator: count + lambda * denominator,
                    denominator,
                }
            })
            .collect()
    }

    /// Writes the quads of each segment's only group that it does not have.
    pub fn complete<E: ProverChallenge>(&mut self, segments: &Segments, lambda: &Lambda<E>) {
        let words = group_words(E::DEGREE);
        for (segment, kind) in self.kinds.iter().enumerate() {
            for quad in segments.quads_of(segment)..2 {
                let denominators = self.denominators.first_of_mut(segment);
                let denominators = piece_mut(denominators, words / 2, quad);
                let numerators = match *kind {
                    Kind::General(number) => {
                        piece_mut(&mut self.numerators, words / 2, 2 * number as usize + quad)
                    }
                    _ => &mut [],
                };
                put_nothing(numerators, denominators, lambda);
            }
        }
    }

    /// Enters other segments, when each has one group.
    pub fn regroup(&mut self, segments: &Segments) {
        self.denominators.regroup(segments);
    }
}

/// What a round folds.
#[derive(Clone, Copy)]
enum Source<'a> {
    Leaves {
        leaves: &'a Leaves,
        /// The challenge times the power of each slot's line.
        turned: &'a [Weight],
    },
    /// What the round before left: denominators are in the task's memory.
    Folded {
        places: &'a Places,
        kinds: &'a [Kind],
        numerators: &'a [u32],
    },
}

struct Fold<'a, E: ProverChallenge> {
    source: Source<'a>,
    task: Task<'a>,
    /// The places of the groups that are made, and their kinds.
    places: &'a Places,
    kinds: &'a [Kind],
    /// The numerators of those of the general kind, from this number on.
    numerators: &'a mut [u32],
    first: u32,
    with: &'a Folding<'a, E>,
}

impl<E: ProverChallenge> Kernel for Fold<'_, E> {
    type Output = Sums<2>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Sums<2> {
        let (groups, with) = (self.task.groups.clone(), self.with);
        let mut quads = FoldQuads::<L, E> {
            constant: OneCount::new(with.lambda),
            fold: self,
        };
        sum::<L, E, _, 2>(&with.step.to, groups, with.eq, &mut quads)
    }
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

struct FoldQuads<'a, L: Lanes, E: ProverChallenge> {
    fold: Fold<'a, E>,
    constant: OneCount<L, E>,
}

impl<L: Lanes, E: ProverChallenge> Quads<L, E::Packed<L>, 2> for FoldQuads<'_, L, E> {
    #[inline(always)]
    fn class(&self, group: usize) -> usize {
        class(self.fold.kinds[group])
    }

    #[inline(always)]
    fn quad(&mut self, at: Quad) -> [E::Packed<L>; 2] {
        let q = self.fold.denominators::<L>(at);
        let kind = self.fold.kinds[at.group];
        let words = group_words(E::DEGREE);
        let place = self.fold.places.of(at.segment, at.index) - self.fold.task.first;
        let to = piece_mut(self.fold.task.words, words, place);
        let mut i = 0;
        while i < 4 {
            store(q[i], to, GROUP / 2 * at.half + i, at.part);
            i += 1;
        }
        let Kind::General(number) = kind else {
            return self.constant.terms(kind, q);
        };
        let p = self.fold.numerators::<L>(at, q);
        let number = (number - self.fold.first) as usize;
        let to = piece_mut(self.fold.numerators, words, number);
        let mut x = [Blocks::nothing(); 4];
        let mut i = 0;
        while i < 4 {
            store(p[i], to, GROUP / 2 * at.half + i, at.part);
            x[i] = Blocks { p: p[i], q: q[i] };
            i += 1;
        }
        terms(x)
    }
}

impl<E: ProverChallenge> Fold<'_, E> {
    /// The folded denominators of a quad.
    #[inline(always)]
    fn denominators<L: Lanes>(&self, at: Quad) -> [E::Packed<L>; 4] {
        let mut q = [E::Packed::<L>::ONE; 4];
        let (index, present) = (2 * at.index + at.half, self.with.step.present(at));
        let r = &self.with.r;
        let mut i = 0;
        match self.source {
            Source::Leaves { leaves, turned } => {
                let Some(leaves) = leaves.group(at.segment, index, E::DEGREE) else {
                    return q;
                };
                let turned = &turned[at.segment];
                while i < present {
                    q[i] = leaves.folded(FOLDED[i], at.part, r, turned);
                    i += 1;
                }
            }
            Source::Folded { places, .. } => {
                let words = group_words(E::DEGREE);
                let next = places.of(at.segment, index + 1) - self.task.first;
                prefetch::<L>(self.task.words, words * next, words);
                let place = places.of(at.segment, index) - self.task.first;
                let group = piece(self.task.words, words, place);
                while i < present {
                    let a: E::Packed<L> = load(group, FOLDED[i], at.part);
                    q[i] = a.line(load(group, FOLDED[i] + 2, at.part), r);
                    i += 1;
                }
            }
        }
        q
    }

    /// The folded numerators of a quad whose denominators are these, lambda in those of the first children.
    #[inline(always)]
    fn numerators<L: Lanes>(&self, at: Quad, q: [E::Packed<L>; 4]) -> [E::Packed<L>; 4] {
        let Folding {
            step, r, lambda, ..
        } = self.with;
        let mut p = [E::Packed::<L>::ZERO; 4];
        let (index, present) = (2 * at.index + at.half, step.present(at));
        let mut with_lambda = 0;
        match self.source {
            Source::Leaves { leaves, .. } => {
                if let Some(leaves) = leaves.group(at.segment, index, E::DEGREE) {
                    let mut i = 0;
                    while i < present {
                        let a = E::Packed::<L>::from_base(leaves.counts(FOLDED[i], at.part));
                        let b = leaves.counts(FOLDED[i] + 2, at.part);
                        p[i] = a.line(E::Packed::<L>::from_base(b), r);
                        i += 1;
                    }
                }
            }
            Source::Folded {
                kinds, numerators, ..
            } => match kinds[step.from.starts[at.segment] + index] {
                Kind::General(number) => {
                    let before = piece(numerators, group_words(E::DEGREE), number as usize);
                    while with_lambda < present {
                        let a: E::Packed<L> = load(before, FOLDED[with_lambda], at.part);
                        let b = load(before, FOLDED[with_lambda] + 2, at.part);
                        p[with_lambda] = a.line(b, r);
                        with_lambda += 1;
                    }
                }
                kind => {
                    let count = L::splat(kind.count().unwrap_or(0));
                    let mut i = 0;
                    while i < present {
                        p[i] = E::Packed::<L>::from_base(count);
                        i += 1;
                    }
                }
            },
        }
        let mut i = with_lambda;
        while i < 4 {
            if i.is_multiple_of(2) {
                p[i] = p[i].add_scaled(q[i], &lambda.scalar);
            }
            i += 1;
        }
        p
    }
}
