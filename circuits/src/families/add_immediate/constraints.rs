//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::AddImmediate;
use crate::builder::{Builder, Circuit, constant, scoped, shift_down_16};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: AddImmediate<B::Var> = circuit.row();
    let x = row.registers.x.value;
    let result = row.result.into_expr::<B>();

    // (1) x + constant = result (mod 2^32). The program's constant has limbs in [0, 2^16), so limbs
    // and carries stay below 2^17, far from p.
    let carry_lo = shift_down_16::<B>(x.lo + row.constant.lo - row.result.lo);
    let carry_hi = shift_down_16::<B>(x.hi + row.constant.hi + carry_lo.clone() - row.result.hi);
    circuit.boolean("carry_lo", carry_lo);
    circuit.boolean("carry_hi", carry_hi);
    scoped!(circuit, "result", row.result.range_check(circuit));

    // (2) The instruction and its registers.
    let constants = [
        row.constant.lo.into(),
        row.constant.hi.into(),
        B::Expr::ZERO,
        B::Expr::ZERO,
    ];
    row.registers.step(
        circuit,
        &row.thread,
        constant::<B>(Opcode::Addi as u32),
        constants,
        result,
    );
}
