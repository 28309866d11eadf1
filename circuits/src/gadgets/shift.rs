//! Shifting a word left or right by 0 to 31.
//!
//! Every shift is a multiplication by `2^e`, `0 <= e <= 16`, to three limbs, and a choice of two of
//! them:
//!
//! ```text
//!                                        result.hi  result.lo
//! x 2^e = q2 2^32 + q1 2^16 + q0    left      q1        q0      by e
//!                                   far left  q0        0       by e + 16
//!                                   right     q2        q1      by 16 - e
//!                                   far right 0         q2      by 32 - e
//! ```
//!
//! With `e = f` or `e = f + 8` and the multiplier `2^f <= 2^8`, a limb times the multiplier has 24
//! bits. They are cut into a limb below and a byte above (`e = f`), or into a byte below and a limb
//! above (`e = f + 8`): either way at bit 16 of the limb times `2^e`.

use p3_field::PrimeCharacteristicRing;

use crate::{
    builder::{Builder, Circuit, constant, select},
    bus::Bus,
    columns,
    memory::byte_pair,
    word::Word,
};

columns! {
    /// Which way a word is shifted: right by 16 to 31 if none of the three is 1.
    pub struct Direction {
        /// Left by 0 to 15. A row that shifts right does so by a right direction, even by 0.
        left: T,
        /// Left by 16 to 31.
        far_left: T,
        /// Right by 0 to 15.
        right: T,
    }
}

columns! {
    /// A limb times the multiplier: 24 bits.
    pub struct Cut {
        /// The low 16 bits, or the high 16 bits if the shift is wide.
        limb: T,
        /// The high 8 bits, or the low 8 bits if the shift is wide.
        byte: T,
    }
}

columns! {
    /// A shifted word.
    pub struct Shifted {
        /// Where to.
        direction: Direction<T>,
        /// 1 if `e = f + 8`, 0 if `e = f`.
        wide: T,
        /// 1 if the sign is shifted in: SRA, SRAI.
        is_arithmetic: T,
        /// Where `is_arithmetic`, the sign of the word, else 0.
        sign: T,
        /// The two limbs, low one first, times the multiplier.
        cut: [Cut<T>; 2],
        /// The shifted word.
        result: Word<T>,
    }
}

impl<V: Copy> Direction<V> {
    /// 1 on rows that shift left.
    #[inline(always)]
    pub fn any_left<B>(&self) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        self.left.into() + self.far_left.into()
    }

    /// 1 on rows that shift right.
    #[inline(always)]
    pub fn any_right<B>(&self) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        B::Expr::ONE - self.any_left::<B>()
    }

    /// 1 on rows that shift right by 16 to 31.
    #[inline(always)]
    pub fn far_right<B>(&self) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        self.any_right::<B>() - self.right.into()
    }

    /// The directions as a number: left, far left, right and far right are 0 to 3.
    #[inline(always)]
    pub fn number<B>(&self) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        self.far_left.into()
            + self.right.into() * constant::<B>(2)
            + self.far_right::<B>() * constant::<B>(3)
    }
}

impl<V: Copy> Cut<V> {
    /// Constrains `product`, of degree at most 3, to be these 24 bits.
    #[inline(always)]
    fn eval<B>(&self, circuit: &mut Circuit<'_, B>, name: &str, wide: B::Expr, product: B::Expr)
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        let [limb, byte]: [B::Expr; 2] = [self.limb.into(), self.byte.into()];
        let narrow_value = limb.clone() + byte.clone() * constant::<B>(1 << 16);
        let wide_value = byte + limb * constant::<B>(1 << 8);
        circuit.equal(name, product, select(wide, wide_value, narrow_value));
    }
}

impl<V: Copy> Shifted<V> {
    /// The number of the operation, given those of the shifts left and right; that of the arithmetic
    /// shift right is one more.
    #[inline(always)]
    pub fn operation<B>(&self, left: u32, right: u32) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        self.direction.any_left::<B>() * constant::<B>(left)
            + self.direction.any_right::<B>() * constant::<B>(right)
            + self.is_arithmetic.into()
    }

    /// Shifts `x`.
    ///
    /// - Assumes: the limbs of `x` are in `[0, 2^16)`; `multiplier`, of degree at most 2, is `2^f`
    ///   with `0 <= f <= 8`, where `e = f + 8 wide` is right for the direction.
    /// - Constrains: the directions, `wide` and `is_arithmetic` are 0 or 1, one direction is 1, and
    ///   `is_arithmetic` is 0 unless that is a right one. `result` is `x` shifted as in the table
    ///   above, with the sign shifted in if `is_arithmetic`; its limbs are in `[0, 2^16)`.
    #[inline(always)]
    pub fn eval<B>(&self, circuit: &mut Circuit<'_, B>, x: Word<B::Expr>, multiplier: B::Expr)
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        let [wide, is_arithmetic, sign]: [B::Expr; 3] = [
            self.wide.into(),
            self.is_arithmetic.into(),
            self.sign.into(),
        ];
        let [left, far_left, right]: [B::Expr; 3] = [
            self.direction.left.into(),
            self.direction.far_left.into(),
            self.direction.right.into(),
        ];
        let far_right = self.direction.far_right::<B>();

        // (1) One of the directions is set: of booleans that add up to 1, one is.
        circuit.boolean("left", left.clone());
        circuit.boolean("far_left", far_left.clone());
        circuit.boolean("right", right.clone());
        circuit.boolean("far_right", far_right.clone());
        circuit.boolean("wide", wide.clone());

        // (2) Only a shift right is arithmetic.
        circuit.boolean("is_arithmetic", is_arithmetic.clone());
        let any_left = self.direction.any_left::<B>();
        circuit.zero("arithmetic_left", is_arithmetic.clone() * any_left);

        // (3) The sign is 0 or is_arithmetic; in an arithmetic shift it is the top bit of x. Without
        // it x.hi is between -2^15 and 2^16, and twice that is in range for a value below 2^15 only.
        circuit.zero(
            "sign",
            sign.clone() * (sign.clone() - is_arithmetic.clone()),
        );
        let unsigned = x.hi.clone() - sign.clone() * constant::<B>(1 << 15);
        circuit.send_if(
            Bus::Range16,
            "without_sign",
            is_arithmetic,
            [unsigned.double()],
        );

        // (4) Both limbs times the multiplier, cut where bit 16 of the limb times 2^e is. A negative
        // x has its sign repeated up to bit 23. Both sides are below 2^24, so there is one way to cut.
        let [lo, hi] = &self.cut;
        let repeated = constant::<B>(1 << 24) - multiplier.clone() * constant::<B>(1 << 16);
        lo.eval(circuit, "cut.lo", wide.clone(), x.lo * multiplier.clone());
        hi.eval(
            circuit,
            "cut.hi",
            wide.clone(),
            x.hi * multiplier + sign.clone() * repeated,
        );
        let (limb_lo, byte_lo): (B::Expr, B::Expr) = (lo.limb.into(), lo.byte.into());
        let (limb_hi, byte_hi): (B::Expr, B::Expr) = (hi.limb.into(), hi.byte.into());
        circuit.send(Bus::Range16, "limb.lo", [limb_lo.clone()]);
        circuit.send(Bus::Range16, "limb.hi", [limb_hi.clone()]);
        byte_pair(circuit, "bytes", byte_lo.clone(), byte_hi.clone());

        // (5) The limbs of x 2^e. The two parts of q1 do not overlap: one is a multiple of 2^e, the
        // other below it. So each is below 2^16.
        let byte = constant::<B>(1 << 8);
        let q0 = select(
            wide.clone(),
            byte_lo.clone() * byte.clone(),
            limb_lo.clone(),
        );
        let q1 = select(
            wide.clone(),
            byte_hi.clone() * byte + limb_lo,
            limb_hi.clone() + byte_lo,
        );
        let q2 = select(
            wide,
            limb_hi,
            byte_hi + sign.clone() * constant::<B>(0xff00),
        );

        // (6) Two of them.
        circuit.equal(
            "result.lo",
            self.result.lo,
            left.clone() * q0.clone() + right.clone() * q1.clone() + far_right.clone() * q2.clone(),
        );
        circuit.equal(
            "result.hi",
            self.result.hi,
            left * q1 + far_left * q0 + right * q2 + far_right * sign * constant::<B>(0xffff),
        );
    }
}

/// How a shift by `amount`, 0 to 31, is made: the direction's number, `wide` and `f`.
pub(crate) const fn plan(is_right: bool, amount: u32) -> (u32, u32, u32) {
    // For a shift right, e - 1 is 15 minus the low four bits of the amount.
    let (bits, more) = if is_right {
        (31 - amount, 1)
    } else {
        (amount, 0)
    };
    let is_far = amount >> 4;
    (
        2 * is_right as u32 + is_far,
        bits >> 3 & 1,
        (bits & 7) + more,
    )
}

#[cfg(feature = "witness")]
impl<F: PrimeCharacteristicRing> Shifted<F> {
    /// The columns of `x` shifted by `amount`, 0 to 31.
    pub fn fill(x: u32, amount: u32, is_right: bool, is_arithmetic: bool) -> Self {
        let (number, wide, f) = plan(is_right, amount);
        let sign = x >> 31 & u32::from(is_arithmetic);
        let direction = |place| F::from_bool(number == place);
        let cut = |product: u32| {
            let (limb, byte) = if wide == 1 {
                (product >> 8, product & 0xff)
            } else {
                (product & 0xffff, product >> 16)
            };
            Cut {
                limb: F::from_u32(limb),
                byte: F::from_u32(byte),
            }
        };
        let repeated = sign * ((1 << 24) - (1 << (16 + f)));
        Self {
            direction: Direction {
                left: direction(0),
                far_left: direction(1),
                right: direction(2),
            },
            wide: F::from_u32(wide),
            is_arithmetic: F::from_bool(is_arithmetic),
            sign: F::from_u32(sign),
            cut: [cut((x & 0xffff) << f), cut(((x >> 16) << f) + repeated)],
            result: Word::from_u32(match (is_right, is_arithmetic) {
                (false, _) => x << amount,
                (true, false) => x >> amount,
                (true, true) => (x as i32 >> amount) as u32,
            }),
        }
    }
}
