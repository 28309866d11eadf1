//! The effective address of a load or store.

use p3_field::PrimeCharacteristicRing;

use crate::{
    builder::{Builder, Circuit, constant, shift_down_2},
    bus::Bus,
    columns,
    instruction::IMMEDIATE_BIAS,
    word::Word,
};

columns! {
    /// The effective address `rs1 + imm` mod 2^32. The word address is an expression, not columns.
    pub struct Address {
        /// The immediate plus [`IMMEDIATE_BIAS`].
        immediate: T,
        /// 1 if `rs1 + imm` is 2^32 or more, -1 if it is negative, or else 0.
        wrap: T,
    }
}

impl<V: Copy> Address<V> {
    /// Returns the word address `(base + imm - offset) / 4` mod 2^30.
    ///
    /// - Assumes: limbs of `base` are in `[0, 2^16)`, `self.immediate` is the biased immediate in
    ///   `[0, 2^12)`, and `offset` in `[0, 4)`.
    /// - Constrains: where the returned value equals an integer of `[0, 2^30)` mod p, that integer
    ///   is the effective address divided by four, and `offset` the remainder.
    ///   No word of RAM has an address outside of `[0, 2^30)`, so an access to any other value
    ///   receives a message that no row sends.
    #[inline(always)]
    #[must_use]
    pub fn word_address<B>(
        &self,
        circuit: &mut Circuit<'_, B>,
        base: Word<V>,
        offset: B::Expr,
    ) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        let base = base.into_expr::<B>();
        let wrap: B::Expr = self.wrap.into();
        // (1) The low limb plus the immediate, less the offset, is 4 v with v in [0, 2^16): both are
        // integers between -4 and 2^18, so this does not wrap around p, and it fixes the offset.
        let low = base.lo + self.immediate.into() - offset;
        let low = shift_down_2::<B>(low);
        circuit.send(Bus::Range16, "multiple_of_four", [low.clone()]);
        // (2) wrap is -1, 0 or 1.
        circuit.zero(
            "wrap",
            wrap.clone() * (wrap.clone() * wrap.clone() - B::Expr::ONE),
        );
        // (3) Only base.hi = 2^16 - 1 wraps up, and only base.hi = 0 wraps down:
        // 2 wrap base.hi = (2^16 - 1) (wrap^2 + wrap).
        circuit.zero(
            "wrap_at_the_ends",
            wrap.clone()
                * (base.hi.clone() * constant::<B>(2)
                    - (wrap.clone() + B::Expr::ONE) * constant::<B>(0xffff)),
        );
        // (4) As an integer this is (base + imm - offset) / 4 - 2^30 wrap. By (3) it is above
        // -2^15, and below 2^30 + 2^15: equal mod p to an integer of [0, 2^30) only if it is that
        // one, and then wrap is what takes the sum into [0, 2^32).
        low + base.hi * constant::<B>(1 << 14)
            - constant::<B>(IMMEDIATE_BIAS / 4)
            - wrap * constant::<B>(1 << 30)
    }
}

#[cfg(feature = "witness")]
impl<F: PrimeCharacteristicRing> Address<F> {
    /// The columns of an access at `base + imm`.
    pub fn fill(base: u32, imm: i32) -> Self {
        let sum = i64::from(base) + i64::from(imm);
        Self {
            immediate: F::from_u32(IMMEDIATE_BIAS.wrapping_add_signed(imm)),
            wrap: F::from_i64(sum >> 32),
        }
    }
}
