//! The messages of the table.

use super::{InBoundary, Instructions};
use crate::{
    builder::{Builder, Circuit, exprs},
    bus::Bus,
};

/// States the table's messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let instruction: InBoundary<B::Var> = circuit.boundary();
    let row: Instructions<B::Var> = circuit.row();
    let [c0, c1, c2, c3] = exprs::<B, 4>(instruction.constants);
    let fields = [
        instruction.pc.into(),
        instruction.operation.into(),
        instruction.rd.into(),
        instruction.rs1.into(),
        instruction.rs2.into(),
        c0,
        c1,
        c2,
        c3,
    ];
    circuit.provide(
        Bus::Program,
        "instruction",
        row.multiplicity,
        fields.clone(),
    );
    // Every row is an instruction of the program, whether or not it is executed: a row of zeros is
    // none.
    circuit.send(Bus::Instruction, "program", fields);
}
