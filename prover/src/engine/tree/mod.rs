//! The tree of fractions: that all messages of a part balance, proved from the root down.
//!
//! Section 8.3 of the protocol.
//!
//! The tree is sparse. Each *slot*, a message of a table, has as many *groups* of eight blocks of sixteen rows as its
//! table has rows, and one at least; all that is beyond is the fraction (0, 1). Half a group is a *quad*. Going up,
//! neighbouring blocks are added, so that each level has half the groups of the one below, slot by slot, until each slot
//! has one. From there on the slots' groups are added, local and global ones apart. Rounds skip the quads that are
//! beyond the rows: what they add to a sum is known.
//!
//! Little of it is in memory at a time; for elements of four words a leaf takes about twenty bytes:
//! - The leaves: a denominator takes 16 bytes; if one field of the message varies, only this field is kept, 4 bytes, and
//!   denominators are made from it again. Counts are kept where they differ within a group.
//! - The levels from 3 on, 8 bytes for each leaf, made with the leaves. They are proved first. In their memory level 2
//!   is then made from the leaves; level 1 is never stored: two rounds make it from the leaves, and the second one folds
//!   it into this memory, as it does with the leaves.
//!
//! A level is folded in place: its groups get farther apart with each round, so that tasks need not wait for each other.
//!
//! | file | what |
//! |---|---|
//! | `levels` | the groups of each level |
//! | `memory` | where they are |
//! | `bytes` | how much memory all of it takes |
//! | `blocks` | loading and storing blocks |
//! | `leaves` | the lowest level, and level 1 made from it |
//! | `fill` | evaluating the leaves |
//! | `build` | the levels above |
//! | `weights` | `eq` of an index, in two factors |
//! | `weighting` | the weights of a level's nodes, round by round |
//! | `sum` | sums over the nodes of a level |
//! | `stored`, `fours`, `pairs`, `bottom` | the rounds of a level: in memory, level 2, level 1, the leaves |
//! | `layer` | what they have in common |
//! | `top` | the rounds whose values are few |
//! | `prove` | all of it, depth by depth |

pub(crate) mod blocks;
mod bottom;
mod build;
mod bytes;
mod fill;
mod fours;
mod layer;
mod leaves;
mod levels;
mod memory;
mod pairs;
mod prove;
mod stored;
mod sum;
#[cfg(test)]
mod tests;
mod top;
mod weighting;
mod weights;

pub(crate) use bytes::{bytes, row_bytes};
pub use fill::Input;
pub use levels::Slots;
pub use prove::{Stages, Tree, prove};
pub(super) use weights::Weights;
