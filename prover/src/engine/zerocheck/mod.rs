//! The sum over rows: that leaves are what the tables' messages say and that all constraints hold, down to the values
//! of all columns at one point.
//!
//! Section 8.4 of the protocol.
//!
//! | file | what |
//! |---|---|
//! | `forms` | what a table states, taken apart: affine forms, and products |
//! | `program` | products as a program, evaluated at several points at once |
//! | `weights` | what everything is multiplied with |
//! | `sums` | weighted sums over rows |
//! | `skip` | the first round, of three bits |
//! | `rounds` | the later ones: fold, and evaluate |
//! | `values` | columns that no product has: their values at the end |
//! | `prove` | all of it |

mod forms;
mod program;
mod prove;
mod rounds;
mod skip;
mod sums;
#[cfg(test)]
mod tests;
mod values;
mod weights;

pub use prove::{Known, Proved, prove};
