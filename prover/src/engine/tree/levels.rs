//! Where the groups of each level of the tree are.

use zonda_circuits::{machine::Table, tape::Plan};
use zonda_verifier::heights::Heights;

use super::blocks::Quad;

/// Blocks of a group.
pub const GROUP: usize = 8;

/// Rows of a group.
pub const GROUP_ROWS: usize = 16 * GROUP;

/// The messages of all tables of a part, each of which has a slot.
#[derive(Clone, Debug)]
pub struct Slots {
    /// How many variables index a row.
    pub row_bits: u32,
    /// How many variables index a slot.
    pub slot_bits: u32,
    /// The slots: local ones, then global ones.
    pub all: Vec<Slot>,
    /// How many of them are local.
    pub local: usize,
}

/// A message of every row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// The table.
    pub table: Table,
    /// Its message.
    pub message: usize,
    /// How many rows the table has.
    pub height: usize,
}

impl Slots {
    /// The slots of tables of these heights, in the order of [`Table::ALL`].
    pub fn new(heights: &Heights, plans: &[Plan]) -> Self {
        let slots = |is_global: bool| {
            let tables = Table::ALL.into_iter().zip(plans);
            tables.flat_map(move |(table, plan)| {
                let height = heights.of(table) as usize;
                let messages = plan.messages.iter().enumerate();
                messages
                    .filter(move |(_, message)| message.bus.is_global() == is_global)
                    .map(move |(message, _)| Slot {
                        table,
                        message,
                        height,
                    })
            })
        };
        let mut all: Vec<Slot> = slots(false).collect();
        let local = all.len();
        all.extend(slots(true));
        let most = local.max(all.len() - local);
        Self {
            row_bits: heights.log_rows(),
            slot_bits: most.next_power_of_two().ilog2(),
            all,
            local,
        }
    }

    /// The depth of the leaves.
    pub const fn depth(&self) -> u32 {
        self.row_bits + self.slot_bits + 1
    }
}

/// The groups of one level, by segment: by slot, or, from the level on where each slot has one group, local ones and
/// global ones.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Segments {
    /// Where each segment's groups begin, and where the last one's end.
    pub starts: Vec<usize>,
    /// How many quads each segment has, half groups: all that is beyond them is the fraction (0, 1).
    quads: Vec<usize>,
}

impl Segments {
    /// Segments of so many quads, each with one group at least.
    fn new(quads: Vec<usize>) -> Self {
        let mut starts = vec![0];
        let mut end = 0;
        starts.extend(quads.iter().map(|count| {
            end += count.div_ceil(2).max(1);
            end
        }));
        Self { starts, quads }
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// How many groups a segment has.
    pub fn groups_of(&self, segment: usize) -> usize {
        self.starts[segment + 1] - self.starts[segment]
    }

    /// How many quads a segment has.
    #[inline(always)]
    pub fn quads_of(&self, segment: usize) -> usize {
        self.quads[segment]
    }

    /// The segment of a group.
    pub fn segment_of(&self, group: usize) -> usize {
        self.starts.partition_point(|start| *start <= group) - 1
    }

    /// The segment of a group, given that of the group before.
    #[inline(always)]
    pub fn advance(&self, mut segment: usize, group: usize) -> usize {
        while group >= self.starts[segment + 1] {
            segment += 1;
        }
        segment
    }

    /// The index in its segment of a group.
    #[inline(always)]
    pub fn index_in(&self, segment: usize, group: usize) -> usize {
        group - self.starts[segment]
    }

    /// The segments of the level above.
    fn above(&self) -> Self {
        Self::new(self.quads.iter().map(|count| count.div_ceil(2)).collect())
    }
}

/// A step from one level to the next: the segments of both.
#[derive(Clone, Debug)]
pub struct Step {
    /// Of the lower level.
    pub from: Segments,
    /// Of the upper level.
    pub to: Segments,
    /// Whether segments are slots, rather than the local and the global ones.
    pub by_slot: bool,
}

impl Step {
    /// How many blocks of a quad of the upper level are made from quads of the lower one: two from each. A quad has at
    /// least two.
    #[inline(always)]
    pub fn present(&self, at: Quad) -> usize {
        let second = 2 * (2 * at.index + at.half) + 1;
        if second < self.from.quads_of(at.segment) {
            4
        } else {
            2
        }
    }
}

/// The levels from the leaves to the one where local and global slots have one group each.
pub fn steps(slots: &Slots) -> Vec<Step> {
    let by_slot = slots.row_bits as usize - GROUP_ROWS.ilog2() as usize;
    let quads = |slot: &Slot| slot.height.div_ceil(GROUP_ROWS / 2);
    let mut from = Segments::new(slots.all.iter().map(quads).collect());
    let mut steps = Vec::new();
    for level in 0..by_slot + slots.slot_bits as usize {
        if level == by_slot {
            debug_assert_eq!(from.groups(), slots.all.len());
            let global = (slots.all.len() - slots.local).max(1);
            from = Segments::new([slots.local, global].map(|groups| 2 * groups).into());
        }
        let to = from.above();
        steps.push(Step {
            from: from.clone(),
            to: to.clone(),
            by_slot: level < by_slot,
        });
        from = to;
    }
    steps
}
