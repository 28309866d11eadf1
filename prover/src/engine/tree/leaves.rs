//! The lowest level: a fraction for each message and row.

use core::{marker::PhantomData, ops::Range};

use rayon::prelude::*;
use zonda_circuits::{machine::Table, tape::Plan};
use zonda_kernels::{
    AllocationError, Buffer, Kernel, LINE, Lanes, P as ORDER, Packed, Platform, Pool,
};

use super::{
    blocks::{block_words, fill},
    build::{Level, group_words, join_group, join_leaves},
    levels::{GROUP, GROUP_ROWS, Heights, Step},
};
use crate::engine::{
    challenge::ProverChallenge,
    lookup::{Lookups, Messages},
    rows::{Offsets, Tape},
    table::Cells,
};

/// A table that has rows.
pub struct Input<'a> {
    /// The table.
    pub table: Table,
    /// Its messages.
    pub plan: &'a Plan,
    /// Its rows.
    pub cells: Cells<'a>,
    /// How many of the rows there are: the others are not part of the table.
    pub height: usize,
}

/// The counts of a group of leaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// They differ.
    General,
    /// All are 1.
    One,
    /// All are -1.
    MinusOne,
    /// All are 0.
    Zero,
}

impl Kind {
    fn of(counts: &[u32]) -> Self {
        let first = counts[0];
        if counts.iter().any(|count| *count != first) {
            return Self::General;
        }
        match first {
            0 => Self::Zero,
            1 => Self::One,
            _ if first == ORDER - 1 => Self::MinusOne,
            _ => Self::General,
        }
    }

    /// The count, where it is one.
    pub const fn count(self) -> Option<u32> {
        match self {
            Self::General => None,
            Self::One => Some(1),
            Self::MinusOne => Some(ORDER - 1),
            Self::Zero => Some(0),
        }
    }
}

/// All leaves: groups of blocks, by slot.
pub struct Leaves {
    denominators: Buffer,
    /// A word for each row; written where the kind is general.
    counts: Buffer,
    kinds: Vec<Kind>,
}

/// Words of a group's counts.
const COUNT_WORDS: usize = GROUP * LINE;

impl Leaves {
    /// A group's kind, its counts, and its denominators. The counts are arbitrary unless the kind is general.
    #[inline(always)]
    pub fn group(&self, group: usize, degree: usize) -> (Kind, &[u32], &[u32]) {
        let words = group_words(degree);
        (
            self.kinds[group],
            &self.counts[COUNT_WORDS * group..COUNT_WORDS * (group + 1)],
            &self.denominators[words * group..words * (group + 1)],
        )
    }

    /// The kinds of all groups.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Evaluates the messages of all tables, and adds them up to the first levels above them while they are at
    /// hand.
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub fn fill<E: ProverChallenge>(
        platform: Platform,
        pool: &Pool,
        heights: &Heights,
        steps: &[Step],
        levels: &mut [Level; FUSED],
        inputs: &[Input<'_>],
        lookups: &Lookups<E>,
    ) -> Result<Self, AllocationError> {
        let groups = steps[0].from.groups();
        let words = group_words(E::DEGREE);
        let mut leaves = Self {
            denominators: pool.take(words * groups)?,
            counts: pool.take(COUNT_WORDS * groups)?,
            kinds: vec![Kind::Zero; groups],
        };
        let mut slots = leaves.slots(steps, levels, words);
        let messages: Vec<Messages> = inputs
            .iter()
            .map(|input| Messages::new(input.plan, lookups))
            .collect();
        let mut tasks = Vec::new();
        let filled = inputs.iter().zip(&messages);
        for (input, messages) in filled.filter(|(input, _)| input.height > 0) {
            let of_table = |index: &usize| heights.all[*index].table == input.table;
            let mut own: Vec<(usize, Groups<'_>)> = Vec::new();
            for index in (0..heights.all.len()).filter(of_table) {
                let groups = core::mem::take(&mut slots[index]);
                own.push((heights.all[index].message, groups));
            }
            own.sort_unstable_by_key(|(message, _)| *message);
            let groups = input.height.div_ceil(GROUP_ROWS);
            for first in (0..groups).step_by(GROUPS_PER_TASK) {
                let groups = first..(first + GROUPS_PER_TASK).min(groups);
                let slots = own.iter_mut().map(|(_, own)| {
                    let count = groups.len();
                    let above = core::array::from_fn(|level| count.div_ceil(2 << level));
                    own.split(count, above, words)
                });
                tasks.push(Fill::<E> {
                    input,
                    messages,
                    slots: slots.collect(),
                    groups,
                    challenge: PhantomData,
                });
            }
        }
        tasks.into_par_iter().for_each(|task| platform.run(task));
        // Tables without rows have one group, of nothing.
        for rest in &mut slots {
            fill(rest.denominators, E::DEGREE, 1);
            for [numerators, denominators] in &mut rest.levels {
                numerators.fill(0);
                fill(denominators, E::DEGREE, 1);
            }
        }
        Ok(leaves)
    }

    /// The groups of each slot.
    fn slots<'a>(
        &'a mut self,
        steps: &[Step],
        levels: &'a mut [Level; FUSED],
        words: usize,
    ) -> Vec<Groups<'a>> {
        let mut rest = Groups {
            denominators: &mut self.denominators,
            counts: &mut self.counts,
            kinds: &mut self.kinds,
            levels: levels
                .each_mut()
                .map(|level| [&mut level.numerators[..], &mut level.denominators[..]]),
        };
        let slot = |slot: usize| {
            let above = core::array::from_fn(|level| steps[level].to.groups_of(slot));
            rest.split(steps[0].from.groups_of(slot), above, words)
        };
        (0..steps[0].from.len()).map(slot).collect()
    }
}

/// Some adjacent groups.
#[derive(Default)]
struct Groups<'a> {
    denominators: &'a mut [u32],
    counts: &'a mut [u32],
    kinds: &'a mut [Kind],
    /// Numerators and denominators of the levels above.
    levels: [[&'a mut [u32]; 2]; FUSED],
}

impl<'a> Groups<'a> {
    /// Takes the first groups out, and as many of each level above.
    fn split(&mut self, groups: usize, above: [usize; FUSED], words: usize) -> Groups<'a> {
        let levels = self.levels.each_mut().into_iter().zip(above);
        let mut levels = levels.map(|([numerators, denominators], groups)| {
            [
                split(numerators, groups * words),
                split(denominators, groups * words),
            ]
        });
        Groups {
            denominators: split(&mut self.denominators, groups * words),
            counts: split(&mut self.counts, groups * COUNT_WORDS),
            kinds: split(&mut self.kinds, groups),
            levels: core::array::from_fn(|_| levels.next().expect("as many as there are")),
        }
    }
}

/// How many levels above the leaves are made with them.
pub const FUSED: usize = 3;

fn split<'a, T>(slice: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    slice.split_off_mut(..count).expect("as many as there are")
}

/// Groups of a table that one task evaluates: they make one group of the last level that is made with them.
const GROUPS_PER_TASK: usize = 1 << FUSED;

/// Some groups of all messages of a table.
struct Fill<'a, E> {
    input: &'a Input<'a>,
    messages: &'a Messages,
    slots: Vec<Groups<'a>>,
    groups: Range<usize>,
    challenge: PhantomData<E>,
}

impl<E: ProverChallenge> Kernel for Fill<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let Input {
            table,
            plan,
            ref cells,
            height,
        } = *self.input;
        let offsets = Offsets::default();
        let mut tape = Tape::<L>::new(table, plan, offsets, cells.periodic_width, cells.public);
        let words = group_words(E::DEGREE);
        let mut group = Group::new(self.slots.len(), words);
        for (index, number) in self.groups.clone().enumerate() {
            let mut row = number * GROUP_ROWS;
            let end = row + GROUP_ROWS;
            while row < end.min(height) {
                cells.load(row, &mut tape);
                tape.evaluate();
                let at = row % GROUP_ROWS;
                let (block, lane) = (at / LINE, at % LINE);
                for message in 0..self.slots.len() {
                    let d: E::Packed<L> = self.messages.denominator(message, &tape.fields);
                    let first = words * message + block_words(E::DEGREE) * block + lane;
                    for (k, lanes) in d.as_ref().iter().enumerate() {
                        lanes.store(&mut group.denominators[first + LINE * k..]);
                    }
                    tape.counts[message].store(&mut group.counts[COUNT_WORDS * message + at..]);
                }
                row += L::WIDTH;
            }
            for (message, slot) in self.slots.iter_mut().enumerate() {
                let counts = &mut group.counts[COUNT_WORDS * message..][..COUNT_WORDS];
                let blocks = &mut group.denominators[words * message..][..words];
                if end > height {
                    pad(counts, blocks, height - number * GROUP_ROWS, E::DEGREE);
                }
                emit::<L, E::Packed<L>>(slot, index, counts, blocks);
            }
        }
        L::fence();
        for slot in &mut self.slots {
            join_levels::<L, E::Packed<L>>(slot, self.groups.len());
        }
    }
}

/// Room for a group of each message of a table.
struct Group {
    denominators: Vec<u32>,
    counts: Vec<u32>,
}

impl Group {
    fn new(messages: usize, words: usize) -> Self {
        Self {
            denominators: vec![0; words * messages],
            counts: vec![0; COUNT_WORDS * messages],
        }
    }
}

/// Writes group `index` of a slot, past the caches since it is read much later, and its half of a group of the level
/// above.
#[inline(always)]
fn emit<L: Lanes, P: Packed<L>>(
    slot: &mut Groups<'_>,
    index: usize,
    counts: &[u32],
    blocks: &[u32],
) {
    let words = blocks.len();
    let kind = Kind::of(counts);
    slot.kinds[index] = kind;
    if kind == Kind::General {
        slot.counts[COUNT_WORDS * index..][..COUNT_WORDS].copy_from_slice(counts);
    }
    let to = &mut slot.denominators[words * index..][..words];
    for (from, to) in blocks.chunks_exact(LINE).zip(to.chunks_exact_mut(LINE)) {
        for (from, to) in from
            .chunks_exact(L::WIDTH)
            .zip(to.chunks_exact_mut(L::WIDTH))
        {
            L::load(from).store_past_caches(to);
        }
    }
    let half = words / 2 * index..words / 2 * (index + 1);
    let [numerators, denominators] = &mut slot.levels[0];
    let above = [&mut numerators[half.clone()], &mut denominators[half]];
    join_leaves::<L, P>(kind, counts, blocks, above);
}

/// Fills a slot's first level up, and makes the others that are made with the leaves, of which there are `groups`.
#[inline(always)]
fn join_levels<L: Lanes, P: Packed<L>>(slot: &mut Groups<'_>, groups: usize) {
    let words = group_words(P::DEGREE);
    let mut halves = groups;
    for level in 0..FUSED {
        let (below, above) = slot.levels.split_at_mut(level);
        let [numerators, denominators] = &mut above[0];
        if let Some([p, q]) = below.last() {
            for (half, (p, q)) in p.chunks_exact(words).zip(q.chunks_exact(words)).enumerate() {
                let half = words / 2 * half..words / 2 * (half + 1);
                let above = [&mut numerators[half.clone()], &mut denominators[half]];
                join_group::<L, P>([p, q], above);
            }
        }
        if !halves.is_multiple_of(2) {
            let rest = words / 2 * halves..;
            numerators[rest.clone()].fill(0);
            fill(&mut denominators[rest], P::DEGREE, 1);
        }
        halves = halves.div_ceil(2);
    }
}

/// Makes the rows of a group from `first` on the fraction (0, 1).
fn pad(counts: &mut [u32], blocks: &mut [u32], first: usize, degree: usize) {
    counts[first..].fill(0);
    for row in first..GROUP_ROWS {
        let (block, lane) = (row / LINE, row % LINE);
        for k in 0..degree {
            blocks[block_words(degree) * block + LINE * k + lane] = u32::from(k == 0);
        }
    }
}
