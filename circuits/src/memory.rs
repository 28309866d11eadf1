//! The memory argument: every access reads the last tuple of its address and writes the next.

use p3_field::PrimeCharacteristicRing;

use crate::{
    builder::{Builder, Circuit, constant, shift_down_16},
    bus::{Bus, SPACE_REGISTER},
    columns,
    word::Word,
};

columns! {
    /// The tuple that an access finds, and the proof that it is an earlier one.
    pub struct Access {
        /// The value before the access.
        value: Word<T>,
        /// The clk of the access before.
        previous_clk: T,
        /// The low 16 bits of `clk - previous_clk - 1`.
        difference_low: T,
    }
}

impl<V: Copy> Access<V> {
    /// Reads the tuple at `address` of `space` and writes `after` there at `clk`.
    ///
    /// - Assumes: the limbs of `after` are in `[0, 2^16)`; no other access to this address has this
    ///   `clk`; all clks of a proof are below `p - 2^24`.
    /// - Constrains: `self.value` is what the address held before `clk` and `after` is what it holds
    ///   from `clk` on, given that the returned value is below 2^8. So it must be looked up by the
    ///   caller, with [`byte_pair`]: two of them fit one lookup.
    /// - The high byte of the difference is an expression, not a column.
    #[inline(always)]
    #[must_use = "the high byte of the clk difference must be looked up"]
    pub fn write<B>(
        &self,
        circuit: &mut Circuit<'_, B>,
        place: (u32, B::Expr),
        after: Word<B::Expr>,
        clk: B::Expr,
    ) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        self.write_if(circuit, &B::Expr::ONE, place, after, clk)
    }

    /// [`Self::write`] where `active`, which is 0 or 1, is 1; nothing where it is 0.
    #[inline(always)]
    #[must_use = "the high byte of the clk difference must be looked up"]
    pub fn write_if<B>(
        &self,
        circuit: &mut Circuit<'_, B>,
        active: &B::Expr,
        (space, address): (u32, B::Expr),
        after: Word<B::Expr>,
        clk: B::Expr,
    ) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        let space = constant::<B>(space);
        let previous_clk = self.previous_clk.into();
        let value = self.value.into_expr::<B>();
        circuit.receive_if(
            Bus::Memory,
            "read",
            active.clone(),
            [
                space.clone(),
                address.clone(),
                value.lo,
                value.hi,
                previous_clk.clone(),
            ],
        );
        circuit.send_if(
            Bus::Memory,
            "write",
            active.clone(),
            [space, address, after.lo, after.hi, clk.clone()],
        );
        circuit.send_if(
            Bus::Range16,
            "difference_low",
            active.clone(),
            [self.difference_low.into()],
        );
        shift_down_16::<B>(clk - previous_clk - B::Expr::ONE - self.difference_low.into())
    }

    /// Reads the tuple at `address` of `space` and leaves it as it is: [`Self::write`] of the value
    /// that was found.
    #[inline(always)]
    #[must_use = "the high byte of the clk difference must be looked up"]
    pub fn read<B>(
        &self,
        circuit: &mut Circuit<'_, B>,
        place: (u32, B::Expr),
        clk: B::Expr,
    ) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        self.write(circuit, place, self.value.into_expr::<B>(), clk)
    }

    /// [`Self::read`] where `active`, which is 0 or 1, is 1; nothing where it is 0.
    #[inline(always)]
    #[must_use = "the high byte of the clk difference must be looked up"]
    pub fn read_if<B>(
        &self,
        circuit: &mut Circuit<'_, B>,
        active: &B::Expr,
        place: (u32, B::Expr),
        clk: B::Expr,
    ) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        self.write_if(circuit, active, place, self.value.into_expr::<B>(), clk)
    }
}

/// The place of register `number` on the memory bus.
#[inline(always)]
pub fn register<E>(number: impl Into<E>) -> (u32, E) {
    (SPACE_REGISTER, number.into())
}

/// Looks up that `a` and `b` are bytes.
///
/// - Constrains: `a` and `b` are in `[0, 2^8)`.
#[inline(always)]
pub fn byte_pair<B: Builder>(circuit: &mut Circuit<'_, B>, name: &str, a: B::Expr, b: B::Expr) {
    circuit.send(Bus::BytePair, name, [a, b]);
}

#[cfg(feature = "witness")]
impl<F: PrimeCharacteristicRing> Access<F> {
    /// The columns of the access at `clk` that `record` describes.
    pub fn fill(record: &zonda_riscv_emu::record::Access, clk: u32) -> Self {
        Self {
            value: Word::from_u32(record.value),
            previous_clk: F::from_u32(record.previous_clk),
            difference_low: F::from_u32(
                clk.wrapping_sub(record.previous_clk).wrapping_sub(1) & 0xffff,
            ),
        }
    }
}
