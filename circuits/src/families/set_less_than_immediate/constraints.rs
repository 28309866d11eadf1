//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::SetLessThanImmediate;
use crate::{
    builder::{Builder, Circuit, scoped},
    gadgets::less_than::biased,
    word::Word,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: SetLessThanImmediate<B::Var> = circuit.row();

    // (1) One of the two comparisons.
    let is_signed = row.comparison.is_signed(circuit);

    // (2) The register as it compares unsigned; the program has the immediate in that form.
    let x = row.registers.x.value.into_expr::<B>();
    let x = scoped!(circuit, "x", {
        biased(circuit, x, is_signed, row.x_sign.into())
    });

    // (3) The comparison. The result is a bit, so its limbs are in range.
    let immediate = row.immediate.into_expr::<B>();
    row.less_than.eval(circuit, x, immediate.clone());
    let result = Word {
        lo: row.less_than.less.into(),
        hi: B::Expr::ZERO,
    };

    // (4) The instruction and its registers.
    row.registers.step(
        circuit,
        &row.thread,
        row.comparison.operation::<B>(Opcode::Slti as u32),
        [immediate.lo, immediate.hi, B::Expr::ZERO, B::Expr::ZERO],
        result,
    );
}

// SLTIU follows SLTI.
const _: () = assert!(Opcode::Sltiu as u32 == Opcode::Slti as u32 + 1);
