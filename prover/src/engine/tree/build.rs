//! The levels of the tree, upwards: each block is the sum of two. The lowest ones are made with the leaves.

use core::marker::PhantomData;

use rayon::prelude::*;
use zonda_kernels::{AllocationError, Buffer, Kernel, LINE, Lanes, Packed, Platform, Pool};

use super::{
    blocks::{block_words, fill, load, piece, store},
    levels::{GROUP, Step},
};
use crate::engine::challenge::ProverChallenge;

/// Groups of the upper level that one task makes.
pub const GROUPS_PER_TASK: usize = 64;

/// A level's fractions: groups of blocks.
pub struct Level {
    /// The numerators.
    pub numerators: Buffer,
    /// The denominators.
    pub denominators: Buffer,
}

/// Words of a group.
pub const fn group_words(degree: usize) -> usize {
    GROUP * block_words(degree)
}

impl Level {
    /// Room for so many groups.
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub fn take(pool: &Pool, groups: usize, degree: usize) -> Result<Self, AllocationError> {
        let words = groups * group_words(degree);
        Ok(Self {
            numerators: pool.take(words)?,
            denominators: pool.take(words)?,
        })
    }

    /// The groups, `GROUPS_PER_TASK` at a time, each with the number of its first group.
    pub fn tasks(
        &mut self,
        degree: usize,
    ) -> impl IndexedParallelIterator<Item = (usize, [&mut [u32]; 2])> {
        let words = GROUPS_PER_TASK * group_words(degree);
        let numerators = self.numerators.par_chunks_mut(words);
        numerators
            .zip(self.denominators.par_chunks_mut(words))
            .enumerate()
            .map(|(task, (numerators, denominators))| {
                (task * GROUPS_PER_TASK, [numerators, denominators])
            })
    }
}

/// Makes the level above another.
pub fn above<E: ProverChallenge>(platform: Platform, from: &Level, step: &Step, to: &mut Level) {
    to.tasks(E::DEGREE).for_each(|(first, to)| {
        platform.run(Join::<E> {
            from: [&from.numerators, &from.denominators],
            step,
            first,
            to,
            challenge: PhantomData,
        });
    });
}

/// Sums of neighbouring blocks.
struct Join<'a, E> {
    from: [&'a [u32]; 2],
    step: &'a Step,
    first: usize,
    to: [&'a mut [u32]; 2],
    challenge: PhantomData<E>,
}

impl<E: ProverChallenge> Kernel for Join<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let words = group_words(E::DEGREE);
        let [numerators, denominators] = self.to;
        let groups = numerators
            .chunks_exact_mut(words)
            .zip(denominators.chunks_exact_mut(words));
        let mut segment = self.step.to.segment_of(self.first);
        for (group, (numerators, denominators)) in (self.first..).zip(groups) {
            segment = self.step.to.advance(segment, group);
            let sources = self.step.sources(segment, group);
            let halves = numerators
                .chunks_exact_mut(words / 2)
                .zip(denominators.chunks_exact_mut(words / 2));
            for (source, (numerators, denominators)) in sources.into_iter().zip(halves) {
                let Some(source) = source else {
                    fill(numerators, E::DEGREE, 0);
                    fill(denominators, E::DEGREE, 1);
                    continue;
                };
                let [p, q] = self.from;
                let (p, q) = (piece(p, words, source), piece(q, words, source));
                join_group::<L, E::Packed<L>>([p, q], [numerators, denominators]);
            }
        }
    }
}

/// Four sums of the eight blocks of a group.
#[inline(always)]
fn join_group<L: Lanes, P: Packed<L>>([p, q]: [&[u32]; 2], [to_p, to_q]: [&mut [u32]; 2]) {
    let mut part = 0;
    while part < LINE / L::WIDTH {
        let mut i = 0;
        while i < GROUP / 2 {
            let p0: P = load(p, 2 * i, part);
            let p1: P = load(p, 2 * i + 1, part);
            let q0: P = load(q, 2 * i, part);
            let q1: P = load(q, 2 * i + 1, part);
            store(P::dot2([p0, q1], [p1, q0]), to_p, i, part);
            store(q0 * q1, to_q, i, part);
            i += 1;
        }
        part += 1;
    }
}
