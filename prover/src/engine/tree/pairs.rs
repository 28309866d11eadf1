//! The rounds of level 1, which is not in memory: its fractions are made from the leaves in the first two rounds. The
//! second one folds it into memory.

use core::ops::Range;

use zonda_kernels::{Kernel, Lanes, Packed, Platform};

use super::{
    blocks::{Fractions, Quad, piece_mut},
    leaves::Leaves,
    levels::{GROUP, Segments},
    memory::{Level, Task, fraction_words},
    stored::{Folding, nothing, square, terms},
    sum::{Eq, Lambda, Quads, Sums, add_up, ranges, sum},
};
use crate::engine::challenge::ProverChallenge;

/// The first round, over the groups of level 1.
pub fn first<E: ProverChallenge>(
    platform: Platform,
    leaves: &Leaves,
    segments: &Segments,
    eq: &Eq<E>,
    lambda: &Lambda<E>,
) -> Sums<1> {
    add_up(ranges(segments.groups()), |groups| {
        platform.run(First::<E> {
            leaves,
            segments,
            groups,
            eq,
            lambda,
        })
    })
}

struct First<'a, E: ProverChallenge> {
    leaves: &'a Leaves,
    segments: &'a Segments,
    groups: Range<usize>,
    eq: &'a Eq<E>,
    lambda: &'a Lambda<E>,
}

impl<E: ProverChallenge> Kernel for First<'_, E> {
    type Output = Sums<1>;

    #[inline(always)]
    fn run<L: Lanes>(mut self) -> Sums<1> {
        let (segments, groups, eq) = (self.segments, self.groups.clone(), self.eq);
        sum::<L, E, _, 1>(segments, groups, eq, &mut self)
    }
}

impl<L: Lanes, E: ProverChallenge> Quads<L, E::Packed<L>, 1> for First<'_, E> {
    #[inline(always)]
    fn class(&self, _group: usize) -> usize {
        0
    }

    /// A group of leaves is a quad.
    #[inline(always)]
    fn quad(&mut self, at: Quad) -> [E::Packed<L>; 1] {
        let index = 2 * at.index + at.half;
        let Some(leaves) = self.leaves.group(at.segment, index, E::DEGREE) else {
            return [E::Packed::<L>::ZERO];
        };
        let mut x = [Fractions::nothing(); 4];
        let mut i = 0;
        while i < 4 {
            x[i] = leaves.pair(i, at.part);
            i += 1;
        }
        square(x, &self.lambda.scalar)
    }
}

/// The second round: folds level 1 into `level`.
pub fn fold<E: ProverChallenge>(
    platform: Platform,
    leaves: &Leaves,
    level: &mut Level<'_>,
    with: &Folding<'_, E>,
) -> Sums<2> {
    let places = level.places().clone();
    add_up(level.tasks(&with.step.to, places), |task| {
        platform.run(Fold::<E> { leaves, task, with })
    })
}

struct Fold<'a, E: ProverChallenge> {
    leaves: &'a Leaves,
    task: Task<'a>,
    with: &'a Folding<'a, E>,
}

impl<E: ProverChallenge> Kernel for Fold<'_, E> {
    type Output = Sums<2>;

    #[inline(always)]
    fn run<L: Lanes>(mut self) -> Sums<2> {
        let (groups, with) = (self.task.groups.clone(), self.with);
        sum::<L, E, _, 2>(&with.step.to, groups, with.eq, &mut self)
    }
}

impl<L: Lanes, E: ProverChallenge> Quads<L, E::Packed<L>, 2> for Fold<'_, E> {
    #[inline(always)]
    fn class(&self, _group: usize) -> usize {
        0
    }

    /// A group of leaves is a node of a quad.
    #[inline(always)]
    fn quad(&mut self, at: Quad) -> [E::Packed<L>; 2] {
        let Folding { r, lambda, .. } = *self.with;
        let mut x = [Fractions::nothing(); 4];
        let mut node = 0;
        while node < 2 {
            let index = 4 * at.index + 2 * at.half + node;
            let leaves = self.leaves.group(at.segment, index, E::DEGREE);
            let mut child = 0;
            while child < 2 {
                x[2 * node + child] = match &leaves {
                    None => nothing::<L, E>(child, lambda),
                    Some(leaves) => {
                        let a: Fractions<E::Packed<L>> = leaves.pair(child, at.part);
                        let mut x = a.line(leaves.pair(child + 2, at.part), &r);
                        if child == 0 {
                            x.p = x.p.add_scaled(x.q, &lambda.scalar);
                        }
                        x
                    }
                };
                child += 1;
            }
            node += 1;
        }
        let words = fraction_words(E::DEGREE);
        let group = piece_mut(self.task.words, words, at.group - self.task.first);
        let mut i = 0;
        while i < 4 {
            x[i].store(group, GROUP / 2 * at.half + i, at.part);
            i += 1;
        }
        terms(x)
    }
}
