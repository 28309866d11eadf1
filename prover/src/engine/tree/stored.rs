//! The rounds of a level that is in memory. It is folded in place.

use core::ops::Range;

use zonda_kernels::{Kernel, LINE, Lanes, Packed, Platform};

use super::{
    blocks::{Fractions, Quad, block_words, fill, piece, piece_mut, prefetch},
    levels::{GROUP, Segments, Step},
    memory::{Level, Places, Task, fraction_words},
    sum::{Eq, Lambda, Quads, Sums, add_up, ranges, sum},
};
use crate::engine::challenge::{ProverChallenge, splat};

/// The terms of a quad after the first round: the value at 0 and the coefficient of the square of `p0 q1 + p1 q0`, lambda
/// in the first children's numerators.
#[inline(always)]
pub fn terms<L: Lanes, P: Packed<L>>(x: [Fractions<P>; 4]) -> [P; 2] {
    [
        P::dot2([x[0].p, x[1].q], [x[1].p, x[0].q]),
        P::dot2(
            [x[2].p - x[0].p, x[3].q - x[1].q],
            [x[3].p - x[1].p, x[2].q - x[0].q],
        ),
    ]
}

/// The term of a quad in the first round, lambda not in the numerators: the coefficient of the square.
#[inline(always)]
pub fn square<L: Lanes, P: Packed<L>>(x: [Fractions<P>; 4], lambda: &P::Scalar) -> [P; 1] {
    let (q0, q1) = (x[2].q - x[0].q, x[3].q - x[1].q);
    let (p0, p1) = (x[2].p - x[0].p, x[3].p - x[1].p);
    [P::dot2([p0.add_scaled(q0, lambda), q1], [p1, q0])]
}

/// A fraction (0, 1) as the first child or the second one of its node, lambda in the first one's numerator.
#[inline(always)]
pub fn nothing<L: Lanes, E: ProverChallenge>(
    child: usize,
    lambda: &Lambda<E>,
) -> Fractions<E::Packed<L>> {
    Fractions {
        p: if child == 0 {
            splat(&lambda.words)
        } else {
            E::Packed::<L>::ZERO
        },
        q: E::Packed::<L>::ONE,
    }
}

/// Writes the fraction (0, 1) into the blocks of a quad, lambda in the first children's numerators.
pub fn put_nothing<E: ProverChallenge>(
    numerators: &mut [u32],
    denominators: &mut [u32],
    lambda: &Lambda<E>,
) {
    let words = block_words(E::DEGREE);
    for (index, block) in numerators.chunks_exact_mut(words).enumerate() {
        for (lanes, word) in block.chunks_exact_mut(LINE).zip(&lambda.words) {
            lanes.fill(if index.is_multiple_of(2) { *word } else { 0 });
        }
    }
    fill(denominators, E::DEGREE, 1);
}

/// The first round.
pub fn first<E: ProverChallenge>(
    platform: Platform,
    level: &[u32],
    segments: &Segments,
    eq: &Eq<E>,
    lambda: &Lambda<E>,
) -> Sums<1> {
    add_up(ranges(segments.groups()), |groups| {
        platform.run(First::<E> {
            level,
            segments,
            groups,
            eq,
            lambda,
        })
    })
}

struct First<'a, E: ProverChallenge> {
    level: &'a [u32],
    segments: &'a Segments,
    groups: Range<usize>,
    eq: &'a Eq<E>,
    lambda: &'a Lambda<E>,
}

impl<E: ProverChallenge> Kernel for First<'_, E> {
    type Output = Sums<1>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Sums<1> {
        let mut quads = FirstQuads::<E> {
            level: self.level,
            lambda: self.lambda.scalar,
        };
        sum::<L, E, _, 1>(self.segments, self.groups, self.eq, &mut quads)
    }
}

struct FirstQuads<'a, E: ProverChallenge> {
    level: &'a [u32],
    lambda: E::Scalar,
}

impl<L: Lanes, E: ProverChallenge> Quads<L, E::Packed<L>, 1> for FirstQuads<'_, E> {
    #[inline(always)]
    fn class(&self, _group: usize) -> usize {
        0
    }

    #[inline(always)]
    fn quad(&mut self, at: Quad) -> [E::Packed<L>; 1] {
        let group = piece(self.level, fraction_words(E::DEGREE), at.group);
        let mut x = [Fractions::nothing(); 4];
        let mut i = 0;
        while i < 4 {
            x[i] = Fractions::load(group, GROUP / 2 * at.half + i, at.part);
            i += 1;
        }
        square(x, &self.lambda)
    }
}

/// What a later round folds with: the challenge of the round before.
pub struct Folding<'a, E: ProverChallenge> {
    /// The step.
    pub step: &'a Step,
    /// The challenge.
    pub element: E,
    /// The challenge, prepared.
    pub r: E::Scalar,
    /// The weights.
    pub eq: &'a Eq<E>,
    /// The level's challenge.
    pub lambda: &'a Lambda<E>,
}

/// A later round. `has_lambda` says whether lambda is in the first children's numerators yet.
pub fn fold<E: ProverChallenge>(
    platform: Platform,
    level: &mut Level<'_>,
    has_lambda: bool,
    with: &Folding<'_, E>,
) -> Sums<2> {
    let from = level.places().clone();
    let to = from.folded();
    add_up(level.tasks(&with.step.to, to.clone()), |task| {
        let fold = Fold {
            task,
            from: &from,
            to: &to,
            with,
        };
        if has_lambda {
            platform.run(Round::<E, true>(fold))
        } else {
            platform.run(Round::<E, false>(fold))
        }
    })
}

struct Fold<'a, E: ProverChallenge> {
    task: Task<'a>,
    from: &'a Places,
    to: &'a Places,
    with: &'a Folding<'a, E>,
}

struct Round<'a, E: ProverChallenge, const HAS_LAMBDA: bool>(Fold<'a, E>);

impl<E: ProverChallenge, const HAS_LAMBDA: bool> Kernel for Round<'_, E, HAS_LAMBDA> {
    type Output = Sums<2>;

    #[inline(always)]
    fn run<L: Lanes>(mut self) -> Sums<2> {
        let (groups, with) = (self.0.task.groups.clone(), self.0.with);
        sum::<L, E, _, 2>(&with.step.to, groups, with.eq, &mut self)
    }
}

/// Block `i` of a folded quad is on the line through this block and the second one after it.
pub const FOLDED: [usize; 4] = [0, 1, 4, 5];

impl<L: Lanes, E: ProverChallenge, const HAS_LAMBDA: bool> Quads<L, E::Packed<L>, 2>
    for Round<'_, E, HAS_LAMBDA>
{
    #[inline(always)]
    fn class(&self, _group: usize) -> usize {
        0
    }

    #[inline(always)]
    fn quad(&mut self, at: Quad) -> [E::Packed<L>; 2] {
        let Fold {
            task,
            from,
            to,
            with,
        } = &mut self.0;
        let Folding {
            step, r, lambda, ..
        } = **with;
        let words = fraction_words(E::DEGREE);
        let source = 2 * at.index + at.half;
        let present = step.present(at);
        let group = from.of(at.segment, source) - task.first;
        let next = from.of(at.segment, source + 1) - task.first;
        prefetch::<L>(task.words, words * next, words);
        let group = piece(task.words, words, group);
        let mut x = [Fractions::nothing(); 4];
        let mut i = 0;
        while i < 4 {
            if i < present {
                let a = Fractions::<E::Packed<L>>::load(group, FOLDED[i], at.part);
                x[i] = a.line(Fractions::load(group, FOLDED[i] + 2, at.part), &r);
                if !HAS_LAMBDA && i.is_multiple_of(2) {
                    x[i].p = x[i].p.add_scaled(x[i].q, &lambda.scalar);
                }
            } else {
                x[i] = nothing::<L, E>(i % 2, lambda);
            }
            i += 1;
        }
        let place = to.of(at.segment, at.index) - task.first;
        let group = piece_mut(task.words, words, place);
        let mut i = 0;
        while i < 4 {
            x[i].store(group, GROUP / 2 * at.half + i, at.part);
            i += 1;
        }
        terms(x)
    }
}
