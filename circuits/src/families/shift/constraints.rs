//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::Shift;
use crate::{
    builder::{Builder, Circuit, constant},
    bus::Bus,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: Shift<B::Var> = circuit.row();
    let shifted = row.shifted;
    let direction = shifted.direction;
    let [any_left, any_right] = [direction.any_left::<B>(), direction.any_right::<B>()];

    // (1) The amount. `bits` is it for a shift left, 31 minus it for a shift right: the bit of 16
    // is far_left or right, the bit of 8 is `wide`, the rest the exponent. So it is in 0 to 31.
    circuit.send(
        Bus::PowerOfTwo,
        "power",
        [row.exponent.into(), row.power.into()],
    );
    let bits = (direction.far_left + direction.right) * constant::<B>(16)
        + shifted.wide * constant::<B>(8)
        + row.exponent;
    let amount = any_left * bits.clone() + any_right.clone() * (constant::<B>(31) - bits);

    // (2) rs2 = amount (mod 32): the rest of its low limb is a multiple of 32, all below 2^22.
    circuit.send(Bus::Range16, "multiple", [row.multiple.into()]);
    circuit.equal(
        "amount",
        row.registers.y.value.lo,
        amount + row.multiple * constant::<B>(32),
    );

    // (3) The shift. The multiplier is 2^exponent for a shift left, and twice that for a shift right.
    let multiplier = (any_right + B::Expr::ONE) * row.power;
    let x = row.registers.x.value.into_expr::<B>();
    shifted.eval(circuit, x, multiplier);

    // (4) The instruction and its registers.
    row.registers.step(
        circuit,
        &row.thread,
        shifted.operation::<B>(Opcode::Sll as u32, Opcode::Srl as u32),
        shifted.result.into_expr::<B>(),
        B::Expr::ZERO,
    );
}

// SRA follows SRL.
const _: () = assert!(Opcode::Sra as u32 == Opcode::Srl as u32 + 1);
