//! Comparing words, signed or unsigned.

#[cfg(feature = "witness")]
use p3_field::PrimeCharacteristicRing;

use crate::{
    builder::{Builder, Circuit, constant},
    bus::Bus,
    columns,
    word::Word,
};

columns! {
    /// Which of two comparisons a row makes.
    pub struct Comparison {
        /// 1 for the signed one, 0 for the unsigned one.
        is_signed: T,
    }
}

columns! {
    /// `x < y`, given that both are [`biased`].
    pub struct LessThan {
        /// 1 if `x < y`.
        less: T,
        /// 1 if the low limb of x is below that of y.
        borrow: T,
    }
}

impl<V: Copy> Comparison<V> {
    /// Constrains the flag to be 0 or 1, and returns it.
    #[inline(always)]
    pub fn is_signed<B>(&self, circuit: &mut Circuit<'_, B>) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        circuit.boolean("is_signed", self.is_signed);
        self.is_signed.into()
    }

    /// The number of the operation, where `signed` and `signed + 1` are those of the signed and the
    /// unsigned comparison.
    #[inline(always)]
    pub fn operation<B>(&self, signed: u32) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        constant::<B>(signed + 1) - self.is_signed.into()
    }
}

/// `word` as it compares unsigned: with its top bit flipped if `is_signed`, else unchanged.
///
/// - Assumes: `is_signed` is 0 or 1; the limbs of `word` are in `[0, 2^16)`.
/// - Constrains: `sign` is the top bit of `word` if `is_signed`, else 0. The limbs of the result are
///   in `[0, 2^16)`.
#[inline(always)]
pub fn biased<B: Builder>(
    circuit: &mut Circuit<'_, B>,
    word: Word<B::Expr>,
    is_signed: B::Expr,
    sign: B::Expr,
) -> Word<B::Expr> {
    circuit.boolean("sign", sign.clone());
    // Between -2^16 and 2^17, and in range for one value of sign only.
    let hi = word.hi + is_signed * constant::<B>(1 << 15) - sign * constant::<B>(1 << 16);
    circuit.send(Bus::Range16, "biased", [hi.clone()]);
    Word { lo: word.lo, hi }
}

impl<V: Copy> LessThan<V> {
    /// Compares `x` and `y`.
    ///
    /// - Assumes: the limbs of `x` and `y` are in `[0, 2^16)`.
    /// - Constrains: `less` is 1 if `x < y` and else 0.
    #[inline(always)]
    pub fn eval<B>(&self, circuit: &mut Circuit<'_, B>, x: Word<B::Expr>, y: Word<B::Expr>)
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        let (less, borrow): (B::Expr, B::Expr) = (self.less.into(), self.borrow.into());
        let limb = constant::<B>(1 << 16);
        circuit.boolean("borrow", borrow.clone());
        circuit.boolean("less", less.clone());
        // The difference x - y + 2^32 less, limb by limb: each is between -2^16 and 2^17, and in
        // range for one value of borrow and less only.
        let lo = x.lo - y.lo + borrow.clone() * limb.clone();
        let hi = x.hi - y.hi - borrow + less * limb;
        circuit.send(Bus::Range16, "difference.lo", [lo]);
        circuit.send(Bus::Range16, "difference.hi", [hi]);
    }
}

#[cfg(feature = "witness")]
impl<F: PrimeCharacteristicRing> Comparison<F> {
    /// The column.
    pub fn fill(is_signed: bool) -> Self {
        Self {
            is_signed: F::from_bool(is_signed),
        }
    }
}

#[cfg(feature = "witness")]
impl<F: PrimeCharacteristicRing> LessThan<F> {
    /// The columns for words as they compare unsigned.
    pub fn fill(x: u32, y: u32) -> Self {
        Self {
            less: F::from_bool(x < y),
            borrow: F::from_bool(x & 0xffff < y & 0xffff),
        }
    }
}
