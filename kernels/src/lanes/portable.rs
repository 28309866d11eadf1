//! Arrays of words: the definition.
//!
//! Products are calls. Inlined, they make the code of kernels several times as long, and slow to compile.
// Indices show that the lanes of several arrays go together, and loops are sure to be inlined.
#![allow(clippy::needless_range_loop)]

use super::Lanes;
use crate::P;

/// Eight elements.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
pub struct Portable([u32; 8]);

ring!(Portable);

impl Portable {
    #[inline(always)]
    const fn constant(x: u32) -> Self {
        Self([x; 8])
    }

    #[inline(always)]
    const fn constant_word(word: u32) -> Self {
        Self([word; 8])
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(u32, u32) -> u32) -> Self {
        let mut result = [0; 8];
        for i in 0..8 {
            result[i] = f(self.0[i], other.0[i]);
        }
        Self(result)
    }

    /// `a + b < 2p`; when that is less than `p`, subtracting `p` wraps to something larger.
    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        self.zip(other, |a, b| reduce(a + b))
    }

    /// When `a < b`, `a - b` wraps to at least `2^32 - p`, and adding `p` wraps back below `p`;
    /// otherwise adding `p` makes it larger.
    #[inline(always)]
    fn difference(self, other: Self) -> Self {
        self.zip(other, |a, b| {
            let d = a.wrapping_sub(b);
            d.min(d.wrapping_add(P))
        })
    }

    #[inline(always)]
    fn negation(self) -> Self {
        Self::constant(0).difference(self)
    }

    /// `a * b = high * 2^31 + low`, with `high <= p - 3` and `low <= p`, and they are not both the
    /// largest, so the sum is less than `2p`.
    #[inline(never)]
    fn product(self, other: Self) -> Self {
        self.zip(other, |a, b| {
            let c = u64::from(a) * u64::from(b);
            reduce((c >> 31) as u32 + (c as u32 & P))
        })
    }
}

impl Lanes for Portable {
    const WIDTH: usize = 8;
    const REGISTER: bool = false;

    type Wide = [u64; 8];

    #[inline(always)]
    fn load(from: &[u32]) -> Self {
        let mut words = [0; 8];
        words.copy_from_slice(&from[..8]);
        Self(words)
    }

    #[inline(always)]
    fn store(self, to: &mut [u32]) {
        to[..8].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn splat_words(word: u32) -> Self {
        Self([word; 8])
    }

    #[inline(never)]
    fn mul_twice(self, twice: Self) -> Self {
        self.product(self.zip(twice, |_, w| w >> 1))
    }

    #[inline(always)]
    fn wide_splat(x: u32) -> [u64; 8] {
        [u64::from(x); 8]
    }

    #[inline(never)]
    fn mul_add_wide(mut sum: [u64; 8], a: Self, b: Self) -> [u64; 8] {
        for i in 0..8 {
            sum[i] += u64::from(a.0[i]) * u64::from(b.0[i]);
        }
        sum
    }

    #[inline(always)]
    fn fold_wide(mut sum: [u64; 8]) -> [u64; 8] {
        for x in &mut sum {
            *x = (*x >> 31) + (*x & u64::from(P));
        }
        sum
    }

    /// Folded twice, the sum is at most `p + 4`.
    #[inline(never)]
    fn reduce_wide(sum: [u64; 8]) -> Self {
        let sum = Self::fold_wide(Self::fold_wide(sum));
        let mut result = [0; 8];
        for i in 0..8 {
            result[i] = reduce(sum[i] as u32);
        }
        Self(result)
    }

    #[inline(always)]
    fn negate_for_wide(self) -> Self {
        self.zip(self, |x, _| P - x)
    }

    #[inline(always)]
    fn call<K: crate::Kernel>(kernel: K) -> K::Output {
        kernel.run::<Self>()
    }

    #[inline(always)]
    fn word_add(self, other: Self) -> Self {
        self.zip(other, u32::wrapping_add)
    }

    #[inline(always)]
    fn word_xor(self, other: Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }

    #[inline(always)]
    fn rotate_right<const N: u32>(self) -> Self {
        self.zip(self, |a, _| a.rotate_right(N))
    }
}

/// Canonical, for anything less than `2p`.
#[inline(always)]
fn reduce(x: u32) -> u32 {
    x.min(x.wrapping_sub(P))
}
