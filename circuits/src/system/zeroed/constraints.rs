//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;

use super::{InBoundary, Zeroed};
use crate::{
    builder::{Builder, Circuit, constant, scoped},
    bus::{Bus, SPACE_RAM},
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let word: InBoundary<B::Var> = circuit.boundary();
    let row: Zeroed<B::Var> = circuit.row();

    // (1) The address lies in a gap of the image.
    let (address, start, end) = (word.address, row.start, row.end);
    circuit.send(
        Bus::Gap,
        "gap",
        [
            start.lo.into(),
            start.hi.into(),
            end.lo.into(),
            end.hi.into(),
        ],
    );

    // (2) start <= address, from <= address and address <= end - 1. Each difference is a sum
    // `low + 2^16 high` of two values that are looked up to be in [0, 2^16), so it is not negative.
    //
    // That is so over the integers: limbs of start and end are below 2^16 (the gap table's), so (2)
    // for start puts address.lo in [-2^16, 2^17) and address.hi in [0, 2^17), whether or not they
    // are the 16-bit limbs; from is such an address with 1 added to lo, or what the verifier bounds
    // by 2^16 and 2^14; so no sum here leaves [-2^19, 2^19], far from p. The address as an integer, start <= lo + 2^16 hi < end <=
    // 2^30, is all that the other tables see of it.
    let one = B::Expr::ONE;
    not_negative(
        circuit,
        "address - start",
        row.borrow_start,
        [address.lo - start.lo, address.hi - start.hi],
    );
    not_negative(
        circuit,
        "address - from",
        row.borrow_from,
        [address.lo - row.from.lo, address.hi - row.from.hi],
    );
    not_negative(
        circuit,
        "end - 1 - address",
        row.borrow_end,
        [end.lo - address.lo - one.clone(), end.hi - address.hi],
    );

    // (3) The chain: each row takes it from `from` to `address + 1`, which is larger.
    circuit.receive(
        Bus::ZeroedFrom,
        "from",
        [row.from.lo.into(), row.from.hi.into()],
    );
    circuit.send(
        Bus::ZeroedFrom,
        "next",
        [address.lo + one, address.hi.into()],
    );

    // (4) What the first shard that holds the word finds, and what the last one leaves.
    let space = constant::<B>(SPACE_RAM);
    let address: B::Expr = address.lo + address.hi * constant::<B>(1 << 16);
    circuit.send(
        Bus::Boundary,
        "initial",
        [
            space.clone(),
            address.clone(),
            B::Expr::ZERO,
            B::Expr::ZERO,
            B::Expr::ZERO,
        ],
    );
    circuit.receive(
        Bus::Boundary,
        "last",
        [
            space,
            address,
            word.last.lo.into(),
            word.last.hi.into(),
            word.owner.into(),
        ],
    );
}

/// Constrains `low + 2^16 high` to be not negative: less what is borrowed, both are in `[0, 2^16)`.
#[inline(always)]
fn not_negative<B: Builder>(
    circuit: &mut Circuit<'_, B>,
    name: &str,
    borrow: B::Var,
    [low, high]: [B::Expr; 2],
) {
    scoped!(circuit, name, {
        circuit.boolean("borrow", borrow);
        let low = low + borrow * constant::<B>(1 << 16);
        circuit.send(Bus::Range16, "low", [low]);
        circuit.send(Bus::Range16, "high", [high - borrow]);
    });
}
