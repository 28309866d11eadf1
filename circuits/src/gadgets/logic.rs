//! OR, XOR and AND, byte by byte.

use p3_field::PrimeCharacteristicRing;
#[cfg(feature = "witness")]
use zonda_riscv_emu::instruction::Opcode;

use crate::{
    builder::{Builder, Circuit, constant, shift_down_8},
    bus::Bus,
    columns,
};

columns! {
    /// Which of OR, XOR and AND a row computes.
    pub struct Logic {
        /// 1 for OR and AND.
        or_and: T,
        /// 1 for XOR and AND.
        xor_and: T,
    }
}

impl<V: Copy> Logic<V> {
    /// Constrains the bits: both are 0 or 1, and not both 0.
    #[inline(always)]
    pub fn check<B>(&self, circuit: &mut Circuit<'_, B>)
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        circuit.boolean("or_and", self.or_and);
        circuit.boolean("xor_and", self.xor_and);
        let [or_and, xor_and] = [self.or_and.into(), self.xor_and.into()];
        circuit.zero("some", (B::Expr::ONE - or_and) * (B::Expr::ONE - xor_and));
    }

    /// The number of the operation, given those of OR, XOR and AND. It has degree 1.
    #[inline(always)]
    pub fn operation<B>(&self, [or, xor, and]: [u32; 3]) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        // With none = or + xor - and: none + (or - none) = or, and so on.
        let [none, or_and, xor_and] = [
            constant::<B>(or) + constant::<B>(xor) - constant::<B>(and),
            constant::<B>(and) - constant::<B>(xor),
            constant::<B>(and) - constant::<B>(or),
        ];
        none + self.or_and.into() * or_and + self.xor_and.into() * xor_and
    }

    /// Constrains `result` to be what the operation makes of two limbs whose sum and conjunction are
    /// given: one degree more than theirs.
    ///
    /// - Assumes: the bits are 0 or 1, not both 0; the limbs are in `[0, 2^16)`.
    /// - Constrains: `result` is `sum - conjunction` for OR, `sum - 2 conjunction` for XOR and
    ///   `conjunction` for AND. So it is in `[0, 2^16)`.
    #[inline(always)]
    pub fn combine<B>(
        &self,
        circuit: &mut Circuit<'_, B>,
        sum: B::Expr,
        conjunction: B::Expr,
        result: B::Expr,
    ) where
        B: Builder,
        V: Into<B::Expr>,
    {
        // The factors for (OR, XOR, AND) are (1, 1, 0) and (-1, -2, 1).
        let [or_and, xor_and]: [B::Expr; 2] = [self.or_and.into(), self.xor_and.into()];
        let of_sum = B::Expr::TWO - or_and.clone() - xor_and.clone();
        let of_conjunction =
            or_and * constant::<B>(3) + xor_and * constant::<B>(2) - constant::<B>(4);
        circuit.equal(
            "result",
            result,
            sum * of_sum + conjunction * of_conjunction,
        );
    }
}

/// The conjunction of two limbs, by looking up their bytes.
///
/// - Constrains: `x_low` and the expression `(x - x_low) / 2^8` are bytes, and so are both of `y`; the
///   result is `x AND y`, where `y` is the limb of those bytes, and is made of the bytes `and`.
#[inline(always)]
pub fn conjunction<B: Builder>(
    circuit: &mut Circuit<'_, B>,
    (x, x_low): (B::Expr, B::Expr),
    y: [B::Expr; 2],
    and: [B::Expr; 2],
) -> B::Expr {
    let [y_low, y_high] = y;
    let [and_low, and_high] = and;
    let x_high = shift_down_8::<B>(x - x_low.clone());
    let result = and_low.clone() + and_high.clone() * constant::<B>(1 << 8);
    circuit.send(Bus::And, "and_low", [x_low, y_low, and_low]);
    circuit.send(Bus::And, "and_high", [x_high, y_high, and_high]);
    result
}

#[cfg(feature = "witness")]
impl<F: PrimeCharacteristicRing> Logic<F> {
    /// The bits of an operation on two registers or on a register and an immediate.
    pub fn fill(opcode: Opcode) -> Self {
        let is_and = matches!(opcode, Opcode::And | Opcode::Andi);
        Self {
            or_and: F::from_bool(is_and || matches!(opcode, Opcode::Or | Opcode::Ori)),
            xor_and: F::from_bool(is_and || matches!(opcode, Opcode::Xor | Opcode::Xori)),
        }
    }
}
