//! AVX2: eight lanes.
#![allow(unsafe_code)]

use core::{arch::x86_64::*, array::from_fn};

use p3_field::PrimeCharacteristicRing;

use super::{Lanes, P};
use crate::platform::Kernel;

const WIDTH: usize = 8;

/// Eight lanes in a register.
///
/// Values exist only inside of kernels that [`Lanes::call`] runs, which is where the processor has
/// been found to have AVX2: that is what every block of unsafe code here relies on.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Avx2(__m256i);

ring!(Avx2, splat);

const fn splat(x: u32) -> Avx2 {
    // SAFETY: both are 32 bytes, and every bit pattern is a register's.
    Avx2(unsafe { core::mem::transmute::<[u32; WIDTH], __m256i>([x; WIDTH]) })
}

/// Transposes eight rows of eight words.
#[inline(always)]
fn transpose(v: [__m256i; 8]) -> [__m256i; 8] {
    // SAFETY: see `Avx2`.
    unsafe {
        let a: [__m256i; 8] = from_fn(|i| {
            let (x, y) = (v[i / 2 * 2], v[i / 2 * 2 + 1]);
            if i % 2 == 0 {
                _mm256_unpacklo_epi32(x, y)
            } else {
                _mm256_unpackhi_epi32(x, y)
            }
        });
        let b: [__m256i; 8] = from_fn(|i| {
            // Rows of a: 0 and 2, 1 and 3, 4 and 6, 5 and 7.
            let (x, y) = (a[i / 4 * 4 + i / 2 % 2], a[i / 4 * 4 + i / 2 % 2 + 2]);
            if i % 2 == 0 {
                _mm256_unpacklo_epi64(x, y)
            } else {
                _mm256_unpackhi_epi64(x, y)
            }
        });
        from_fn(|i| {
            let (x, y) = (b[i % 4], b[i % 4 + 4]);
            if i < 4 {
                _mm256_permute2x128_si256::<0x20>(x, y)
            } else {
                _mm256_permute2x128_si256::<0x31>(x, y)
            }
        })
    }
}

/// The larger numbers less p.
#[inline(always)]
fn reduce_once(sum: __m256i) -> __m256i {
    // SAFETY: see `Avx2`.
    unsafe { _mm256_min_epu32(sum, _mm256_sub_epi32(sum, splat(P).0)) }
}

/// The product of each lane with a number, given twice that number for the even and for the odd
/// lanes in the low half of each 64-bit lane.
#[inline(always)]
fn product(x: __m256i, twice_even: __m256i, twice_odd: __m256i) -> __m256i {
    // SAFETY: see `Avx2`.
    unsafe {
        // 2 x w < 2^63: its high word is the product's upper 31 bits, its low word twice the lower.
        let even = _mm256_mul_epu32(x, twice_even);
        let odd = _mm256_mul_epu32(_mm256_srli_epi64::<32>(x), twice_odd);
        let high = _mm256_blend_epi32::<0b1010_1010>(_mm256_srli_epi64::<32>(even), odd);
        let low = _mm256_blend_epi32::<0b1010_1010>(even, _mm256_slli_epi64::<32>(odd));
        // Both are at most p, and not both p: the sum is below 2 p.
        reduce_once(_mm256_add_epi32(high, _mm256_srli_epi32::<1>(low)))
    }
}

impl Avx2 {
    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        // SAFETY: see `Avx2`.
        Self(reduce_once(unsafe { _mm256_add_epi32(self.0, other.0) }))
    }

    #[inline(always)]
    fn difference(self, other: Self) -> Self {
        // SAFETY: see `Avx2`.
        unsafe {
            let difference = _mm256_sub_epi32(self.0, other.0);
            let plus = _mm256_add_epi32(difference, splat(P).0);
            Self(_mm256_min_epu32(difference, plus))
        }
    }

    #[inline(always)]
    fn product(self, other: Self) -> Self {
        // SAFETY: see `Avx2`.
        let twice = unsafe { _mm256_add_epi32(other.0, other.0) };
        self.mul_twice(Self(twice))
    }
}

impl Lanes for Avx2 {
    const WIDTH: usize = WIDTH;

    /// Even lanes, then odd lanes.
    type Wide = [__m256i; 2];

    #[inline(always)]
    fn call<K: Kernel>(kernel: K) -> K::Output {
        #[target_feature(enable = "avx2")]
        fn with_avx2<K: Kernel>(kernel: K) -> K::Output {
            kernel.run::<Avx2>()
        }
        // SAFETY: `Platform::Avx2` exists only where the processor has AVX2, and only it and kernels
        // that it runs come here.
        unsafe { with_avx2(kernel) }
    }

    #[inline(always)]
    fn load(from: &[u32]) -> Self {
        assert!(from.len() >= WIDTH);
        // SAFETY: there are eight words; see `Avx2`.
        Self(unsafe { _mm256_loadu_si256(from.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [u32]) {
        assert!(to.len() >= WIDTH);
        // SAFETY: there is room for eight words; see `Avx2`.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn splat(x: u32) -> Self {
        // SAFETY: see `Avx2`.
        Self(unsafe { _mm256_set1_epi32(x as i32) })
    }

    #[inline(always)]
    fn from_fn(f: impl FnMut(usize) -> u32) -> Self {
        let words: [u32; WIDTH] = from_fn(f);
        Self::load(&words)
    }

    #[inline(always)]
    fn lane(self, i: usize) -> u32 {
        let mut words = [0; WIDTH];
        self.store(&mut words);
        words[i]
    }

    #[inline(always)]
    fn load_columns(from: &[u32], stride: usize) -> [Self; 16] {
        assert!(from.len() >= (WIDTH - 1) * stride + 16);
        let half = |first: usize| {
            transpose(from_fn(|row| {
                let at = row * stride + first;
                // SAFETY: `at + 8` is at most `7 stride + 16`; see `Avx2`.
                unsafe { _mm256_loadu_si256(from.as_ptr().add(at).cast()) }
            }))
        };
        let (low, high) = (half(0), half(8));
        from_fn(|column| {
            Self(if column < 8 {
                low[column]
            } else {
                high[column - 8]
            })
        })
    }

    #[inline(always)]
    fn store_columns(columns: &[Self; 16], to: &mut [u32], stride: usize) {
        assert!(to.len() >= (WIDTH - 1) * stride + 16);
        for first in [0, 8] {
            let rows = transpose(from_fn(|column| columns[first + column].0));
            for (row, lanes) in rows.into_iter().enumerate() {
                let at = row * stride + first;
                // SAFETY: `at + 8` is at most `7 stride + 16`; see `Avx2`.
                unsafe { _mm256_storeu_si256(to.as_mut_ptr().add(at).cast(), lanes) }
            }
        }
    }

    #[inline(always)]
    fn even_odd(even: Self, odd: Self) -> Self {
        // SAFETY: see `Avx2`.
        Self(unsafe { _mm256_blend_epi32::<0b1010_1010>(even.0, odd.0) })
    }

    #[inline(always)]
    fn mul_twice(self, twice: Self) -> Self {
        // SAFETY: see `Avx2`.
        let odd = unsafe { _mm256_srli_epi64::<32>(twice.0) };
        Self(product(self.0, twice.0, odd))
    }

    #[inline(always)]
    fn mul_twice_splat(self, twice: Self) -> Self {
        Self(product(self.0, twice.0, twice.0))
    }

    #[inline(always)]
    fn wide_zero() -> Self::Wide {
        [splat(0).0; 2]
    }

    #[inline(always)]
    fn mul_add_wide(self, w: u32, [even, odd]: Self::Wide) -> Self::Wide {
        // SAFETY: see `Avx2`.
        unsafe {
            let w = _mm256_set1_epi32(w as i32);
            let high = _mm256_srli_epi64::<32>(self.0);
            [
                _mm256_add_epi64(even, _mm256_mul_epu32(self.0, w)),
                _mm256_add_epi64(odd, _mm256_mul_epu32(high, w)),
            ]
        }
    }

    #[inline(always)]
    fn fold_wide(wide: Self::Wide) -> Self::Wide {
        // SAFETY: see `Avx2`.
        wide.map(|x| unsafe {
            let low = _mm256_and_si256(x, _mm256_set1_epi64x(i64::from(P)));
            _mm256_add_epi64(low, _mm256_srli_epi64::<31>(x))
        })
    }

    #[inline(always)]
    fn reduce_wide(wide: Self::Wide) -> Self {
        // Below 2^31 + 2^33, then at most 2^31 + 4, which a word holds.
        let [even, odd] = Self::fold_wide(Self::fold_wide(wide));
        // SAFETY: see `Avx2`.
        Self(reduce_once(unsafe {
            _mm256_blend_epi32::<0b1010_1010>(even, _mm256_slli_epi64::<32>(odd))
        }))
    }

    #[inline(always)]
    fn word_add(self, other: Self) -> Self {
        // SAFETY: see `Avx2`.
        Self(unsafe { _mm256_add_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn word_xor(self, other: Self) -> Self {
        // SAFETY: see `Avx2`.
        Self(unsafe { _mm256_xor_si256(self.0, other.0) })
    }

    #[inline(always)]
    fn rotate_right<const N: u32>(self) -> Self {
        // SAFETY: see `Avx2`.
        unsafe {
            let bytes = |by: i8| {
                let byte = |i: usize| (i as i8 & !3) | ((i as i8 + by) & 3);
                let indices: [i8; 32] = from_fn(|i| byte(i % 16));
                let indices = _mm256_loadu_si256(indices.as_ptr().cast());
                _mm256_shuffle_epi8(self.0, indices)
            };
            Self(match N {
                16 => bytes(2),
                8 => bytes(1),
                12 => _mm256_or_si256(
                    _mm256_srli_epi32::<12>(self.0),
                    _mm256_slli_epi32::<20>(self.0),
                ),
                7 => _mm256_or_si256(
                    _mm256_srli_epi32::<7>(self.0),
                    _mm256_slli_epi32::<25>(self.0),
                ),
                _ => unreachable!("BLAKE3 rotates by 16, 12, 8 and 7"),
            })
        }
    }
}
