//! The lowest level, a fraction for each message and row, and the levels above it that a few groups of it suffice for.

use core::{marker::PhantomData, ops::Range};

use rayon::prelude::*;
use zonda_circuits::tape::Plan;
use zonda_kernels::{
    AllocationError, Buffer, Kernel, LINE, Lanes, P as ORDER, Packed, Platform, Pool,
};

use super::{
    blocks::{Fractions, block_words, fill, load, piece, piece_mut, pieces_mut, put},
    build::{Level, group_words},
    levels::{GROUP, GROUP_ROWS, Segments, Slots},
};
use crate::engine::{
    challenge::ProverChallenge,
    columns::TableColumns,
    lookup::{Lookups, Messages},
};

/// A table that has rows.
pub struct Input<'a> {
    /// Its messages.
    pub plan: &'a Plan,
    /// Its columns.
    pub columns: TableColumns<'a>,
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
            piece(&self.counts, COUNT_WORDS, group),
            piece(&self.denominators, words, group),
        )
    }

    /// The kinds of all groups.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Evaluates the messages of all tables, and makes the levels above them, as many as are given.
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub fn fill<E: ProverChallenge>(
        platform: Platform,
        pool: &Pool,
        slots: &Slots,
        segments: &Segments,
        inputs: &[Input<'_>],
        lookups: &Lookups<E>,
        above: &mut [Level; ABOVE],
    ) -> Result<Self, AllocationError> {
        let groups = segments.groups();
        let mut leaves = Self {
            denominators: pool.take(group_words(E::DEGREE) * groups)?,
            counts: pool.take(COUNT_WORDS * groups)?,
            kinds: vec![Kind::Zero; groups],
        };
        let streams = groups >= LEAST_STREAMED;
        let mut places = leaves.places(segments, above, E::DEGREE);
        let messages: Vec<Messages> = inputs
            .iter()
            .map(|input| Messages::new(input.plan, lookups))
            .collect();
        let mut tasks = Vec::new();
        let filled = inputs.iter().zip(&messages);
        for (input, messages) in filled.filter(|(input, _)| input.columns.height > 0) {
            let of_table = |index: &usize| slots.all[*index].table == input.columns.table;
            let mut own: Vec<(usize, Groups<'_>)> = Vec::new();
            for index in (0..slots.all.len()).filter(of_table) {
                let groups = core::mem::take(&mut places[index]);
                own.push((slots.all[index].message, groups));
            }
            own.sort_unstable_by_key(|(message, _)| *message);
            let groups = input.columns.height.div_ceil(GROUP_ROWS);
            for first in (0..groups).step_by(GROUPS_PER_TASK) {
                let groups = first..(first + GROUPS_PER_TASK).min(groups);
                let slots = own
                    .iter_mut()
                    .map(|(_, own)| own.split(groups.len(), E::DEGREE));
                tasks.push(Fill::<E> {
                    input,
                    messages,
                    slots: slots.collect(),
                    groups,
                    streams,
                    challenge: PhantomData,
                });
            }
        }
        tasks.into_par_iter().for_each(|task| platform.run(task));
        // Tables without rows have one group, of nothing.
        for rest in &mut places {
            fill(rest.denominators, E::DEGREE, 1);
            for [numerators, denominators] in &mut rest.above {
                fill(numerators, E::DEGREE, 0);
                fill(denominators, E::DEGREE, 1);
            }
        }
        Ok(leaves)
    }

    /// The groups of each slot.
    fn places<'a>(
        &'a mut self,
        segments: &Segments,
        above: &'a mut [Level; ABOVE],
        degree: usize,
    ) -> Vec<Groups<'a>> {
        let mut rest = Groups {
            denominators: &mut self.denominators,
            counts: &mut self.counts,
            kinds: &mut self.kinds,
            above: above
                .each_mut()
                .map(|level| [&mut level.numerators[..], &mut level.denominators[..]]),
        };
        (0..segments.len())
            .map(|slot| rest.split(segments.groups_of(slot), degree))
            .collect()
    }
}

/// How many levels are made with the leaves: eight groups become one group of the last one.
pub const ABOVE: usize = 3;

/// From so many groups on, what is written does not stay in the caches anyway.
const LEAST_STREAMED: usize = 1 << 13;

/// Some adjacent groups of a slot, and the groups above them.
#[derive(Default)]
struct Groups<'a> {
    denominators: &'a mut [u32],
    counts: &'a mut [u32],
    kinds: &'a mut [Kind],
    /// Numerators and denominators of each level.
    above: [[&'a mut [u32]; 2]; ABOVE],
}

impl<'a> Groups<'a> {
    /// Takes the first groups out.
    fn split(&mut self, groups: usize, degree: usize) -> Groups<'a> {
        let words = group_words(degree);
        let mut taken = Groups {
            denominators: split(&mut self.denominators, groups * words),
            counts: split(&mut self.counts, groups * COUNT_WORDS),
            kinds: split(&mut self.kinds, groups),
            above: Default::default(),
        };
        for (level, (taken, rest)) in (1..).zip(taken.above.iter_mut().zip(&mut self.above)) {
            let words = words * groups.div_ceil(1 << level);
            *taken = rest.each_mut().map(|rest| split(rest, words));
        }
        taken
    }
}

fn split<'a, T>(slice: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    slice.split_off_mut(..count).expect("as many as there are")
}

/// Groups of a table that one task evaluates: whole groups of the last level that is made with them.
const GROUPS_PER_TASK: usize = 16;
const _: () = assert!(GROUPS_PER_TASK.is_multiple_of(1 << ABOVE));

/// Some groups of all messages of a table.
struct Fill<'a, E> {
    input: &'a Input<'a>,
    messages: &'a Messages,
    slots: Vec<Groups<'a>>,
    groups: Range<usize>,
    /// Whether what is written is not read soon.
    streams: bool,
    challenge: PhantomData<E>,
}

impl<E: ProverChallenge> Kernel for Fill<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let Input { plan, columns } = *self.input;
        let mut tape = columns.tape::<L>(plan);
        let words = group_words(E::DEGREE);
        let slots = self.slots.len();
        let mut all_counts = vec![0; COUNT_WORDS * slots];
        let mut all_blocks = vec![0; words * slots];
        for (index, group) in self.groups.clone().enumerate() {
            let mut row = group * GROUP_ROWS;
            let end = row + GROUP_ROWS;
            while row < end.min(columns.height) {
                columns.load(row, &mut tape);
                tape.evaluate();
                let at = row % GROUP_ROWS;
                let (block, lane) = (at / LINE, at % LINE);
                let mut message = 0;
                while message < slots {
                    let d: E::Packed<L> = self.messages.denominator(message, &tape.fields);
                    let blocks = piece_mut(&mut all_blocks, words, message);
                    let first = block_words(E::DEGREE) * block + lane;
                    for (k, lanes) in d.as_ref().iter().enumerate() {
                        lanes.store(&mut blocks[first + LINE * k..]);
                    }
                    let counts = piece_mut(&mut all_counts, COUNT_WORDS, message);
                    tape.counts[message].store(&mut counts[at..]);
                    message += 1;
                }
                row += L::WIDTH;
            }
            for (message, slot) in self.slots.iter_mut().enumerate() {
                let counts = piece_mut(&mut all_counts, COUNT_WORDS, message);
                let blocks = piece_mut(&mut all_blocks, words, message);
                if end > columns.height {
                    pad(
                        counts,
                        blocks,
                        columns.height - group * GROUP_ROWS,
                        E::DEGREE,
                    );
                }
                L::call(Emit::<E> {
                    slot,
                    index,
                    counts,
                    blocks,
                    streams: self.streams,
                    challenge: PhantomData,
                });
            }
        }
        for slot in &mut self.slots {
            pad_above(&mut slot.above, self.groups.len(), E::DEGREE);
        }
    }
}

/// Writes a group, and what it adds to the levels above.
struct Emit<'a, 'b, E> {
    slot: &'a mut Groups<'b>,
    index: usize,
    counts: &'a [u32],
    blocks: &'a [u32],
    streams: bool,
    challenge: PhantomData<E>,
}

impl<E: ProverChallenge> Kernel for Emit<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let kind = Kind::of(self.counts);
        self.slot.kinds[self.index] = kind;
        if kind == Kind::General {
            piece_mut(self.slot.counts, COUNT_WORDS, self.index).copy_from_slice(self.counts);
        }
        let mut this = self;
        let mut part = 0;
        while part < LINE / L::WIDTH {
            if this.streams {
                this.emit::<L, true>(kind, part);
            } else {
                this.emit::<L, false>(kind, part);
            }
            part += 1;
        }
    }
}

impl<E: ProverChallenge> Emit<'_, '_, E> {
    /// Writes the lanes of a part.
    #[inline(always)]
    fn emit<L: Lanes, const STREAMS: bool>(&mut self, kind: Kind, part: usize) {
        let Self {
            ref mut slot,
            index,
            counts,
            blocks,
            ..
        } = *self;
        let words = group_words(E::DEGREE);
        let own = piece_mut(slot.denominators, words, index);
        let [first, second, third] = &mut slot.above;
        let mut first = pieces_mut(first, words / 2, index);
        let mut second = pieces_mut(second, words / 4, index);
        let mut third = pieces_mut(third, words / 8, index);
        let mut last = [Fractions::<E::Packed<L>>::nothing(); 2];
        let mut half = 0;
        while half < 2 {
            let mut pairs = [Fractions::nothing(); 2];
            let mut i = 0;
            while i < 2 {
                let at = 2 * half + i;
                let q0: E::Packed<L> = load(blocks, 2 * at, part);
                let q1: E::Packed<L> = load(blocks, 2 * at + 1, part);
                put::<L, _, STREAMS>(q0, own, 2 * at, part);
                put::<L, _, STREAMS>(q1, own, 2 * at + 1, part);
                let p = match kind {
                    Kind::One => q0 + q1,
                    Kind::MinusOne => -(q0 + q1),
                    Kind::Zero => E::Packed::<L>::ZERO,
                    Kind::General => {
                        let c0 = L::load(&counts[2 * LINE * at + L::WIDTH * part..]);
                        let c1 = L::load(&counts[2 * LINE * at + LINE + L::WIDTH * part..]);
                        q1 * c0 + q0 * c1
                    }
                };
                pairs[i] = Fractions { p, q: q0 * q1 };
                pairs[i].put::<L, STREAMS>(&mut first, at, part);
                i += 1;
            }
            last[half] = pairs[0].join(pairs[1]);
            last[half].put::<L, STREAMS>(&mut second, half, part);
            half += 1;
        }
        last[0].join(last[1]).put::<L, STREAMS>(&mut third, 0, part);
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

/// Fills the groups above a number of groups up with the fraction (0, 1).
fn pad_above(above: &mut [[&mut [u32]; 2]; ABOVE], groups: usize, degree: usize) {
    for (level, [numerators, denominators]) in (1..).zip(above) {
        let first = groups * (group_words(degree) >> level);
        fill(&mut numerators[first..], degree, 0);
        fill(&mut denominators[first..], degree, 1);
    }
}
