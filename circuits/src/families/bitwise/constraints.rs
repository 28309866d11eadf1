//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::Bitwise;
use crate::{
    builder::{Builder, Circuit, exprs, scoped, shift_down_8},
    gadgets::logic::conjunction,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: Bitwise<B::Var> = circuit.row();
    let (x, y) = (row.registers.x.value, row.registers.y.value);
    let [and_0, and_1, and_2, and_3] = exprs::<B, 4>(row.and);

    // (1) One of the three operations.
    row.logic.check(circuit);

    // (2) Each limb of the result, from the conjunction of the operands' limbs. All sums are below
    // 2^18.
    for (name, x, x_low, y, y_low, and, result) in [
        (
            "lo",
            x.lo,
            row.x_low.lo,
            y.lo,
            row.y_low.lo,
            [and_0, and_1],
            row.result.lo,
        ),
        (
            "hi",
            x.hi,
            row.x_low.hi,
            y.hi,
            row.y_low.hi,
            [and_2, and_3],
            row.result.hi,
        ),
    ] {
        scoped!(circuit, name, {
            let y_bytes = [y_low.into(), shift_down_8::<B>(y - y_low)];
            let and = conjunction(circuit, (x.into(), x_low.into()), y_bytes, and);
            row.logic.combine(circuit, x + y, and, result.into());
        });
    }

    // (3) The instruction and its registers.
    let opcodes = [Opcode::Or, Opcode::Xor, Opcode::And].map(|opcode| opcode as u32);
    row.registers.step(
        circuit,
        &row.thread,
        row.logic.operation::<B>(opcodes),
        row.result.into_expr::<B>(),
        B::Expr::ZERO,
    );
}
