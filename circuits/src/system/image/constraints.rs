//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::record::REGISTERS;

use super::{Fixed, InBoundary};
use crate::{
    F,
    builder::{Builder, Circuit},
    bus::{Bus, SPACE_OUTPUT_LENGTH, SPACE_RAM, SPACE_REGISTER},
    machine,
    word::Word,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let fixed: Fixed<B::Var> = circuit.fixed();
    let row: InBoundary<B::Var> = circuit.boundary();

    // (1) touched is boolean.
    circuit.boolean("touched", row.touched);

    // (2) The value that the first shard that holds the address finds, and the one that the last
    // leaves.
    circuit.send_if(
        Bus::Boundary,
        "initial",
        row.touched,
        [
            fixed.space.into(),
            fixed.address.into(),
            fixed.initial.lo.into(),
            fixed.initial.hi.into(),
            B::Expr::ZERO,
        ],
    );
    circuit.receive_if(
        Bus::Boundary,
        "last",
        row.touched,
        [
            fixed.space.into(),
            fixed.address.into(),
            row.last.lo.into(),
            row.last.hi.into(),
            row.owner.into(),
        ],
    );
}

/// How many preprocessed rows there are.
pub fn count(image: &machine::Image) -> usize {
    REGISTERS + 1 + image.words.len()
}

/// A preprocessed row: of the 33 registers by number, the output length, then the image's words.
///
/// # Panics
/// If there are fewer.
pub fn fixed(image: &machine::Image, number: usize) -> Fixed<F> {
    let (space, address, value) = match number.checked_sub(REGISTERS) {
        None => (SPACE_REGISTER, number as u32, 0),
        Some(0) => (SPACE_OUTPUT_LENGTH, 0, 0),
        Some(after) => {
            let (address, value) = image.words[after - 1];
            (SPACE_RAM, address, value)
        }
    };
    let [lo, hi] = [value & 0xffff, value >> 16];
    Fixed {
        space: F::from_u32(space),
        address: F::from_u32(address),
        initial: Word { lo, hi }.map(F::from_u32),
    }
}
