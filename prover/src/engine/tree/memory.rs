//! Levels in memory: where their groups are, and how tasks share them.

use core::ops::Range;

use super::{
    blocks::block_words,
    levels::{GROUP, Segments},
};

/// Groups that one task makes.
pub const GROUPS_PER_TASK: usize = 64;

/// Words of a group of elements.
#[inline(always)]
pub const fn group_words(degree: usize) -> usize {
    GROUP * block_words(degree)
}

/// Words of a group of fractions: the blocks of numerators, then those of denominators.
#[inline(always)]
pub const fn fraction_words(degree: usize) -> usize {
    2 * group_words(degree)
}

/// Where the groups of a level are. At first they are adjacent. Folded in place, a level has its groups where the
/// first ones of each pair of groups were that they are made from.
#[derive(Clone, Debug)]
pub struct Places {
    /// The place of each segment's first group.
    starts: Vec<usize>,
    /// The groups of a segment are `1 << shift` places apart.
    shift: u32,
}

impl Places {
    /// The places of adjacent groups.
    pub fn adjacent(segments: &Segments) -> Self {
        Self {
            starts: segments.starts.clone(),
            shift: 0,
        }
    }

    /// The places of groups that are folded in place.
    pub fn folded(&self) -> Self {
        Self {
            starts: self.starts.clone(),
            shift: self.shift + 1,
        }
    }

    /// The place of a group of a segment.
    #[inline(always)]
    pub fn of(&self, segment: usize, index: usize) -> usize {
        self.starts[segment] + (index << self.shift)
    }
}

/// A level that is folded in place, round by round.
pub struct Level<'a> {
    words: &'a mut [u32],
    places: Places,
    /// Words of a group.
    group: usize,
}

/// What one task makes of a level, or folds it to.
pub struct Task<'a> {
    /// The groups that it makes.
    pub groups: Range<usize>,
    /// The memory from the place of the first one on, up to that of the next task's.
    pub words: &'a mut [u32],
    /// The place of the first word.
    pub first: usize,
}

impl<'a> Level<'a> {
    /// Adjacent groups of so many words each.
    pub fn new(words: &'a mut [u32], segments: &Segments, group: usize) -> Self {
        Self {
            words: &mut words[..segments.groups() * group],
            places: Places::adjacent(segments),
            group,
        }
    }

    /// The places of its groups.
    pub const fn places(&self) -> &Places {
        &self.places
    }

    /// The words of all groups.
    pub const fn words(&self) -> &[u32] {
        self.words
    }

    /// The tasks that make it: its groups are to be those of `segments`, at these places.
    pub fn tasks(&mut self, segments: &Segments, places: Places) -> Vec<Task<'_>> {
        let groups = segments.groups();
        let place = |group: usize| {
            let segment = segments.segment_of(group);
            places.of(segment, segments.index_in(segment, group))
        };
        let mut tasks = Vec::with_capacity(groups.div_ceil(GROUPS_PER_TASK));
        let mut rest = &mut self.words[..];
        for first in (0..groups).step_by(GROUPS_PER_TASK) {
            let end = groups.min(first + GROUPS_PER_TASK);
            let words = if end < groups {
                self.group * (place(end) - place(first))
            } else {
                rest.len()
            };
            tasks.push(Task {
                groups: first..end,
                words: rest.split_off_mut(..words).expect("places ascend"),
                first: place(first),
            });
        }
        self.places = places;
        tasks
    }

    /// Makes groups adjacent that are the only ones of their segments, and enters other segments.
    pub fn regroup(&mut self, segments: &Segments) {
        for (group, start) in self.places.starts[..segments.groups()].iter().enumerate() {
            let words = self.group * start..self.group * (start + 1);
            self.words.copy_within(words, self.group * group);
        }
        self.places = Places::adjacent(segments);
    }

    /// A segment's first group.
    pub fn first_of(&self, segment: usize) -> &[u32] {
        &self.words[self.group * self.places.of(segment, 0)..][..self.group]
    }
}
