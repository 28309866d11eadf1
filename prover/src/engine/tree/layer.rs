//! What the sumcheck of a level runs over: a level that is in memory, level 1, or the leaves.

use zonda_circuits::F;
use zonda_kernels::{AllocationError, LINE, Platform, Pool};
use zonda_verifier::{Challenge, fractions::Fraction};

use super::{
    blocks::block_words,
    bottom::{self, Folded},
    fours,
    leaves::Leaves,
    levels::Segments,
    memory::{Level, fraction_words},
    pairs,
    stored::{self, Folding, put_nothing},
    sum::{Eq, Lambda, Sums},
};
use crate::engine::challenge::ProverChallenge;

/// A level in its sumcheck.
pub trait Layer<E: ProverChallenge> {
    /// The first round.
    fn first(&mut self, platform: Platform, eq: &Eq<E>, lambda: &Lambda<E>) -> Sums<1>;

    /// A later round: folds the level.
    ///
    /// # Errors
    /// If the system refuses memory.
    fn fold(
        &mut self,
        platform: Platform,
        with: &Folding<'_, E>,
    ) -> Result<Sums<2>, AllocationError>;

    /// Writes the blocks of each segment's only group that are beyond its quads.
    fn complete(&mut self, segments: &Segments, lambda: &Lambda<E>);

    /// Enters other segments, when each slot has one group, which is complete.
    fn regroup(&mut self, segments: &Segments);

    /// The fractions of a segment's only group, by block and lane, lambda in the first children's numerators.
    fn fractions(&self, segment: usize, lambda: &Lambda<E>) -> Vec<Fraction<E>>;
}

/// A level that is in memory.
pub struct Stored<'a> {
    level: Level<'a>,
    segments: &'a Segments,
    /// The leaves, if it is level 2, which is made from them in the first round.
    leaves: Option<&'a Leaves>,
    has_lambda: bool,
}

impl<'a> Stored<'a> {
    /// The level of these groups.
    pub const fn new(level: Level<'a>, segments: &'a Segments, leaves: Option<&'a Leaves>) -> Self {
        Self {
            level,
            segments,
            leaves,
            has_lambda: false,
        }
    }
}

impl<E: ProverChallenge> Layer<E> for Stored<'_> {
    fn first(&mut self, platform: Platform, eq: &Eq<E>, lambda: &Lambda<E>) -> Sums<1> {
        let segments = self.segments;
        match self.leaves {
            Some(leaves) => fours::first(platform, leaves, &mut self.level, segments, eq, lambda),
            None => stored::first(platform, self.level.words(), segments, eq, lambda),
        }
    }

    fn fold(
        &mut self,
        platform: Platform,
        with: &Folding<'_, E>,
    ) -> Result<Sums<2>, AllocationError> {
        let had_lambda = core::mem::replace(&mut self.has_lambda, true);
        Ok(stored::fold(platform, &mut self.level, had_lambda, with))
    }

    fn complete(&mut self, segments: &Segments, lambda: &Lambda<E>) {
        complete(&mut self.level, segments, lambda);
    }

    fn regroup(&mut self, segments: &Segments) {
        self.level.regroup(segments);
    }

    fn fractions(&self, segment: usize, _lambda: &Lambda<E>) -> Vec<Fraction<E>> {
        fractions_of(self.level.first_of(segment))
    }
}

/// Level 1, which is made from the leaves, until it is folded.
pub struct Pairs<'a> {
    leaves: &'a Leaves,
    segments: &'a Segments,
    /// Where it is folded to.
    memory: &'a mut [u32],
    folded: Option<Level<'a>>,
}

impl<'a> Pairs<'a> {
    /// Level 1 of these groups, to be folded into this memory.
    pub const fn new(leaves: &'a Leaves, segments: &'a Segments, memory: &'a mut [u32]) -> Self {
        Self {
            leaves,
            segments,
            memory,
            folded: None,
        }
    }
}

impl<E: ProverChallenge> Layer<E> for Pairs<'_> {
    fn first(&mut self, platform: Platform, eq: &Eq<E>, lambda: &Lambda<E>) -> Sums<1> {
        pairs::first(platform, self.leaves, self.segments, eq, lambda)
    }

    fn fold(
        &mut self,
        platform: Platform,
        with: &Folding<'_, E>,
    ) -> Result<Sums<2>, AllocationError> {
        if let Some(level) = &mut self.folded {
            return Ok(stored::fold(platform, level, true, with));
        }
        let memory = core::mem::take(&mut self.memory);
        let words = fraction_words(E::DEGREE);
        let level = self.folded.insert(Level::new(memory, &with.step.to, words));
        Ok(pairs::fold(platform, self.leaves, level, with))
    }

    fn complete(&mut self, segments: &Segments, lambda: &Lambda<E>) {
        if let Some(level) = &mut self.folded {
            complete(level, segments, lambda);
        }
    }

    fn regroup(&mut self, segments: &Segments) {
        if let Some(level) = &mut self.folded {
            level.regroup(segments);
        }
    }

    fn fractions(&self, segment: usize, _lambda: &Lambda<E>) -> Vec<Fraction<E>> {
        let level = self.folded.as_ref();
        level.map_or_else(Vec::new, |level| fractions_of(level.first_of(segment)))
    }
}

/// The leaves.
pub struct Bottom<'a> {
    leaves: &'a Leaves,
    pool: &'a Pool,
    /// Where they are folded to.
    memory: &'a mut [u32],
    folded: Option<Folded<'a>>,
}

impl<'a> Bottom<'a> {
    /// The leaves, to be folded into this memory.
    pub const fn new(leaves: &'a Leaves, memory: &'a mut [u32], pool: &'a Pool) -> Self {
        Self {
            leaves,
            pool,
            memory,
            folded: None,
        }
    }
}

impl<E: ProverChallenge> Layer<E> for Bottom<'_> {
    fn first(&mut self, platform: Platform, eq: &Eq<E>, lambda: &Lambda<E>) -> Sums<1> {
        bottom::first(platform, self.leaves, eq, lambda)
    }

    fn fold(
        &mut self,
        platform: Platform,
        with: &Folding<'_, E>,
    ) -> Result<Sums<2>, AllocationError> {
        if let Some(folded) = &mut self.folded {
            return folded.fold(platform, self.pool, with);
        }
        let memory = core::mem::take(&mut self.memory);
        let (folded, sums) = Folded::new(platform, self.pool, self.leaves, memory, with)?;
        self.folded = Some(folded);
        Ok(sums)
    }

    fn complete(&mut self, segments: &Segments, lambda: &Lambda<E>) {
        if let Some(folded) = &mut self.folded {
            folded.complete(segments, lambda);
        }
    }

    fn regroup(&mut self, segments: &Segments) {
        if let Some(folded) = &mut self.folded {
            folded.regroup(segments);
        }
    }

    fn fractions(&self, segment: usize, lambda: &Lambda<E>) -> Vec<Fraction<E>> {
        let folded = self.folded.as_ref();
        folded.map_or_else(Vec::new, |folded| folded.fractions(segment, lambda))
    }
}

/// Writes the quads of each segment's only group that it does not have.
fn complete<E: ProverChallenge>(level: &mut Level<'_>, segments: &Segments, lambda: &Lambda<E>) {
    for segment in 0..segments.groups() {
        let quads = level.first_of_mut(segment);
        let quads = quads.chunks_exact_mut(fraction_words(E::DEGREE) / 2);
        for quad in quads.skip(segments.quads_of(segment)) {
            let (numerators, denominators) = quad.split_at_mut(quad.len() / 2);
            put_nothing(numerators, denominators, lambda);
        }
    }
}

/// The fractions of a group, by block and lane.
pub fn fractions_of<E: Challenge>(group: &[u32]) -> Vec<Fraction<E>> {
    let quads = group.chunks_exact(group.len() / 2);
    let fractions = quads.flat_map(|quad| {
        let (numerators, denominators) = quad.split_at(quad.len() / 2);
        let both = elements(numerators).zip(elements(denominators));
        both.map(|(numerator, denominator)| Fraction {
            numerator,
            denominator,
        })
    });
    fractions.collect()
}

/// The elements of blocks, by block and lane.
pub fn elements<E: Challenge>(blocks: &[u32]) -> impl Iterator<Item = E> {
    let blocks = blocks.chunks_exact(block_words(E::DEGREE));
    blocks.flat_map(|block| {
        (0..LINE).map(move |lane| E::from_coordinates_fn(|k| F::new(block[LINE * k + lane])))
    })
}
