//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::Branch;
use crate::{
    builder::{Builder, Circuit, constant, scoped},
    bus::Bus,
    instruction::Decoded,
    memory::{byte_pair, register},
};

// A negated condition's operation is the next one after its own.
const _: () = assert!(
    Opcode::Bne as u32 == Opcode::Beq as u32 + 1
        && Opcode::Bge as u32 == Opcode::Blt as u32 + 1
        && Opcode::Bgeu as u32 == Opcode::Bltu as u32 + 1
);

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: Branch<B::Var> = circuit.row();
    let one = B::Expr::ONE;
    let clk: B::Expr = row.thread.clk.into();

    // (1) One of the three kinds: of booleans that add up to 1, one is. The other flags are boolean.
    let ordered: B::Expr = one.clone() - row.is_equality.into();
    let is_unsigned: B::Expr = ordered.clone() - row.is_signed;
    circuit.boolean("is_equality", row.is_equality);
    circuit.boolean("is_signed", row.is_signed);
    circuit.boolean("is_unsigned", is_unsigned.clone());
    circuit.boolean("is_negated", row.is_negated);
    circuit.boolean("holds", row.holds);
    circuit.zero(
        "high_decides",
        row.high_decides * (ordered.clone() - row.high_decides),
    );

    // (2) The thread goes on at the target if the branch is taken: `holds` XOR `is_negated`.
    let taken: B::Expr =
        row.holds + row.is_negated - (row.holds * row.is_negated) * constant::<B>(2);
    let following = row.thread.following::<B>();
    circuit.zero("next_pc.taken", taken.clone() * (row.next_pc - row.target));
    circuit.zero(
        "next_pc.not_taken",
        (one.clone() - taken) * (row.next_pc - following),
    );
    let operation = row.is_equality * constant::<B>(Opcode::Beq as u32)
        + row.is_signed * constant::<B>(Opcode::Blt as u32)
        + is_unsigned.clone() * constant::<B>(Opcode::Bltu as u32)
        + row.is_negated;
    let decoded = Decoded {
        operation,
        rs1: row.rs1.into(),
        rs2: row.rs2.into(),
        constants: [
            row.target.into(),
            B::Expr::ZERO,
            B::Expr::ZERO,
            B::Expr::ZERO,
        ],
        ..Decoded::default()
    };
    row.thread.step(circuit, decoded, row.next_pc.into());

    // (3) Equality: words are equal if both differences of limbs are 0, and not if one of them has
    // an inverse. The differences are below 2^16 in absolute value, so zero mod p is zero. The
    // last three constraints fix the cells that nothing depends on.
    let [aid_0, aid_1] = row.aid;
    let low: B::Expr = row.y.value.lo - row.x.value.lo;
    let high: B::Expr = row.y.value.hi - row.x.value.hi;
    scoped!(circuit, "equality", {
        let equal: B::Expr = row.is_equality * row.holds;
        circuit.zero("equal.lo", equal.clone() * low.clone());
        circuit.zero("equal.hi", equal.clone() * high.clone());
        let shown: B::Expr = low.clone() * aid_0 + high.clone() * aid_1;
        circuit.zero(
            "different",
            (shown - one.clone() + row.holds) * row.is_equality,
        );
        circuit.zero("aid.equal_0", equal.clone() * aid_0);
        circuit.zero("aid.equal_1", equal * aid_1);
        circuit.zero("aid.low_first", low.clone() * aid_1 * row.is_equality);
        circuit.zero("aid.one", aid_0 * aid_1 * row.is_equality);
    });

    // (4) Sign bits: s is the top bit of the limb h if h + 2^15 - 2^16 s is in [0, 2^16). Unsigned
    // words have no sign bit.
    scoped!(circuit, "sign", {
        for (name, aid, limb) in [("x", aid_0, row.x.value.hi), ("y", aid_1, row.y.value.hi)] {
            scoped!(circuit, name, {
                circuit.zero("boolean", aid.into().bool_check() * row.is_signed);
                circuit.zero("unsigned", is_unsigned.clone() * aid);
                let flipped = limb + constant::<B>(1 << 15) - aid * constant::<B>(1 << 16);
                circuit.send_if(Bus::Range16, "top_bit", row.is_signed, [flipped]);
            });
        }
    });

    // (5) Order: the high limbs, sign bits taken off, are equal unless they decide. If the words
    // are less, the deciding limb of y exceeds that of x by margin + 1; if not, that of x exceeds
    // that of y by margin, and by margin + 1 if the high limbs decide. The margin is in [0, 2^16);
    // limbs with signs stay below 2^17 in absolute value, so no difference wraps around p.
    scoped!(circuit, "order", {
        let high = high - (aid_1 - aid_0) * constant::<B>(1 << 16);
        circuit.zero(
            "high_equal",
            (ordered.clone() - row.high_decides) * high.clone(),
        );
        let excess = low.clone() + (high - low) * row.high_decides;
        let sign = row.holds * constant::<B>(2) - one.clone();
        let strict = row.holds + (one - row.holds) * row.high_decides;
        circuit.equal("margin", sign * excess - strict, row.margin);
        circuit.send_if(Bus::Range16, "margin", ordered, [row.margin.into()]);
    });

    // (6) Register accesses, each in its slot.
    let x_high = scoped!(circuit, "x", {
        row.x.read(circuit, register(row.rs1), clk.clone())
    });
    let y_high = scoped!(circuit, "y", {
        let clk = clk.clone() + constant::<B>(1);
        row.y.read(circuit, register(row.rs2), clk)
    });
    byte_pair(circuit, "difference_high.xy", x_high, y_high);
}
