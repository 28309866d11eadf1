//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;

use super::{Fixed, InBoundary};
use crate::{
    F,
    builder::{Builder, Circuit, exprs},
    bus::Bus,
    instruction::decoded,
    machine::Image,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let fixed: Fixed<B::Var> = circuit.fixed();
    let row: InBoundary<B::Var> = circuit.boundary();

    let [c0, c1, c2, c3] = exprs::<B, 4>(fixed.constants);
    circuit.provide(
        Bus::Instruction,
        "instruction",
        row.multiplicity,
        [
            fixed.pc.into(),
            fixed.operation.into(),
            fixed.rd.into(),
            fixed.rs1.into(),
            fixed.rs2.into(),
            c0,
            c1,
            c2,
            c3,
        ],
    );
}

/// A preprocessed row: that of the instruction of this number in the image's text.
///
/// # Panics
/// If there are fewer.
pub fn fixed(image: &Image, number: usize) -> Fixed<F> {
    let (pc, instruction) = &image.text[number];
    let decoded = decoded(*pc, instruction).map(F::from_u32);
    Fixed {
        pc: F::from_u32(*pc),
        operation: decoded.operation,
        rd: decoded.rd,
        rs1: decoded.rs1,
        rs2: decoded.rs2,
        constants: decoded.constants,
    }
}
