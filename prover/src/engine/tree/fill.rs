//! Evaluates the messages of all tables: the leaves, and with them level 3, which is the lowest one above them that is
//! stored.

use core::{marker::PhantomData, ops::Range};

use rayon::prelude::*;
use zonda_circuits::tape::Plan;
use zonda_kernels::{AllocationError, Kernel, LINE, Lanes, Platform, Pool};

use super::{
    blocks::{Fractions, block_words, fill, fill_fractions, piece_mut},
    leaves::{Group, Kind, LANE_WORDS, Leaves, Line, Place},
    levels::{GROUP, GROUP_ROWS, Segments, Slots},
    memory::{fraction_words, group_words},
};
use crate::engine::{
    challenge::ProverChallenge,
    columns::TableColumns,
    lookup::{Lookups, Messages},
    rows::Tape,
};

/// A table that has rows.
pub struct Input<'a> {
    /// Its messages.
    pub plan: &'a Plan,
    /// Its columns.
    pub columns: TableColumns<'a>,
}

/// Groups of a table that one task evaluates: whole groups of level 3.
const GROUPS_PER_TASK: usize = 2 * GROUP;

/// From so many words on, what is written does not stay in the caches anyway.
const LEAST_STREAMED: usize = 1 << 22;

/// Evaluates the messages of all tables, and makes level 3.
///
/// # Errors
/// If the system refuses the memory.
pub fn leaves<E: ProverChallenge>(
    platform: Platform,
    pool: &Pool,
    slots: &Slots,
    segments: &Segments,
    inputs: &[Input<'_>],
    lookups: &Lookups<E>,
    third: &mut [u32],
) -> Result<Leaves, AllocationError> {
    let messages: Vec<Messages> = inputs
        .iter()
        .map(|input| Messages::new(input.plan, lookups))
        .collect();
    let (places, words) = places::<E>(slots, segments, inputs, &messages);
    let mut leaves = Leaves {
        values: pool.take(words)?,
        counts: Vec::new(),
        kinds: vec![Kind::Zero; segments.groups()],
        places,
        segments: segments.clone(),
    };
    let mut groups = split_by_slot(&mut leaves, third, E::DEGREE);
    let mut tasks = Vec::new();
    for (input, messages) in inputs.iter().zip(&messages) {
        let own = of_table(slots, input, &mut groups);
        tasks.extend(Fill::<E>::tasks(
            input,
            messages,
            own,
            words >= LEAST_STREAMED,
        ));
    }
    // Tables without rows have one group, of nothing.
    for rest in groups.iter_mut().filter(|rest| rest.place.is_some()) {
        fill(rest.values, E::DEGREE, 1);
        fill_fractions(rest.third, E::DEGREE, 0);
    }
    let filled = tasks.into_par_iter().map(|task| platform.run(task));
    let filled: Vec<Filled<'_>> = filled.collect();
    leaves.counts = number_counts(filled);
    Ok(leaves)
}

/// Takes the groups of a table's messages, in their order.
fn of_table<'a>(slots: &Slots, input: &Input<'_>, groups: &mut [Groups<'a>]) -> Vec<Groups<'a>> {
    let own = slots.all.iter().zip(groups);
    let own = own.filter(|(slot, _)| slot.table == input.columns.table);
    let mut own: Vec<(usize, Groups<'a>)> = own
        .map(|(slot, groups)| (slot.message, core::mem::take(groups)))
        .collect();
    own.sort_unstable_by_key(|(message, _)| *message);
    own.into_iter().map(|(_, groups)| groups).collect()
}

/// Where the leaves of each slot are, and how many words they take.
fn places<E: ProverChallenge>(
    slots: &Slots,
    segments: &Segments,
    inputs: &[Input<'_>],
    messages: &[Messages],
) -> (Vec<Place>, usize) {
    let mut words = 0;
    let slots = slots.all.iter().enumerate();
    let places = slots.map(|(index, slot)| {
        let mut tables = inputs.iter().zip(messages);
        let own = tables.find(|(input, _)| input.columns.table == slot.table);
        let line = own.and_then(|(_, messages)| Line::of::<E>(messages, slot.message));
        let place = Place::new(words, slot.height, line);
        words = place.word(segments.groups_of(index), E::DEGREE);
        place
    });
    (places.collect(), words)
}

/// Some adjacent groups of a slot, and the groups of level 3 above them.
#[derive(Default)]
struct Groups<'a> {
    place: Option<&'a Place>,
    values: &'a mut [u32],
    kinds: &'a mut [Kind],
    third: &'a mut [u32],
}

impl<'a> Groups<'a> {
    /// Takes groups out, the first ones.
    fn split(&mut self, groups: &Range<usize>, degree: usize) -> Self {
        let place = self.place.expect("a slot has a place");
        let words = place.word(groups.end, degree) - place.word(groups.start, degree);
        let third = fraction_words(degree) * groups.len().div_ceil(GROUP);
        Self {
            place: self.place,
            values: split(&mut self.values, words),
            kinds: split(&mut self.kinds, groups.len()),
            third: split(&mut self.third, third),
        }
    }
}

fn split<'a, T>(slice: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    slice.split_off_mut(..count).expect("as many as there are")
}

/// The groups of each slot.
fn split_by_slot<'a>(
    leaves: &'a mut Leaves,
    mut third: &'a mut [u32],
    degree: usize,
) -> Vec<Groups<'a>> {
    let (mut values, mut kinds) = (&mut leaves.values[..], &mut leaves.kinds[..]);
    let slots = leaves.places.iter().enumerate();
    slots
        .map(|(slot, place)| {
            let groups = leaves.segments.groups_of(slot);
            let mut own = Groups {
                place: Some(place),
                values: core::mem::take(&mut values),
                kinds: core::mem::take(&mut kinds),
                third: core::mem::take(&mut third),
            };
            let first = own.split(&(0..groups), degree);
            (values, kinds, third) = (own.values, own.kinds, own.third);
            first
        })
        .collect()
}

/// What a task filled: the kinds of its groups, by slot, and the counts of those of the general kind, numbered from 0.
struct Filled<'a> {
    kinds: Vec<&'a mut [Kind]>,
    counts: Vec<u32>,
}

/// Numbers the groups of the general kind through. Returns their counts.
fn number_counts(filled: Vec<Filled<'_>>) -> Vec<u32> {
    let mut counts = Vec::with_capacity(filled.iter().map(|filled| filled.counts.len()).sum());
    for filled in filled {
        let before = (counts.len() / LANE_WORDS) as u32;
        for kind in filled.kinds.into_iter().flatten() {
            if let Kind::General(number) = kind {
                *number += before;
            }
        }
        counts.extend(filled.counts);
    }
    counts
}

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

impl<'a, E: ProverChallenge> Fill<'a, E> {
    /// The tasks of a table, whose messages have these groups.
    fn tasks(
        input: &'a Input<'a>,
        messages: &'a Messages,
        mut own: Vec<Groups<'a>>,
        streams: bool,
    ) -> Vec<Self> {
        let height = input.columns.height.div_ceil(GROUP_ROWS);
        let tasks = (0..height).step_by(GROUPS_PER_TASK).map(|first| {
            let groups = first..height.min(first + GROUPS_PER_TASK);
            let slots = own.iter_mut();
            Self {
                input,
                messages,
                slots: slots.map(|own| own.split(&groups, E::DEGREE)).collect(),
                groups,
                streams,
                challenge: PhantomData,
            }
        });
        tasks.collect()
    }
}

impl<'a, E: ProverChallenge> Kernel for Fill<'a, E> {
    type Output = Filled<'a>;

    #[inline(always)]
    fn run<L: Lanes>(mut self) -> Filled<'a> {
        let Input { plan, columns } = self.input;
        let mut tape = columns.tape::<L>(plan);
        let words = group_words(E::DEGREE);
        let mut all_counts = vec![0; LANE_WORDS * self.slots.len()];
        let mut all_values = vec![0; words * self.slots.len()];
        let mut counts = Vec::new();
        for (index, group) in self.groups.clone().enumerate() {
            let first = group * GROUP_ROWS;
            let rows = GROUP_ROWS.min(columns.height - first);
            let mut row = 0;
            while row < rows {
                columns.load(first + row, &mut tape);
                tape.evaluate();
                self.put_rows(&tape, group, row, &mut all_counts, &mut all_values);
                row += L::WIDTH;
            }
            for (message, slot) in self.slots.iter_mut().enumerate() {
                let own_counts = piece_mut(&mut all_counts, LANE_WORDS, message);
                let own_values = piece_mut(&mut all_values, words, message);
                if rows < GROUP_ROWS {
                    pad(own_counts, own_values, rows, E::DEGREE);
                }
                L::call(Emit::<E> {
                    slot,
                    group,
                    index,
                    own_counts,
                    own_values,
                    counts: &mut counts,
                    streams: self.streams,
                    challenge: PhantomData,
                });
            }
        }
        let groups = self.groups.len();
        let slots = self.slots.into_iter().map(|slot| {
            let last = slot.third.len() - fraction_words(E::DEGREE);
            let blocks = (groups - 1) % GROUP + 1;
            fill_fractions(&mut slot.third[last..], E::DEGREE, blocks);
            slot.kinds
        });
        let kinds = slots.collect();
        Filled { kinds, counts }
    }
}

impl<E: ProverChallenge> Fill<'_, E> {
    /// Puts the messages of a vector of rows into those of a group, from `row` on: counts, and values as they are
    /// stored.
    #[inline(always)]
    fn put_rows<L: Lanes>(
        &self,
        tape: &Tape<L>,
        group: usize,
        row: usize,
        all_counts: &mut [u32],
        all_values: &mut [u32],
    ) {
        let first = block_words(E::DEGREE) * (row / LINE) + row % LINE;
        let mut message = 0;
        while message < self.slots.len() {
            let counts = piece_mut(all_counts, LANE_WORDS, message);
            tape.counts[message].store(&mut counts[row..]);
            let values = piece_mut(all_values, group_words(E::DEGREE), message);
            let place = self.slots[message].place;
            if let Some(line) = place.and_then(|place| place.line(group)) {
                tape.fields[line.field].store(&mut values[row..]);
            } else {
                let d: E::Packed<L> = self.messages.denominator(message, &tape.fields);
                for (k, lanes) in d.as_ref().iter().enumerate() {
                    lanes.store(&mut values[first + LINE * k..]);
                }
            }
            message += 1;
        }
    }
}

/// Writes a group, and what it adds to level 3.
struct Emit<'a, 'b, E> {
    slot: &'a mut Groups<'b>,
    /// The group.
    group: usize,
    /// Which one of the slot's it is.
    index: usize,
    own_counts: &'a [u32],
    own_values: &'a [u32],
    /// The counts of groups of the general kind.
    counts: &'a mut Vec<u32>,
    streams: bool,
    challenge: PhantomData<E>,
}

impl<E: ProverChallenge> Kernel for Emit<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let kind = Kind::of(self.own_counts, (self.counts.len() / LANE_WORDS) as u32);
        self.slot.kinds[self.index] = kind;
        if matches!(kind, Kind::General(_)) {
            self.counts.extend_from_slice(self.own_counts);
        }
        let place = self.slot.place.expect("a slot has a place");
        let line = place.line(self.group);
        let first = place.word(self.group - self.index, E::DEGREE);
        let [start, end] = [0, 1].map(|after| place.word(self.group + after, E::DEGREE) - first);
        copy::<L>(
            self.own_values,
            &mut self.slot.values[start..end],
            self.streams,
        );
        let group = Group {
            kind,
            counts: self.own_counts,
            line,
            values: self.own_values,
        };
        let to = piece_mut(
            self.slot.third,
            fraction_words(E::DEGREE),
            self.index / GROUP,
        );
        let mut part = 0;
        while part < LINE / L::WIDTH {
            let sum: Fractions<E::Packed<L>> = group.sum(part);
            sum.store(to, self.index % GROUP, part);
            part += 1;
        }
    }
}

/// Copies the first words, past the caches if it streams.
#[inline(always)]
fn copy<L: Lanes>(from: &[u32], to: &mut [u32], streams: bool) {
    let mut at = 0;
    while at < to.len() {
        let lanes = L::load(&from[at..]);
        if streams {
            lanes.stream(&mut to[at..]);
        } else {
            lanes.store(&mut to[at..]);
        }
        at += L::WIDTH;
    }
}

/// Makes the rows of a group from `first` on the fraction (0, 1).
fn pad(counts: &mut [u32], values: &mut [u32], first: usize, degree: usize) {
    counts[first..].fill(0);
    for row in first..GROUP_ROWS {
        let (block, lane) = (row / LINE, row % LINE);
        for k in 0..degree {
            values[block_words(degree) * block + LINE * k + lane] = u32::from(k == 0);
        }
    }
}
