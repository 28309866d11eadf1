//! The tree of fractions: that all messages of a part balance, proved from the root down.
//!
//! Section 8.3 of the protocol.
//!
//! The tree is stored sparsely. Each *slot*, a message of a table, has as many *groups* of eight blocks of
//! sixteen rows as its table has rows, and one at least; all that is beyond is the fraction (0, 1). Going up,
//! neighbouring blocks are added, so that each level has half the groups of the one below, slot by slot, until
//! each slot has one. From there on the slots' groups are added, local and global ones apart.
//!
//! | file | what |
//! |---|---|
//! | `levels` | the groups of each level |
//! | `memory` | where they are |
//! | `blocks` | loading and storing blocks |
//! | `leaves` | the lowest level, and level 1 made from it |
//! | `fill` | evaluating the leaves |
//! | `build` | the levels above |
//! | `weights` | `eq` of an index, in two factors |
//! | `weighting` | the weights of a level's nodes, round by round |
//! | `sum` | sums over the nodes of a level |
//! | `stored`, `pairs`, `bottom` | the rounds of a level: in memory, level 1, the leaves |
//! | `layer` | what they have in common |
//! | `top` | the rounds whose values are few |
//! | `prove` | all of it, depth by depth |

pub(crate) mod blocks;
mod bottom;
mod build;
mod fill;
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

pub use fill::Input;
pub use levels::Slots;
pub use prove::{Stages, Tree, prove};
pub(super) use weights::Weights;
