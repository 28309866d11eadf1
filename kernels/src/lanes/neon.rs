//! Four elements in a NEON register.
//!
//! SAFETY, for every block below: NEON belongs to every AArch64 target that is supported. Memory is
//! accessed through slices whose length is checked.
#![allow(unsafe_code, unused_unsafe)]

use std::arch::aarch64::*;

use super::Lanes;
use crate::P;

/// Four elements.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Neon(uint32x4_t);

/// Products of the lower two lanes and of the upper two lanes.
#[derive(Clone, Copy)]
pub struct Wide(uint64x2_t, uint64x2_t);

ring!(Neon);

impl Neon {
    const P: Self = Self::constant(P);

    #[inline(always)]
    const fn constant(x: u32) -> Self {
        Self::constant_word(x)
    }

    #[inline(always)]
    const fn constant_word(word: u32) -> Self {
        // SAFETY: both are 16 bytes, and any bytes are valid.
        Self(unsafe { std::mem::transmute::<[u32; 4], uint32x4_t>([word; 4]) })
    }

    /// Canonical, for words less than `2p`: if a word is less than `p`, subtracting `p` wraps to
    /// something larger.
    #[inline(always)]
    fn reduce(self) -> Self {
        // SAFETY: see the module.
        unsafe { Self(vminq_u32(self.0, vsubq_u32(self.0, Self::P.0))) }
    }

    /// `a + b < 2p`.
    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { vaddq_u32(self.0, other.0) }).reduce()
    }

    /// When `a < b`, `a - b` wraps to at least `2^32 - p`, and adding `p` wraps back below `p`;
    /// otherwise adding `p` makes it larger.
    #[inline(always)]
    fn difference(self, other: Self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let d = vsubq_u32(self.0, other.0);
            Self(vminq_u32(d, vaddq_u32(d, Self::P.0)))
        }
    }

    /// As `0 - x`: the wrapped `p - x`, or zero.
    #[inline(always)]
    fn negation(self) -> Self {
        Self::constant(0).difference(self)
    }

    /// `ab = high * 2^31 + low`: the doubling multiplication gives `2ab >> 32`, which saturates only
    /// for two factors of `-2^31`, and elements are not negative. `high <= p - 3` and `low <= p`.
    #[inline(always)]
    fn product(self, other: Self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let [a, b] = [
                vreinterpretq_s32_u32(self.0),
                vreinterpretq_s32_u32(other.0),
            ];
            let high = vreinterpretq_u32_s32(vqdmulhq_s32(a, b));
            let low = vandq_u32(vmulq_u32(self.0, other.0), Self::P.0);
            Self(vaddq_u32(high, low)).reduce()
        }
    }
}

impl Lanes for Neon {
    const WIDTH: usize = 4;
    const REGISTER: bool = true;

    type Wide = Wide;

    #[inline(always)]
    fn load(from: &[u32]) -> Self {
        assert!(from.len() >= 4);
        // SAFETY: the slice has 16 bytes.
        Self(unsafe { vld1q_u32(from.as_ptr()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [u32]) {
        assert!(to.len() >= 4);
        // SAFETY: the slice has 16 bytes.
        unsafe { vst1q_u32(to.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn splat_words(word: u32) -> Self {
        // SAFETY: see the module.
        Self(unsafe { vdupq_n_u32(word) })
    }

    #[inline(always)]
    fn mul_twice(self, twice: Self) -> Self {
        // SAFETY: see the module.
        self.product(Self(unsafe { vshrq_n_u32::<1>(twice.0) }))
    }

    #[inline(always)]
    fn wide_splat(x: u32) -> Wide {
        // SAFETY: see the module.
        let x = unsafe { vdupq_n_u64(u64::from(x)) };
        Wide(x, x)
    }

    #[inline(always)]
    fn mul_add_wide(sum: Wide, a: Self, b: Self) -> Wide {
        // SAFETY: see the module.
        unsafe {
            Wide(
                vmlal_u32(sum.0, vget_low_u32(a.0), vget_low_u32(b.0)),
                vmlal_high_u32(sum.1, a.0, b.0),
            )
        }
    }

    #[inline(always)]
    fn fold_wide(sum: Wide) -> Wide {
        // SAFETY: see the module.
        unsafe {
            let p = vdupq_n_u64(P as u64);
            Wide(
                vsraq_n_u64::<31>(vandq_u64(sum.0, p), sum.0),
                vsraq_n_u64::<31>(vandq_u64(sum.1, p), sum.1),
            )
        }
    }

    /// Folded twice, a sum is at most `p + 4`.
    #[inline(always)]
    fn reduce_wide(sum: Wide) -> Self {
        let Wide(low, high) = Self::fold_wide(Self::fold_wide(sum));
        // SAFETY: see the module.
        Self(unsafe { vmovn_high_u64(vmovn_u64(low), high) }).reduce()
    }

    #[inline(always)]
    fn negate_for_wide(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { vsubq_u32(Self::P.0, self.0) })
    }

    #[inline(always)]
    fn call<K: crate::Kernel>(kernel: K) -> K::Output {
        kernel.run::<Self>()
    }

    #[inline(always)]
    fn word_add(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { vaddq_u32(self.0, other.0) })
    }

    #[inline(always)]
    fn word_xor(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { veorq_u32(self.0, other.0) })
    }

    #[inline(always)]
    fn rotate_right<const N: u32>(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            // A shift by a negative number goes right.
            let right = vshlq_u32(self.0, vdupq_n_s32(-(N as i32)));
            let left = vshlq_u32(self.0, vdupq_n_s32(32 - N as i32));
            Self(vorrq_u32(right, left))
        }
    }
}
