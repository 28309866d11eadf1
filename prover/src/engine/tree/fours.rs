//! The first round of level 2, which makes it from the leaves.

use zonda_kernels::{Kernel, Lanes, Platform};

use super::{
    blocks::{Fractions, Quad, piece_mut},
    leaves::Leaves,
    levels::{GROUP, Segments},
    memory::{Level, Task, fraction_words},
    stored::square,
    sum::{Eq, Lambda, Quads, Sums, add_up, sum},
};
use crate::engine::challenge::ProverChallenge;

/// The first round: makes level 2 of these groups.
pub fn first<E: ProverChallenge>(
    platform: Platform,
    leaves: &Leaves,
    level: &mut Level<'_>,
    segments: &Segments,
    eq: &Eq<E>,
    lambda: &Lambda<E>,
) -> Sums<1> {
    let places = level.places().clone();
    add_up(level.tasks(segments, places), |task| {
        platform.run(First::<E> {
            leaves,
            segments,
            task,
            eq,
            lambda,
        })
    })
}

struct First<'a, E: ProverChallenge> {
    leaves: &'a Leaves,
    segments: &'a Segments,
    task: Task<'a>,
    eq: &'a Eq<E>,
    lambda: &'a Lambda<E>,
}

impl<E: ProverChallenge> Kernel for First<'_, E> {
    type Output = Sums<1>;

    #[inline(always)]
    fn run<L: Lanes>(mut self) -> Sums<1> {
        let (segments, groups, eq) = (self.segments, self.task.groups.clone(), self.eq);
        sum::<L, E, _, 1>(segments, groups, eq, &mut self)
    }
}

impl<L: Lanes, E: ProverChallenge> Quads<L, E::Packed<L>, 1> for First<'_, E> {
    #[inline(always)]
    fn class(&self, _group: usize) -> usize {
        0
    }

    /// A group of leaves is a node of a quad.
    #[inline(always)]
    fn quad(&mut self, at: Quad) -> [E::Packed<L>; 1] {
        let mut x = [Fractions::nothing(); 4];
        let mut node = 0;
        while node < 2 {
            let index = 4 * at.index + 2 * at.half + node;
            if let Some(leaves) = self.leaves.group(at.segment, index, E::DEGREE) {
                x[2 * node] = leaves.four(0, at.part);
                x[2 * node + 1] = leaves.four(1, at.part);
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
        square(x, &self.lambda.scalar)
    }
}
