//! The constraints and messages of the table.

use p3_lookup::InteractionBuilder;

use super::Divide;
use crate::builder::Circuit;

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: InteractionBuilder>(circuit: &mut Circuit<'_, B>) {
    let row: Divide<B::Var> = circuit.row();
    circuit.zero("unused", row.active);
}
