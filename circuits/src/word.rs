//! 32-bit words as two 16-bit limbs.

#[cfg(feature = "witness")]
use p3_field::PrimeCharacteristicRing;

use crate::{
    builder::{Builder, Circuit},
    bus::Bus,
    columns,
};

columns! {
    /// A 32-bit word, `lo + 2^16 hi`. A word does not fit one field element, so its limbs are never
    /// packed into one.
    pub struct Word {
        /// Bits 0 to 15.
        lo: T,
        /// Bits 16 to 31.
        hi: T,
    }
}

impl<T> Word<T> {
    /// Applies `f` to both limbs.
    #[inline(always)]
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Word<U> {
        Word {
            lo: f(self.lo),
            hi: f(self.hi),
        }
    }

    /// The limbs as expressions of the builder `B`.
    #[inline(always)]
    pub fn into_expr<B: Builder>(self) -> Word<B::Expr>
    where
        T: Into<B::Expr>,
    {
        Word {
            lo: self.lo.into(),
            hi: self.hi.into(),
        }
    }

    /// Looks both limbs up in the 16-bit range table.
    ///
    /// - Constrains: both limbs are in `[0, 2^16)`.
    #[inline(always)]
    pub fn range_check<B>(self, circuit: &mut Circuit<'_, B>)
    where
        B: Builder,
        T: Into<B::Expr>,
    {
        circuit.send(Bus::Range16, "lo", [self.lo.into()]);
        circuit.send(Bus::Range16, "hi", [self.hi.into()]);
    }
}

#[cfg(feature = "witness")]
impl<F: PrimeCharacteristicRing> Word<F> {
    /// The limbs of `value`.
    pub fn from_u32(value: u32) -> Self {
        Self {
            lo: F::from_u32(value & 0xffff),
            hi: F::from_u32(value >> 16),
        }
    }
}
