//! The lowest level: a fraction for each message and row.

use core::{marker::PhantomData, ops::Range};

use rayon::prelude::*;
use zonda_circuits::{machine::Table, tape::Plan};
use zonda_kernels::{AllocationError, Buffer, Kernel, LINE, Lanes, P, Platform, Pool};

use super::{
    blocks::{block_words, fill},
    build::group_words,
    levels::{GROUP, GROUP_ROWS, Heights, Segments},
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
            _ if first == P - 1 => Self::MinusOne,
            _ => Self::General,
        }
    }

    /// The count, where it is one.
    pub const fn count(self) -> Option<u32> {
        match self {
            Self::General => None,
            Self::One => Some(1),
            Self::MinusOne => Some(P - 1),
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

    /// Evaluates the messages of all tables.
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub fn fill<E: ProverChallenge>(
        platform: Platform,
        pool: &Pool,
        heights: &Heights,
        segments: &Segments,
        inputs: &[Input<'_>],
        lookups: &Lookups<E>,
    ) -> Result<Self, AllocationError> {
        let groups = segments.groups();
        let words = group_words(E::DEGREE);
        let mut leaves = Self {
            denominators: pool.take(words * groups)?,
            counts: pool.take(COUNT_WORDS * groups)?,
            kinds: vec![Kind::Zero; groups],
        };
        let mut slots = leaves.slots(segments, words);
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
                let slots = own
                    .iter_mut()
                    .map(|(_, own)| own.split(groups.len(), words));
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
        }
        Ok(leaves)
    }

    /// The groups of each slot.
    fn slots(&mut self, segments: &Segments, words: usize) -> Vec<Groups<'_>> {
        let mut rest = Groups {
            denominators: &mut self.denominators,
            counts: &mut self.counts,
            kinds: &mut self.kinds,
        };
        (0..segments.len())
            .map(|slot| rest.split(segments.groups_of(slot), words))
            .collect()
    }
}

/// Some adjacent groups.
#[derive(Default)]
struct Groups<'a> {
    denominators: &'a mut [u32],
    counts: &'a mut [u32],
    kinds: &'a mut [Kind],
}

impl<'a> Groups<'a> {
    /// Takes the first groups out.
    fn split(&mut self, groups: usize, words: usize) -> Groups<'a> {
        Groups {
            denominators: split(&mut self.denominators, groups * words),
            counts: split(&mut self.counts, groups * COUNT_WORDS),
            kinds: split(&mut self.kinds, groups),
        }
    }
}

fn split<'a, T>(slice: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    slice.split_off_mut(..count).expect("as many as there are")
}

/// Groups of a table that one task evaluates.
const GROUPS_PER_TASK: usize = 16;

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
        for (index, group) in self.groups.clone().enumerate() {
            let mut row = group * GROUP_ROWS;
            let end = row + GROUP_ROWS;
            while row < end.min(height) {
                cells.load(row, &mut tape);
                tape.evaluate();
                let at = row % GROUP_ROWS;
                let (block, lane) = (at / LINE, at % LINE);
                for (message, slot) in self.slots.iter_mut().enumerate() {
                    let d: E::Packed<L> = self.messages.denominator(message, &tape.fields);
                    let first = words * index + block_words(E::DEGREE) * block + lane;
                    for (k, lanes) in d.as_ref().iter().enumerate() {
                        lanes.store(&mut slot.denominators[first + LINE * k..]);
                    }
                    tape.counts[message].store(&mut slot.counts[COUNT_WORDS * index + at..]);
                }
                row += L::WIDTH;
            }
            for slot in &mut self.slots {
                let counts = &mut slot.counts[COUNT_WORDS * index..][..COUNT_WORDS];
                let blocks = &mut slot.denominators[words * index..][..words];
                if end > height {
                    pad(counts, blocks, height - group * GROUP_ROWS, E::DEGREE);
                }
                slot.kinds[index] = Kind::of(counts);
            }
        }
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
