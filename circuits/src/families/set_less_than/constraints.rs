//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::SetLessThan;
use crate::{
    builder::{Builder, Circuit, scoped},
    gadgets::less_than::biased,
    word::Word,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: SetLessThan<B::Var> = circuit.row();

    // (1) One of the two comparisons.
    let is_signed = row.comparison.is_signed(circuit);

    // (2) The operands as they compare unsigned.
    let x = scoped!(circuit, "x", {
        let x = row.registers.x.value.into_expr::<B>();
        biased(circuit, x, is_signed.clone(), row.x_sign.into())
    });
    let y = scoped!(circuit, "y", {
        let y = row.registers.y.value.into_expr::<B>();
        biased(circuit, y, is_signed, row.y_sign.into())
    });

    // (3) The comparison. The result is a bit, so its limbs are in range.
    row.less_than.eval(circuit, x, y);
    let result = Word {
        lo: row.less_than.less.into(),
        hi: B::Expr::ZERO,
    };

    // (4) The instruction and its registers.
    row.registers.step(
        circuit,
        &row.thread,
        row.comparison.operation::<B>(Opcode::Slt as u32),
        result,
        B::Expr::ZERO,
    );
}

// SLTU follows SLT.
const _: () = assert!(Opcode::Sltu as u32 == Opcode::Slt as u32 + 1);
