//! How much memory a tree takes.

use zonda_circuits::{
    builder::Weight,
    tape::{MessagePlan, Plan},
};

use super::{
    leaves::{LANE_WORDS, value_words},
    levels::{GROUP_ROWS, Slot, Slots, steps},
    memory::{group_words, level_words},
};

/// Bytes of the memory that a tree takes.
pub fn bytes(slots: &Slots, plans: &[Plan], degree: usize) -> u64 {
    let steps = steps(slots);
    let of_slot = |(index, slot): (usize, &Slot)| {
        let message = &plans[slot.table as usize].messages[slot.message];
        let whole = slot.height / GROUP_ROWS;
        leaf_words(message, whole, steps[0].from.groups_of(index), degree)
    };
    let leaves = slots.all.iter().enumerate().map(of_slot).sum::<usize>();
    4 * (leaves + level_words(&steps, degree)) as u64
}

/// Bytes that one more row of a table takes in a tree.
pub fn row_bytes(plan: &Plan, degree: usize) -> u64 {
    const GROUPS: usize = 1 << 10;
    let leaves = plan.messages.iter();
    let leaves = leaves.map(|message| leaf_words(message, GROUPS, GROUPS, degree));
    // Level 3 and all above it: as many fractions as a quarter of the leaves.
    let levels = GROUPS * plan.messages.len() * group_words(degree) / 2;
    (4 * (leaves.sum::<usize>() + levels)).div_ceil(GROUPS * GROUP_ROWS) as u64
}

/// Words of a message's leaves, and of what counts take when they are folded.
fn leaf_words(message: &MessagePlan, whole: usize, groups: usize, degree: usize) -> usize {
    let fields = if message.varying() == 1 { whole } else { 0 };
    let general = match (message.count, message.weight) {
        (Some(_), _) => 0,
        // The count is that of the row in nearly all messages: the same wherever rows are.
        (None, Weight::AtMostOne) => groups.div_ceil(GENERAL_SHARE),
        (None, Weight::Answers) => groups,
    };
    // Counts; numerators of half as many groups, and of half of these.
    let counts = LANE_WORDS * general + group_words(degree) * (3 * general).div_ceil(4);
    value_words(fields, groups, degree) + counts
}

/// Of how many groups of a message that is sent at most once by a row one has several counts.
const GENERAL_SHARE: usize = 8;
