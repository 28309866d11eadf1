//! Sixteen elements in an AVX-512 register.
//!
//! SAFETY, for every block below: the type is private to the crate, and only `Platform::run` names
//! it, inside a function compiled for AVX-512 (foundation) and after checking the CPU for it.
//! Memory is accessed through slices whose length is checked.
#![allow(unsafe_code, unused_unsafe)]

use std::arch::{asm, x86_64::*};

use super::Lanes;
use crate::{LINE, P};

/// Sixteen elements.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Avx512(__m512i);

/// Products of the even lanes and of the odd lanes.
#[derive(Clone, Copy)]
pub struct Wide(__m512i, __m512i);

ring!(Avx512);

const EVEN: __mmask16 = 0b0101_0101_0101_0101;
const ODD: __mmask16 = 0b1010_1010_1010_1010;

impl Avx512 {
    const P: Self = Self::constant(P);

    #[inline(always)]
    const fn constant(x: u32) -> Self {
        Self::constant_word(x)
    }

    #[inline(always)]
    const fn constant_word(word: u32) -> Self {
        // SAFETY: both are 64 bytes, and any bytes are valid.
        Self(unsafe { std::mem::transmute::<[u32; 16], __m512i>([word; 16]) })
    }

    /// Canonical, for words less than `2p`: if a word is less than `p`, subtracting `p` wraps to
    /// something larger.
    #[inline(always)]
    fn reduce(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            Self(_mm512_min_epu32(
                self.0,
                _mm512_sub_epi32(self.0, Self::P.0),
            ))
        }
    }

    /// `a + b < 2p`.
    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_add_epi32(self.0, other.0) }).reduce()
    }

    /// When `a < b`, `a - b` wraps to at least `2^32 - p`, and adding `p` wraps back below `p`;
    /// otherwise adding `p` makes it larger.
    #[inline(always)]
    fn difference(self, other: Self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let d = _mm512_sub_epi32(self.0, other.0);
            Self(_mm512_min_epu32(d, _mm512_add_epi32(d, Self::P.0)))
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
        self.mul_twice(Self(unsafe { _mm512_add_epi32(other.0, other.0) }))
    }

    /// The upper half of every 64 bits, in the lower half too.
    #[inline(always)]
    fn odd(self) -> __m512i {
        // SAFETY: see the module.
        unsafe { _mm512_castps_si512(_mm512_movehdup_ps(_mm512_castsi512_ps(self.0))) }
    }

    /// Rows to columns: `rows[r]` lane `c` becomes `columns[c]` lane `r`.
    #[inline(always)]
    fn transpose(rows: [Self; LINE]) -> [Self; LINE] {
        let mut a = rows;
        let mut b = rows;
        // SAFETY: see the module.
        unsafe {
            // Pairs of rows: b[2k] and b[2k + 1] hold the words 0, 1 and 2, 3 of every 128 bits of
            // rows 2k and 2k + 1, interleaved.
            for k in 0..8 {
                b[2 * k] = Self(_mm512_unpacklo_epi32(a[2 * k].0, a[2 * k + 1].0));
                b[2 * k + 1] = Self(_mm512_unpackhi_epi32(a[2 * k].0, a[2 * k + 1].0));
            }
            // Four rows: a[4k + j] holds the word j of every 128 bits of rows 4k..4k + 4.
            for k in 0..4 {
                a[4 * k] = Self(_mm512_unpacklo_epi64(b[4 * k].0, b[4 * k + 2].0));
                a[4 * k + 1] = Self(_mm512_unpackhi_epi64(b[4 * k].0, b[4 * k + 2].0));
                a[4 * k + 2] = Self(_mm512_unpacklo_epi64(b[4 * k + 1].0, b[4 * k + 3].0));
                a[4 * k + 3] = Self(_mm512_unpackhi_epi64(b[4 * k + 1].0, b[4 * k + 3].0));
            }
            // A 4x4 transpose of 128-bit pieces for every j: piece g of a[4k + j] has column
            // 4g + j of rows 4k..4k + 4.
            for j in 0..4 {
                let [x0, x1, x2, x3] = [a[j].0, a[4 + j].0, a[8 + j].0, a[12 + j].0];
                let low01 = _mm512_shuffle_i32x4::<0b01_00_01_00>(x0, x1);
                let high01 = _mm512_shuffle_i32x4::<0b11_10_11_10>(x0, x1);
                let low23 = _mm512_shuffle_i32x4::<0b01_00_01_00>(x2, x3);
                let high23 = _mm512_shuffle_i32x4::<0b11_10_11_10>(x2, x3);
                b[j] = Self(_mm512_shuffle_i32x4::<0b10_00_10_00>(low01, low23));
                b[4 + j] = Self(_mm512_shuffle_i32x4::<0b11_01_11_01>(low01, low23));
                b[8 + j] = Self(_mm512_shuffle_i32x4::<0b10_00_10_00>(high01, high23));
                b[12 + j] = Self(_mm512_shuffle_i32x4::<0b11_01_11_01>(high01, high23));
            }
        }
        b
    }
}

impl Lanes for Avx512 {
    const WIDTH: usize = 16;
    const REGISTER: bool = true;

    type Wide = Wide;

    #[inline(always)]
    fn load(from: &[u32]) -> Self {
        assert!(from.len() >= 16);
        // SAFETY: the slice has 64 bytes.
        Self(unsafe { _mm512_loadu_si512(from.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [u32]) {
        assert!(to.len() >= 16);
        // SAFETY: the slice has 64 bytes.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), self.0) }
    }

    /// `Platform::run` orders these stores before all that follows the kernel.
    #[inline(always)]
    fn stream(self, to: &mut [u32]) {
        assert!(to.len() >= 16);
        let to = to.as_mut_ptr().cast::<__m512i>();
        // SAFETY: the slice has 64 bytes, aligned where the first instruction is used.
        unsafe {
            if to.is_aligned() {
                _mm512_stream_si512(to, self.0);
            } else {
                _mm512_storeu_si512(to, self.0);
            }
        }
    }

    #[inline(always)]
    fn splat_words(word: u32) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_set1_epi32(word as i32) })
    }

    #[inline(always)]
    fn load_columns(from: &[u32], stride: usize) -> [Self; LINE] {
        let mut rows = [Self::constant(0); LINE];
        for (r, row) in rows.iter_mut().enumerate() {
            *row = Self::load(&from[r * stride..]);
        }
        Self::transpose(rows)
    }

    #[inline(always)]
    fn store_columns(columns: &[Self; LINE], to: &mut [u32], stride: usize) {
        let rows = Self::transpose(*columns);
        for (r, row) in rows.iter().enumerate() {
            row.store(&mut to[r * stride..]);
        }
    }

    #[inline(always)]
    fn store_columns_between(
        columns: &[Self; LINE],
        to: &mut [u32],
        stride: usize,
        first: usize,
        end: usize,
    ) {
        assert!(first <= end && end <= LINE);
        assert!(to.len() >= end && (to.len() - end) / 15 >= stride);
        let mask = ((1 << end) - (1 << first)) as __mmask16;
        let rows = Self::transpose(*columns);
        let mut r = 0;
        while r < LINE {
            // SAFETY: words up to `end` of row 15, the last one, are in the slice, and no others are
            // touched.
            unsafe {
                let row = to.as_mut_ptr().add(r * stride);
                _mm512_mask_storeu_epi32(row.cast(), mask, rows[r].0);
            }
            r += 1;
        }
    }

    /// `2ab = high * 2^32 + 2 * low`, where `ab = high * 2^31 + low`, `high <= p - 3` and
    /// `low <= p`: the sum of `high` and `low` is less than `2p`.
    #[inline(always)]
    fn mul_twice(self, twice: Self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let even = _mm512_mul_epu32(self.0, twice.0);
            let odd = _mm512_mul_epu32(self.odd(), twice.odd());
            let (high, low) = (upper_words(even, odd), lower_words(even, odd));
            Self(_mm512_add_epi32(high, _mm512_srli_epi32::<1>(low))).reduce()
        }
    }

    #[inline(always)]
    fn wide_splat(x: u32) -> Wide {
        // SAFETY: see the module.
        let x = unsafe { _mm512_set1_epi64(i64::from(x)) };
        Wide(x, x)
    }

    #[inline(always)]
    fn mul_add_wide(sum: Wide, a: Self, b: Self) -> Wide {
        // SAFETY: see the module.
        unsafe {
            Wide(
                _mm512_add_epi64(sum.0, _mm512_mul_epu32(a.0, b.0)),
                _mm512_add_epi64(sum.1, _mm512_mul_epu32(a.odd(), b.odd())),
            )
        }
    }

    #[inline(always)]
    fn widen(self) -> Wide {
        // SAFETY: see the module.
        unsafe {
            let even = _mm512_and_si512(self.0, _mm512_set1_epi64(i64::from(u32::MAX)));
            Wide(even, _mm512_srli_epi64::<32>(self.0))
        }
    }

    /// Products take the lower half of 64 bits: one vector of the word serves both.
    #[inline(always)]
    fn scale_add_wide(sum: Wide, x: Self, word: u32) -> Wide {
        // SAFETY: see the module.
        unsafe {
            let word = _mm512_set1_epi64(i64::from(word));
            Wide(
                _mm512_add_epi64(sum.0, _mm512_mul_epu32(x.0, word)),
                _mm512_add_epi64(sum.1, _mm512_mul_epu32(x.odd(), word)),
            )
        }
    }

    #[inline(always)]
    fn fold_wide(sum: Wide) -> Wide {
        // SAFETY: see the module.
        unsafe {
            let p = _mm512_set1_epi64(P as i64);
            Wide(
                _mm512_add_epi64(_mm512_srli_epi64::<31>(sum.0), _mm512_and_si512(sum.0, p)),
                _mm512_add_epi64(_mm512_srli_epi64::<31>(sum.1), _mm512_and_si512(sum.1, p)),
            )
        }
    }

    /// A sum is `low + middle * 2^31 + high * 2^62` with `low, middle <= p` and `high <= 3`: the sum
    /// of the first two, reduced, is at most `p`, and the third makes it at most `p + 3`.
    #[inline(always)]
    fn reduce_wide(sum: Wide) -> Self {
        // SAFETY: see the module.
        unsafe {
            let lower = lower_words(sum.0, sum.1);
            let upper = upper_words(sum.0, sum.1);
            let low = _mm512_and_si512(lower, Self::P.0);
            // (2 * upper OR lower >> 31) AND p.
            let middle = _mm512_ternarylogic_epi32::<0b1010_1000>(
                _mm512_add_epi32(upper, upper),
                _mm512_srli_epi32::<31>(lower),
                Self::P.0,
            );
            let high = _mm512_srli_epi32::<30>(upper);
            let two = Self(_mm512_add_epi32(low, middle)).reduce();
            Self(_mm512_add_epi32(two.0, high)).reduce()
        }
    }

    #[inline(always)]
    fn negate_for_wide(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_sub_epi32(Self::P.0, self.0) })
    }

    #[inline(always)]
    fn prefetch(from: &[u32], place: usize) {
        if let Some(word) = from.get(place) {
            // SAFETY: the address is that of a word in memory.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(word).cast()) }
        }
    }

    #[inline(always)]
    fn call<K: crate::Kernel>(kernel: K) -> K::Output {
        // SAFETY: see the module.
        unsafe { crate::platform::Compiled::avx512(kernel) }
    }

    #[inline(always)]
    fn word_add(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_add_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn word_xor(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_xor_si512(self.0, other.0) })
    }

    #[inline(always)]
    fn rotate_right<const N: u32>(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_rorv_epi32(self.0, _mm512_set1_epi32(N as i32)) })
    }
}

/// Of every 64 bits the upper half: those of `even` in the even words, those of `odd` in the odd
/// ones.
///
/// In assembly: the compiler would replace the intrinsic by two instructions.
#[inline]
#[target_feature(enable = "avx512f")]
fn upper_words(even: __m512i, odd: __m512i) -> __m512i {
    let mut words = odd;
    // SAFETY: the instruction belongs to AVX-512 (foundation), for which this function is compiled,
    // and touches registers only.
    unsafe {
        asm!(
            "vmovshdup {words}{{{mask}}}, {even}",
            words = inout(zmm_reg) words,
            mask = in(kreg) EVEN,
            even = in(zmm_reg) even,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    words
}

/// Of every 64 bits the lower half: those of `even` in the even words, those of `odd` in the odd
/// ones. As [`upper_words`].
#[inline]
#[target_feature(enable = "avx512f")]
fn lower_words(even: __m512i, odd: __m512i) -> __m512i {
    let mut words = even;
    // SAFETY: as in `upper_words`.
    unsafe {
        asm!(
            "vmovsldup {words}{{{mask}}}, {odd}",
            words = inout(zmm_reg) words,
            mask = in(kreg) ODD,
            odd = in(zmm_reg) odd,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    words
}
