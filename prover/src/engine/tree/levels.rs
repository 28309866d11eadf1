//! Where the groups of each level of the tree are.

use zonda_circuits::{machine::Table, tape::Plan};
use zonda_verifier::heights::Heights;

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
}

impl Segments {
    fn new(groups: impl IntoIterator<Item = usize>) -> Self {
        let mut starts = vec![0];
        let mut end = 0;
        starts.extend(groups.into_iter().map(|count| {
            end += count;
            end
        }));
        Self { starts }
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// How many segments there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many groups a segment has.
    pub fn groups_of(&self, segment: usize) -> usize {
        self.starts[segment + 1] - self.starts[segment]
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
        Self::new((0..self.len()).map(|segment| self.groups_of(segment).div_ceil(2)))
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

/// The levels from the leaves to the one where local and global slots have one group each.
pub fn steps(slots: &Slots) -> Vec<Step> {
    let by_slot = slots.row_bits as usize - GROUP_ROWS.ilog2() as usize;
    let groups = |slot: &Slot| slot.height.div_ceil(GROUP_ROWS).max(1);
    let mut from = Segments::new(slots.all.iter().map(groups));
    let mut steps = Vec::new();
    for level in 0..by_slot + slots.slot_bits as usize {
        if level == by_slot {
            debug_assert_eq!(from.groups(), slots.all.len());
            let global = (slots.all.len() - slots.local).max(1);
            from = Segments::new([slots.local, global]);
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
