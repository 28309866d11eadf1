//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::{Multiply, SignedBytes};
use crate::{
    builder::{Builder, Circuit, constant, scoped, shift_down_8, shift_down_16},
    bus::Bus,
    gadgets::product::products,
    instruction::Decoded,
    memory::{byte_pair, register},
    word::Word,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: Multiply<B::Var> = circuit.row();

    let decoded = Decoded {
        operation: constant::<B>(Opcode::Mul as u32),
        rd: row.rd.into(),
        rs1: row.rs1.into(),
        rs2: row.rs2.into(),
        constants: [
            row.x_signed.into(),
            row.y_signed.into(),
            B::Expr::ZERO,
            B::Expr::ZERO,
        ],
    };
    row.thread
        .step(circuit, decoded, row.thread.following::<B>());

    // (1) The operands as bytes x_i and y_i, the last ones signed where the operand is.
    let x = scoped!(circuit, "x_bytes", {
        let signed = row.x_signed.into();
        row.x_bytes.check(circuit, row.x.value, signed)
    });
    let y = scoped!(circuit, "y_bytes", {
        let signed = row.y_signed.into();
        row.y_bytes.check(circuit, row.y.value, signed)
    });

    // (2) All limbs of the product are in [0, 2^16).
    scoped!(circuit, "result", row.result.range_check(circuit));
    scoped!(circuit, "rest", row.rest.range_check(circuit));

    // (3) MUL alone has y signed and x not, and gives the low half. Degree 3.
    let is_low: B::Expr = row.y_signed * (B::Expr::ONE - row.x_signed);
    let result = row.result.into_expr::<B>();
    let rest = row.rest.into_expr::<B>();
    let low = Word {
        lo: rest.lo.clone() + is_low.clone() * (result.lo.clone() - rest.lo.clone()),
        hi: rest.hi.clone() + is_low * (result.hi.clone() - rest.hi.clone()),
    };
    let high = Word {
        lo: result.lo + rest.lo - low.lo.clone(),
        hi: result.hi + rest.hi - low.hi.clone(),
    };

    // (4) x y = low + 2^32 high - 2^64 negative, limb by limb. That no equation holds by wrapping
    // around p is shown from the last one up, in the module's text.
    let carry_16 = row.carry_16_low + row.carry_16_high * constant::<B>(1 << 8);
    let [limb_0, limb_1, limb_2, limb_3] = products::<B>(&x, &y);
    let up = constant::<B>(1 << 16);
    circuit.boolean("carry_16_high", row.carry_16_high);
    circuit.boolean("negative", row.negative);
    circuit.equal("limb_0", limb_0, low.lo + carry_16.clone() * up.clone());
    circuit.equal(
        "limb_1",
        limb_1 + carry_16,
        low.hi + row.carry_32 * up.clone(),
    );
    circuit.equal(
        "limb_2",
        limb_2 + row.carry_32,
        high.lo + row.carry_48 * up.clone(),
    );
    circuit.equal("limb_3", limb_3 + row.carry_48, high.hi - row.negative * up);

    // (5) Both upper carries are in [-2^9, 2^10); here they are looked up to be, if integers, in
    // [-2^9, 2^13 - 2^9) and [-2^9, 2^11 - 2^9). carry_16_low is looked up in (6).
    for (name, carry, factor) in [
        ("carry_32", row.carry_32, 1 << 3),
        ("carry_48", row.carry_48, 1 << 5),
    ] {
        let scaled = (carry + constant::<B>(1 << 9)) * constant::<B>(factor);
        circuit.send(Bus::Range16, name, [scaled]);
    }

    // (6) Register accesses, each in its slot. The byte that is left in the last lookup serves
    // the lowest carry.
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
    byte_pair(
        circuit,
        "difference_high.old.carry_16_low",
        old_high,
        row.carry_16_low.into(),
    );
}

impl<V: Copy> SignedBytes<V> {
    /// The bytes of `word`.
    ///
    /// - Assumes: `signed` is 0 or 1; the limbs of `word` are in `[0, 2^16)`.
    /// - Constrains: the returned `b_0`, `b_1` and `b_2` are in `[0, 2^8)`;
    ///   `b_3` is in `[-2^7, 2^7)` if `signed` and in `[0, 2^8)` if not; and
    ///   `b_0 + 2^8 b_1 + 2^16 b_2 + 2^24 b_3` is `word`, taken as signed or unsigned. No other
    ///   values pass.
    /// - Unsigned, the sign cannot be 1, since `2^16` is more than `word.hi`. Signed, it is 1
    ///   exactly if `b_3 < 0`, since `b_2 + 2^8 b_3 + 2^16 sign` must be in `[0, 2^16)`. All of
    ///   this is below 2^18, far from p.
    #[inline(always)]
    fn check<B>(&self, circuit: &mut Circuit<'_, B>, word: Word<V>, signed: B::Expr) -> [B::Expr; 4]
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        let word = word.into_expr::<B>();
        let byte_0: B::Expr = self.byte_0.into();
        let byte_2: B::Expr = self.byte_2.into();
        let byte_3: B::Expr = self.byte_3.into();
        let byte_1 = shift_down_8::<B>(word.lo - byte_0.clone());
        let hi = byte_2.clone() + byte_3.clone() * constant::<B>(1 << 8);
        circuit.boolean("sign", shift_down_16::<B>(word.hi - hi));
        byte_pair(circuit, "lo", byte_0.clone(), byte_1.clone());
        let shifted = byte_3.clone() + signed * constant::<B>(1 << 7);
        byte_pair(circuit, "hi", byte_2.clone(), shifted);
        [byte_0, byte_1, byte_2, byte_3]
    }
}
