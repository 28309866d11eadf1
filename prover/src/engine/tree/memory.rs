//! Levels in memory: where their groups are, and how tasks share them.

use core::ops::Range;

use zonda_kernels::{AllocationError, Buffer, Pool};

use super::{
    blocks::block_words,
    levels::{GROUP, Segments, Step},
};

/// Groups that one task makes.
pub const GROUPS_PER_TASK: usize = 64;

/// Words of a group of elements.
#[inline(always)]
pub const fn group_words(degree: usize) -> usize {
    GROUP * block_words(degree)
}

/// Words of a group of fractions.
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

    /// A segment's first group, to be written.
    pub fn first_of_mut(&mut self, segment: usize) -> &mut [u32] {
        &mut self.words[self.group * self.places.of(segment, 0)..][..self.group]
    }

    /// A segment's first group.
    pub fn first_of(&self, segment: usize) -> &[u32] {
        &self.words[self.group * self.places.of(segment, 0)..][..self.group]
    }
}

/// The lowest level that is stored when the tree is built.
pub const STORED: usize = 3;

/// The memory of all levels above the leaves. Those that are stored have their places in it, the lowest one first.
/// When they are proved, all of it is that of level 2, and then of what level 1 and the leaves are folded to.
pub struct Memory {
    /// All of it.
    pub words: Buffer,
    /// The first word of each level from [`STORED`] on, and the end of the last one.
    starts: Vec<usize>,
}

impl Memory {
    /// Takes it.
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub fn take(pool: &Pool, steps: &[Step], degree: usize) -> Result<Self, AllocationError> {
        let starts = starts(steps, degree);
        Ok(Self {
            words: pool.take(level_words(steps, degree))?,
            starts,
        })
    }

    /// A level that is stored.
    pub fn level(&mut self, level: usize) -> &mut [u32] {
        let index = level - STORED;
        &mut self.words[self.starts[index]..self.starts[index + 1]]
    }

    /// A level, and the one below it first.
    pub fn two_levels(&mut self, level: usize) -> [&mut [u32]; 2] {
        let index = level - STORED;
        let (below, level) = self.words.split_at_mut(self.starts[index]);
        let words = self.starts[index + 1] - self.starts[index];
        [&mut below[self.starts[index - 1]..], &mut level[..words]]
    }
}

/// Where each level from [`STORED`] on begins, and where the last one ends.
fn starts(steps: &[Step], degree: usize) -> Vec<usize> {
    let mut starts = vec![0];
    let mut end = 0;
    starts.extend(steps[STORED - 1..].iter().map(|step| {
        end += step.to.groups() * fraction_words(degree);
        end
    }));
    starts
}

/// Words of the levels that are stored, or of level 2 if these are more. Level 1 or the leaves are folded to fewer
/// groups, or only to denominators of as many again.
pub fn level_words(steps: &[Step], degree: usize) -> usize {
    let stored = starts(steps, degree).last().copied().unwrap_or(0);
    stored.max(steps[1].to.groups() * fraction_words(degree))
}
