//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::BitwiseImmediate;
use crate::{
    builder::{Builder, Circuit, constant, exprs, scoped},
    gadgets::logic::conjunction,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: BitwiseImmediate<B::Var> = circuit.row();
    let x = row.registers.x.value;
    let [immediate_low, immediate_high] = exprs::<B, 2>(row.immediate);
    let sign: B::Expr = row.sign.into();

    // (1) One of the three operations.
    row.logic.check(circuit);

    // (2) The low limb of the result, from the conjunction of the operands' low limbs. All sums are
    // below 2^18.
    scoped!(circuit, "lo", {
        let immediate = immediate_low.clone() + immediate_high.clone() * constant::<B>(1 << 8);
        let and = conjunction(
            circuit,
            (x.lo.into(), row.x_low.into()),
            [immediate_low.clone(), immediate_high.clone()],
            exprs::<B, 2>(row.and),
        );
        let sum = immediate + x.lo;
        row.logic.combine(circuit, sum, and, row.result.lo.into());
    });

    // (3) The high limb: the program's immediate is 0 or all ones there.
    scoped!(circuit, "hi", {
        let sum = sign.clone() * constant::<B>(0xffff) + x.hi;
        let and = sign.clone() * x.hi;
        row.logic.combine(circuit, sum, and, row.result.hi.into());
    });

    // (4) The instruction and its registers.
    let opcodes = [Opcode::Ori, Opcode::Xori, Opcode::Andi].map(|opcode| opcode as u32);
    row.registers.step(
        circuit,
        &row.thread,
        row.logic.operation::<B>(opcodes),
        [immediate_low, immediate_high, sign, B::Expr::ZERO],
        row.result.into_expr::<B>(),
    );
}
