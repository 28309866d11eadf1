//! The constraints and messages of the table, and its public values.

use alloc::{vec, vec::Vec};

use p3_field::PrimeCharacteristicRing;

use super::{Boundary, InBoundary};
use crate::{
    F,
    builder::{Builder, Circuit},
    bus::Bus,
    machine::Execution,
};

// Index of the public value.
const POSITION: usize = 0;

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let place: InBoundary<B::Var> = circuit.boundary();
    let row: Boundary<B::Var> = circuit.row();
    let position = circuit.public(POSITION);
    let tuple = |lo: B::Var, hi: B::Var, time: B::Expr| {
        [
            place.space.into(),
            place.address.into(),
            lo.into(),
            hi.into(),
            time,
        ]
    };
    let (before, after) = (place.before, place.after);

    // (1) Within the shard, the value before is there at clk 0, and the value after is the last.
    circuit.send(
        Bus::Memory,
        "initial",
        tuple(before.lo, before.hi, B::Expr::ZERO),
    );
    circuit.receive(
        Bus::Memory,
        "last",
        tuple(after.lo, after.hi, row.last_clk.into()),
    );

    // (2) The owner is an earlier shard: `position - 1 - owner` is in [0, 2^16). Owners on the
    // boundary bus are 0 or positions, at most 2^16, so that this is so over the integers.
    circuit.send(
        Bus::Range16,
        "owner",
        [position.clone() - B::Expr::ONE - place.owner.into()],
    );

    // (3) Between shards, the place passes from its owner to this shard.
    circuit.receive(
        Bus::Boundary,
        "before",
        tuple(before.lo, before.hi, place.owner.into()),
    );
    circuit.send(Bus::Boundary, "after", tuple(after.lo, after.hi, position));
}

/// The public value: the shard's position.
pub fn public(execution: &Execution) -> Vec<F> {
    vec![F::from_u32(execution.position)]
}
