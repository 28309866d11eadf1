//! Makes levels that are stored, each from the one below it.

use core::marker::PhantomData;

use rayon::prelude::*;
use zonda_kernels::{Kernel, LINE, Lanes, Packed, Platform};

use super::{
    blocks::{Fractions, fill_fractions, piece},
    levels::{GROUP, Step},
    memory::{GROUPS_PER_TASK, fraction_words},
};
use crate::engine::challenge::ProverChallenge;

/// Makes the level above another.
pub fn above<E: ProverChallenge>(platform: Platform, from: &[u32], step: &Step, to: &mut [u32]) {
    let words = GROUPS_PER_TASK * fraction_words(E::DEGREE);
    let tasks = to.par_chunks_mut(words).enumerate();
    tasks.for_each(|(task, to)| {
        platform.run(Above::<E> {
            from,
            step,
            first: GROUPS_PER_TASK * task,
            to,
            challenge: PhantomData,
        });
    });
}

struct Above<'a, E> {
    from: &'a [u32],
    step: &'a Step,
    first: usize,
    to: &'a mut [u32],
    challenge: PhantomData<E>,
}

impl<E: ProverChallenge> Kernel for Above<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let words = fraction_words(E::DEGREE);
        let Step { from, to, .. } = self.step;
        let mut segment = to.segment_of(self.first);
        for (group, blocks) in (self.first..).zip(self.to.chunks_exact_mut(words)) {
            segment = to.advance(segment, group);
            let first = from.starts[segment] + 2 * to.index_in(segment, group);
            let mut half = 0;
            while half < 2 {
                if first + half < from.starts[segment + 1] {
                    let source = piece(self.from, words, first + half);
                    join_blocks::<L, E::Packed<L>>(source, blocks, GROUP / 2 * half);
                } else {
                    fill_fractions(blocks, E::DEGREE, GROUP / 2);
                }
                half += 1;
            }
        }
    }
}

/// Writes the sums of neighbouring blocks of a group, from block `first` on.
#[inline(always)]
fn join_blocks<L: Lanes, P: Packed<L>>(from: &[u32], to: &mut [u32], first: usize) {
    let mut part = 0;
    while part < LINE / L::WIDTH {
        let mut i = 0;
        while i < GROUP / 2 {
            let a = Fractions::<P>::load(from, 2 * i, part);
            let b = Fractions::load(from, 2 * i + 1, part);
            a.join(b).store(to, first + i, part);
            i += 1;
        }
        part += 1;
    }
}
