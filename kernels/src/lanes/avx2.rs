//! Eight elements in an AVX2 register.
//!
//! SAFETY, for every block below: the type is private to the crate, and only `Platform::run` names
//! it, inside a function compiled for AVX2 and after checking the CPU for it. Memory is accessed
//! through slices whose length is checked.
#![allow(unsafe_code, unused_unsafe)]

use std::arch::x86_64::*;

use super::Lanes;
use crate::{LINE, P};

/// Eight elements.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Avx2(__m256i);

/// Products of the even lanes and of the odd lanes.
#[derive(Clone, Copy)]
pub struct Wide(__m256i, __m256i);

ring!(Avx2);

impl Avx2 {
    const P: Self = Self::constant(P);

    #[inline(always)]
    const fn constant(x: u32) -> Self {
        Self::constant_word(x)
    }

    #[inline(always)]
    const fn constant_word(word: u32) -> Self {
        // SAFETY: both are 32 bytes, and any bytes are valid.
        Self(unsafe { std::mem::transmute::<[u32; 8], __m256i>([word; 8]) })
    }

    /// Canonical, for words less than `2p`: if a word is less than `p`, subtracting `p` wraps to
    /// something larger.
    #[inline(always)]
    fn reduce(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            Self(_mm256_min_epu32(
                self.0,
                _mm256_sub_epi32(self.0, Self::P.0),
            ))
        }
    }

    /// `a + b < 2p`.
    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_add_epi32(self.0, other.0) }).reduce()
    }

    /// When `a < b`, `a - b` wraps to at least `2^32 - p`, and adding `p` wraps back below `p`;
    /// otherwise adding `p` makes it larger.
    #[inline(always)]
    fn difference(self, other: Self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let d = _mm256_sub_epi32(self.0, other.0);
            Self(_mm256_min_epu32(d, _mm256_add_epi32(d, Self::P.0)))
        }
    }

    /// As `0 - x`: the wrapped `p - x`, or zero.
    #[inline(always)]
    fn negation(self) -> Self {
        Self::constant(0).difference(self)
    }

    #[inline(always)]
    fn product(self, other: Self) -> Self {
        // SAFETY: see the module.
        self.mul_twice(Self(unsafe { _mm256_add_epi32(other.0, other.0) }))
    }

    /// The upper half of every 64 bits, in the lower half too.
    #[inline(always)]
    fn odd(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            Self(_mm256_castps_si256(_mm256_movehdup_ps(
                _mm256_castsi256_ps(self.0),
            )))
        }
    }
}

impl Lanes for Avx2 {
    const WIDTH: usize = 8;
    const REGISTER: bool = true;

    type Wide = Wide;

    #[inline(always)]
    fn load(from: &[u32]) -> Self {
        assert!(from.len() >= 8);
        // SAFETY: the slice has 32 bytes.
        Self(unsafe { _mm256_loadu_si256(from.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [u32]) {
        assert!(to.len() >= 8);
        // SAFETY: the slice has 32 bytes.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn splat_words(word: u32) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_set1_epi32(word as i32) })
    }

    #[inline(always)]
    fn load_columns(from: &[u32], stride: usize) -> [Self; LINE] {
        assert!(from.len() >= LINE && (from.len() - LINE) / 7 >= stride);
        let mut columns = [Self::constant(0); LINE];
        let mut c = 0;
        while c < LINE {
            let mut rows = [Self::constant(0); 4];
            let mut r = 0;
            while r < 4 {
                // SAFETY: row 7, the last one, ends in the slice.
                rows[r] = unsafe {
                    let row = from.as_ptr().add(r * stride + c);
                    let low = _mm256_castsi128_si256(_mm_loadu_si128(row.cast()));
                    let high = _mm_loadu_si128(row.add(4 * stride).cast());
                    Self(_mm256_inserti128_si256::<1>(low, high))
                };
                r += 1;
            }
            [columns[c], columns[c + 1], columns[c + 2], columns[c + 3]] = transpose(rows);
            c += 4;
        }
        columns
    }

    #[inline(always)]
    fn store_columns(columns: &[Self; LINE], to: &mut [u32], stride: usize) {
        assert!(to.len() >= LINE && (to.len() - LINE) / 7 >= stride);
        let mut c = 0;
        while c < LINE {
            let rows = transpose([columns[c], columns[c + 1], columns[c + 2], columns[c + 3]]);
            let mut r = 0;
            while r < 4 {
                // SAFETY: row 7, the last one, ends in the slice.
                unsafe {
                    let row = to.as_mut_ptr().add(r * stride + c);
                    _mm_storeu_si128(row.cast(), _mm256_castsi256_si128(rows[r].0));
                    let high = _mm256_extracti128_si256::<1>(rows[r].0);
                    _mm_storeu_si128(row.add(4 * stride).cast(), high);
                }
                r += 1;
            }
            c += 4;
        }
    }

    #[inline(always)]
    fn prefetch(from: &[u32], place: usize) {
        if let Some(word) = from.get(place) {
            // SAFETY: the word is there.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(word).cast()) }
        }
    }

    /// `2ab = high * 2^32 + 2 * low`, where `ab = high * 2^31 + low`, `high <= p - 3` and
    /// `low <= p`: the sum of `high` and `low` is less than `2p`.
    #[inline(always)]
    fn mul_twice(self, twice: Self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let even = _mm256_mul_epu32(self.0, twice.0);
            let odd = _mm256_mul_epu32(self.odd().0, twice.odd().0);
            let high = _mm256_blend_epi32::<0b1010_1010>(Self(even).odd().0, odd);
            let low = _mm256_srli_epi32::<1>(_mm256_mullo_epi32(self.0, twice.0));
            Self(_mm256_add_epi32(high, low)).reduce()
        }
    }

    #[inline(always)]
    fn wide_splat(x: u32) -> Wide {
        // SAFETY: see the module.
        let x = unsafe { _mm256_set1_epi64x(i64::from(x)) };
        Wide(x, x)
    }

    #[inline(always)]
    fn mul_add_wide(sum: Wide, a: Self, b: Self) -> Wide {
        // SAFETY: see the module.
        unsafe {
            Wide(
                _mm256_add_epi64(sum.0, _mm256_mul_epu32(a.0, b.0)),
                _mm256_add_epi64(sum.1, _mm256_mul_epu32(a.odd().0, b.odd().0)),
            )
        }
    }

    #[inline(always)]
    fn fold_wide(sum: Wide) -> Wide {
        // SAFETY: see the module.
        unsafe {
            let p = _mm256_set1_epi64x(P as i64);
            Wide(
                _mm256_add_epi64(_mm256_srli_epi64::<31>(sum.0), _mm256_and_si256(sum.0, p)),
                _mm256_add_epi64(_mm256_srli_epi64::<31>(sum.1), _mm256_and_si256(sum.1, p)),
            )
        }
    }

    /// Folded once, a sum is less than `10 * 2^30`: its upper part is at most 4, and the sum of
    /// its parts at most `p + 4`.
    #[inline(always)]
    fn reduce_wide(sum: Wide) -> Self {
        // SAFETY: see the module.
        unsafe {
            let Wide(even, odd) = Self::fold_wide(sum);
            let low = _mm256_blend_epi32::<0b1010_1010>(even, _mm256_slli_epi64::<32>(odd));
            let high = _mm256_blend_epi32::<0b1010_1010>(
                _mm256_srli_epi64::<31>(even),
                _mm256_slli_epi64::<1>(odd),
            );
            Self(_mm256_add_epi32(_mm256_and_si256(low, Self::P.0), high)).reduce()
        }
    }

    #[inline(always)]
    fn negate_for_wide(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_sub_epi32(Self::P.0, self.0) })
    }

    #[inline(always)]
    fn call<K: crate::Kernel>(kernel: K) -> K::Output {
        // SAFETY: see the module.
        unsafe { crate::platform::Compiled::avx2(kernel) }
    }

    #[inline(always)]
    fn word_add(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_add_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn word_xor(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_xor_si256(self.0, other.0) })
    }

    #[inline(always)]
    fn rotate_right<const N: u32>(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            if N == 16 || N == 8 {
                // Bytes move by whole places: one shuffle.
                let k = (N / 8) as usize;
                let mut bytes = [0u8; 32];
                let mut i = 0;
                while i < 32 {
                    bytes[i] = ((i % 16) / 4 * 4 + (i + k) % 4) as u8;
                    i += 1;
                }
                let order = std::mem::transmute::<[u8; 32], __m256i>(bytes);
                return Self(_mm256_shuffle_epi8(self.0, order));
            }
            let right = _mm256_srl_epi32(self.0, _mm_cvtsi32_si128(N as i32));
            let left = _mm256_sll_epi32(self.0, _mm_cvtsi32_si128(32 - N as i32));
            Self(_mm256_or_si256(right, left))
        }
    }
}

/// Transposes four by four words in each half of the registers.
#[inline(always)]
fn transpose([a, b, c, d]: [Avx2; 4]) -> [Avx2; 4] {
    // SAFETY: see the module.
    unsafe {
        let (ab_low, ab_high) = (
            _mm256_unpacklo_epi32(a.0, b.0),
            _mm256_unpackhi_epi32(a.0, b.0),
        );
        let (cd_low, cd_high) = (
            _mm256_unpacklo_epi32(c.0, d.0),
            _mm256_unpackhi_epi32(c.0, d.0),
        );
        [
            Avx2(_mm256_unpacklo_epi64(ab_low, cd_low)),
            Avx2(_mm256_unpackhi_epi64(ab_low, cd_low)),
            Avx2(_mm256_unpacklo_epi64(ab_high, cd_high)),
            Avx2(_mm256_unpackhi_epi64(ab_high, cd_high)),
        ]
    }
}
