//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::AddSub;
use crate::{
    builder::{Builder, Circuit, constant, scoped, shift_down_16},
    instruction::Decoded,
    memory::{byte_pair, register},
    word::Word,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: AddSub<B::Var> = circuit.row();

    // (1) ADD or SUB.
    let is_add: B::Expr = row.is_add.into();
    let is_sub = B::Expr::ONE - is_add.clone();
    circuit.boolean("is_add", row.is_add);

    let operation = is_add.clone() * constant::<B>(Opcode::Add as u32)
        + is_sub.clone() * constant::<B>(Opcode::Sub as u32);
    let decoded = Decoded {
        operation,
        rd: row.rd.into(),
        rs1: row.rs1.into(),
        rs2: row.rs2.into(),
        ..Decoded::default()
    };
    row.thread
        .step(circuit, decoded, row.thread.following::<B>());

    // (2) left + y = sum (mod 2^32), where (left, sum) is (x, result) for ADD and (result, x) for
    // SUB. Carries are expressions of degree 1; limbs and carries stay below 2^17, far from p.
    let (x, y, result) = (row.x.value, row.y.value, row.result);
    scoped!(circuit, "add", sum(circuit, is_add, [x, y], result));
    scoped!(circuit, "sub", sum(circuit, is_sub, [result, y], x));
    scoped!(circuit, "result", row.result.range_check(circuit));

    // (3) Register accesses, each in its slot.
    let x_high = scoped!(circuit, "x", {
        row.x
            .read(circuit, register(row.rs1), row.thread.slot::<B>(0))
    });
    let y_high = scoped!(circuit, "y", {
        row.y
            .read(circuit, register(row.rs2), row.thread.slot::<B>(1))
    });
    let old_high = scoped!(circuit, "old", {
        row.old.write(
            circuit,
            register(row.rd),
            row.result.into_expr::<B>(),
            row.thread.slot::<B>(3),
        )
    });
    byte_pair(circuit, "difference_high.xy", x_high, y_high);
    byte_pair(circuit, "difference_high.old", old_high, B::Expr::ZERO);
}

/// Constrains `left + right = sum` (mod 2^32) where `flag` is 1.
#[inline(always)]
fn sum<B: Builder>(
    circuit: &mut Circuit<'_, B>,
    flag: B::Expr,
    [left, right]: [Word<B::Var>; 2],
    sum: Word<B::Var>,
) {
    let carry_lo = shift_down_16::<B>(left.lo + right.lo - sum.lo);
    let carry_hi = shift_down_16::<B>(left.hi + right.hi + carry_lo.clone() - sum.hi);
    circuit.zero("carry_lo", carry_lo.bool_check() * flag.clone());
    circuit.zero("carry_hi", carry_hi.bool_check() * flag);
}
