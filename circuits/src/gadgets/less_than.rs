//! Comparing words, signed or unsigned.

use p3_field::PrimeCharacteristicRing;

use crate::{
    builder::{Builder, Circuit, constant},
    bus::Bus,
    columns,
    word::Word,
};

columns! {
    /// Which of two comparisons a row makes, if any. Its flags are expressions of one column.
    pub struct Comparison {
        /// 1 for the signed one, 2 for the unsigned one, 0 on rows not in use.
        kind: T,
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
    /// Constrains the kind and returns "active", which counts messages.
    ///
    /// - Constrains: `kind` is 0, 1 or 2; the result is 0 or 1, and 0 where `kind` is 0. It has
    ///   degree 2.
    #[inline(always)]
    pub fn active<B>(&self, circuit: &mut Circuit<'_, B>) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        let kind: B::Expr = self.kind.into();
        let two = constant::<B>(2);
        circuit.zero(
            "kind",
            kind.clone() * (kind.clone() - B::Expr::ONE) * (kind.clone() - two),
        );
        // kind (3 - kind) / 2 is 0, 1, 1; 2^30 is 1/2 (mod p).
        kind.clone() * (constant::<B>(3) - kind) * constant::<B>(1 << 30)
    }

    /// 1 for the signed comparison, 0 for the unsigned one. It has degree 1; on rows not in use it
    /// means nothing.
    #[inline(always)]
    pub fn is_signed<B>(&self) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        constant::<B>(2) - self.kind.into()
    }

    /// The number of the operation, where `signed` and `signed + 1` are those of the signed and the
    /// unsigned comparison. On rows not in use it means nothing.
    #[inline(always)]
    pub fn operation<B>(&self, signed: u32) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        constant::<B>(signed - 1) + self.kind.into()
    }
}

/// `word` as it compares unsigned: with its top bit flipped if `is_signed`, else unchanged.
///
/// - Assumes: `active` and `is_signed` are 0 or 1; the limbs of `word` are in `[0, 2^16)`.
/// - Constrains: `sign` is 0 or 1; where `active` is 1, it is the top bit of `word` if `is_signed`,
///   else 0. The limbs of the result are in `[0, 2^16)`.
#[inline(always)]
pub fn biased<B: Builder>(
    circuit: &mut Circuit<'_, B>,
    active: &B::Expr,
    word: Word<B::Expr>,
    is_signed: B::Expr,
    sign: B::Expr,
) -> Word<B::Expr> {
    circuit.boolean("sign", sign.clone());
    // Between -2^16 and 2^17, and in range for one value of sign only.
    let hi = word.hi + is_signed * constant::<B>(1 << 15) - sign * constant::<B>(1 << 16);
    circuit.send(Bus::Range16, "biased", active.clone(), [hi.clone()]);
    Word { lo: word.lo, hi }
}

impl<V: Copy> LessThan<V> {
    /// Compares `x` and `y`.
    ///
    /// - Assumes: `active` is 0 or 1; the limbs of `x` and `y` are in `[0, 2^16)`.
    /// - Constrains: where `active` is 1, `less` is 1 if `x < y` and else 0.
    #[inline(always)]
    pub fn eval<B>(
        &self,
        circuit: &mut Circuit<'_, B>,
        active: &B::Expr,
        x: Word<B::Expr>,
        y: Word<B::Expr>,
    ) where
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
        circuit.send(Bus::Range16, "difference.lo", active.clone(), [lo]);
        circuit.send(Bus::Range16, "difference.hi", active.clone(), [hi]);
    }
}

#[cfg(feature = "witness")]
impl<F: PrimeCharacteristicRing> Comparison<F> {
    /// The column of a row in use.
    pub fn fill(is_signed: bool) -> Self {
        Self {
            kind: if is_signed { F::ONE } else { F::TWO },
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
