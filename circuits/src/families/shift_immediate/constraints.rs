//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::ShiftImmediate;
use crate::builder::{Builder, Circuit};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: ShiftImmediate<B::Var> = circuit.row();
    let shifted = row.shifted;
    let x = row.registers.x.value.into_expr::<B>();

    // (1) The shift. The program has the multiplier, the direction and `wide` that its amount asks
    // for.
    shifted.eval(circuit, x, row.multiplier.into());

    // (2) The instruction and its registers.
    let constants = [
        row.multiplier.into(),
        shifted.wide.into(),
        shifted.direction.number::<B>(),
        B::Expr::ZERO,
    ];
    row.registers.step(
        circuit,
        &row.thread,
        shifted.operation::<B>(Opcode::Slli as u32, Opcode::Srli as u32),
        constants,
        shifted.result.into_expr::<B>(),
    );
}

// SRAI follows SRLI.
const _: () = assert!(Opcode::Srai as u32 == Opcode::Srli as u32 + 1);
