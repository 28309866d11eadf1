//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::Jump;
use crate::{
    builder::{Builder, Circuit, constant, scoped, shift_down_2},
    bus::Bus,
    instruction::{Decoded, IMMEDIATE_BIAS},
    memory::{byte_pair, register},
    word::Word,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: Jump<B::Var> = circuit.row();
    let one = B::Expr::ONE;
    let clk: B::Expr = row.thread.clk.into();

    // (1) JAL or JALR.
    let is_jalr: B::Expr = row.is_jalr.into();
    let is_jal = one.clone() - is_jalr.clone();
    circuit.boolean("is_jalr", row.is_jalr);

    // (2) JAL reads no register: the columns of the read hold 0, found just before.
    scoped!(circuit, "jal", {
        let found = row.x.previous_clk - clk.clone() + one.clone();
        circuit.zero("x.lo", is_jal.clone() * row.x.value.lo);
        circuit.zero("x.hi", is_jal.clone() * row.x.value.hi);
        circuit.zero("x.previous_clk", is_jal.clone() * found);
        circuit.zero("x.difference_low", is_jal.clone() * row.x.difference_low);
    });

    // (3) JALR's target is a multiple of four: low = 4 v with v in [0, 2^16). It is an integer
    // between -1 and 2^17, so this does not wrap around p.
    let high = row.x.value.hi - row.wraps * constant::<B>(1 << 16);
    scoped!(circuit, "target", {
        circuit.zero("bit", row.bit * (is_jalr.clone() - row.bit));
        circuit.zero("wraps", row.wraps * (is_jalr.clone() - row.wraps));
        let low = row.x.value.lo + row.constant - row.bit;
        circuit.send_if(
            Bus::Range16,
            "multiple_of_four",
            is_jalr.clone(),
            [shift_down_2::<B>(low)],
        );
        // (4) 2 high + 2 is in [0, 2^16): high is from -1 to 2^15 - 2. So the next pc below is an
        // integer between -2^30 and p, and equal mod p to a pc below 2^30 only if it is that pc.
        circuit.send_if(
            Bus::Range16,
            "high",
            is_jalr.clone(),
            [(high.clone() + one.clone()) * constant::<B>(2)],
        );
    });

    // (5) The next pc, as an integer: for JAL the constant, for JALR
    // rs1 + imm - 2^32 wraps - bit. The coefficient of `wraps` is 2^16 squared.
    let next_pc = row.constant - is_jalr.clone() * constant::<B>(IMMEDIATE_BIAS)
        + row.x.value.lo
        + high * constant::<B>(1 << 16)
        - row.bit;

    // (6) The link value pc + 4 as limbs: the program has the high one, and the low one is the
    // rest, which the program has as well.
    let link = Word {
        lo: row.thread.following::<B>() - row.link_hi * constant::<B>(1 << 16),
        hi: row.link_hi.into(),
    };
    let operation = is_jal * constant::<B>(Opcode::Jal as u32)
        + row.is_jalr * constant::<B>(Opcode::Jalr as u32);
    let decoded = Decoded {
        operation,
        rd: row.rd.into(),
        rs1: row.rs1.into(),
        rs2: B::Expr::ZERO,
        constants: [
            row.constant.into(),
            B::Expr::ZERO,
            link.lo.clone(),
            link.hi.clone(),
        ],
    };
    row.thread.step(circuit, decoded, next_pc);

    // (7) Register accesses, each in its slot. The high byte of a clk difference is looked up even
    // where JAL does not access rs1; the cells of those columns allow it.
    let x_high = scoped!(circuit, "x", {
        row.x
            .read_if(circuit, &is_jalr, register(row.rs1), clk.clone())
    });
    let old_high = scoped!(circuit, "old", {
        let clk = clk.clone() + constant::<B>(3);
        row.old.write(circuit, register(row.rd), link, clk)
    });
    byte_pair(circuit, "difference_high", x_high, old_high);
}
