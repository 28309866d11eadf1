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
//! | `levels` | where the groups of each level are |
//! | `blocks` | loading and storing blocks |
//! | `leaves` | the lowest level, from the tables |
//! | `build` | the levels above it |
//! | `weights` | `eq` of an index, in two factors |
//! | `round` | one round of a sumcheck: fold, and evaluate |
//! | `top` | the rounds whose values are few |
//! | `prove` | all of it, depth by depth |

pub(crate) mod blocks;
mod build;
mod leaves;
mod levels;
mod prove;
mod round;
#[cfg(test)]
mod tests;
mod top;
mod weights;

pub use leaves::Input;
pub use levels::Slots;
pub use prove::{Stages, Tree, prove};
pub(super) use weights::Weights;
