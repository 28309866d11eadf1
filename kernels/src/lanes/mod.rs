//! Vectors of Mersenne31 elements.

use std::fmt::Debug;

use p3_field::PrimeCharacteristicRing;
use p3_mersenne_31::Mersenne31;

use crate::{matrix::LINE, platform::Kernel};

/// Implements the ring traits for a vector type that has `sum`, `difference`, `product` and
/// `negation`. It writes again all that Plonky3's traits provide without `#[inline(always)]`:
/// a function that is not inlined would be compiled without the platform's instructions.
macro_rules! ring {
    ($lanes:ident) => {
        ring!(@operator $lanes, Add, add, AddAssign, add_assign, sum);
        ring!(@operator $lanes, Sub, sub, SubAssign, sub_assign, difference);
        ring!(@operator $lanes, Mul, mul, MulAssign, mul_assign, product);

        impl std::ops::Neg for $lanes {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                self.negation()
            }
        }

        impl std::iter::Sum for $lanes {
            #[inline(always)]
            fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
                let mut total = Self::constant(0);
                for value in values {
                    total += value;
                }
                total
            }
        }

        impl std::iter::Product for $lanes {
            #[inline(always)]
            fn product<I: Iterator<Item = Self>>(values: I) -> Self {
                let mut total = Self::constant(1);
                for value in values {
                    total *= value;
                }
                total
            }
        }

        impl Default for $lanes {
            #[inline(always)]
            fn default() -> Self {
                Self::constant(0)
            }
        }

        impl std::fmt::Debug for $lanes {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_list().entries((0..<Self as $crate::Lanes>::WIDTH).map(|i| $crate::Lanes::lane(*self, i))).finish()
            }
        }

        impl From<p3_mersenne_31::Mersenne31> for $lanes {
            #[inline(always)]
            fn from(x: p3_mersenne_31::Mersenne31) -> Self {
                Self::splat(p3_field::PrimeField32::as_canonical_u32(&x))
            }
        }

        impl p3_field::PrimeCharacteristicRing for $lanes {
            type PrimeSubfield = p3_mersenne_31::Mersenne31;

            const ZERO: Self = Self::constant(0);
            const ONE: Self = Self::constant(1);
            const TWO: Self = Self::constant(2);
            const NEG_ONE: Self = Self::constant(crate::P - 1);

            #[inline(always)]
            fn from_prime_subfield(x: Self::PrimeSubfield) -> Self {
                x.into()
            }

            ring!(@integers from_u8 u8, from_u16 u16, from_u32 u32, from_u64 u64, from_u128 u128,
                from_usize usize, from_i8 i8, from_i16 i16, from_i32 i32, from_i64 i64,
                from_i128 i128, from_isize isize);

            #[inline(always)]
            fn halve(&self) -> Self {
                self.mul_twice(Self::constant_word(2 << 30))
            }

            #[inline(always)]
            fn exp_u64(&self, power: u64) -> Self {
                let mut total = Self::ONE;
                let mut square = *self;
                let mut rest = power;
                while rest > 0 {
                    if rest & 1 == 1 {
                        total *= square;
                    }
                    square *= square;
                    rest >>= 1;
                }
                total
            }

            #[inline(always)]
            fn exp_power_of_2(&self, log_power: usize) -> Self {
                let mut power = *self;
                for _ in 0..log_power {
                    power *= power;
                }
                power
            }

            #[inline(always)]
            fn mul_2exp_u64(&self, exponent: u64) -> Self {
                self.mul_twice(Self::splat_words(2 << (exponent % 31)))
            }

            #[inline(always)]
            fn div_2exp_u64(&self, exponent: u64) -> Self {
                self.mul_2exp_u64(31 - exponent % 31)
            }

            #[inline(always)]
            fn dot_product<const N: usize>(u: &[Self; N], v: &[Self; N]) -> Self {
                let mut total = Self::wide_zero();
                let mut i = 0;
                while i < N {
                    if i > 0 && i % 4 == 0 {
                        total = Self::fold_wide(total);
                    }
                    total = Self::mul_add_wide(total, u[i], v[i]);
                    i += 1;
                }
                Self::reduce_wide(total)
            }

            #[inline(always)]
            fn sum_array<const N: usize>(input: &[Self]) -> Self {
                assert_eq!(N, input.len());
                let mut total = Self::ZERO;
                let mut i = 0;
                while i < N {
                    total += input[i];
                    i += 1;
                }
                total
            }
        }
    };
    (@operator $lanes:ident, $op:ident, $method:ident, $assign:ident, $assign_method:ident, $inner:ident) => {
        impl std::ops::$op for $lanes {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.$inner(other)
            }
        }

        impl std::ops::$assign for $lanes {
            #[inline(always)]
            fn $assign_method(&mut self, other: Self) {
                *self = self.$inner(other);
            }
        }

    };
    (@integers $($method:ident $type:ty),*) => {
        $(
            #[inline(always)]
            fn $method(x: $type) -> Self {
                use p3_field::integers::QuotientMap;
                Self::PrimeSubfield::from_int(x).into()
            }
        )*
    };
}

pub(crate) mod portable;

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;

#[cfg(test)]
mod tests;

/// [`Lanes::WIDTH`] elements of Mersenne31, each a canonical word in `0..p`.
///
/// Every field operation takes and returns canonical elements, so results do not depend on the
/// platform. The `word_*` operations are those of arbitrary 32-bit words; a value that they make
/// is not an element.
pub trait Lanes:
    PrimeCharacteristicRing<PrimeSubfield = Mersenne31> + Copy + Debug + Send + Sync + 'static
{
    /// How many elements: 8 (portable and AVX2), 16 (AVX-512) or 4 (NEON). It divides 16.
    const WIDTH: usize;

    /// Whether the elements are in one register, so that long straight code is good code.
    const REGISTER: bool;

    /// Sums of 64-bit products, not reduced.
    type Wide: Copy;

    /// The first `WIDTH` words.
    fn load(from: &[u32]) -> Self;

    /// Writes the first `WIDTH` words.
    fn store(self, to: &mut [u32]);

    /// [`Self::store`] for memory that is not read soon: past the caches, where the platform can write a whole
    /// aligned line at once. Other threads may read it after the kernel has ended.
    #[inline(always)]
    fn stream(self, to: &mut [u32]) {
        self.store(to);
    }

    /// The part of a line that begins at word `part * WIDTH`.
    #[inline(always)]
    fn load_part(line: &[u32; LINE], part: usize) -> Self {
        Self::load(&line[part * Self::WIDTH..])
    }

    /// Writes the part of a line that begins at word `part * WIDTH`.
    #[inline(always)]
    fn store_part(self, line: &mut [u32; LINE], part: usize) {
        self.store(&mut line[part * Self::WIDTH..]);
    }

    /// An element in every lane. It must be canonical.
    #[inline(always)]
    fn splat(x: u32) -> Self {
        debug_assert!(x < crate::P);
        Self::splat_words(x)
    }

    /// An arbitrary word in every lane.
    fn splat_words(word: u32) -> Self;

    /// The lanes from the first. For slow paths and tests.
    #[inline(always)]
    fn from_fn(mut f: impl FnMut(usize) -> u32) -> Self {
        let mut words = [0; LINE];
        for (i, word) in words.iter_mut().enumerate().take(Self::WIDTH) {
            *word = f(i);
        }
        Self::load(&words)
    }

    /// One lane. For slow paths and tests.
    #[inline(always)]
    fn lane(self, i: usize) -> u32 {
        let mut words = [0; LINE];
        self.store(&mut words);
        words[..Self::WIDTH][i]
    }

    /// Loads `WIDTH` lines, line `r` at word `r * stride`, as one vector for each of the 16 columns.
    #[inline(always)]
    fn load_columns(from: &[u32], stride: usize) -> [Self; LINE] {
        let mut columns = [Self::ZERO; LINE];
        let mut c = 0;
        while c < LINE {
            let mut words = [0; LINE];
            let mut r = 0;
            while r < Self::WIDTH {
                words[r] = from[r * stride + c];
                r += 1;
            }
            columns[c] = Self::load(&words);
            c += 1;
        }
        columns
    }

    /// The inverse of [`Self::load_columns`].
    #[inline(always)]
    fn store_columns(columns: &[Self; LINE], to: &mut [u32], stride: usize) {
        let mut c = 0;
        while c < LINE {
            let mut words = [0; LINE];
            columns[c].store(&mut words);
            let mut r = 0;
            while r < Self::WIDTH {
                to[r * stride + c] = words[r];
                r += 1;
            }
            c += 1;
        }
    }

    /// [`Self::store_columns`] of some of the columns: of each line, words `first..end`.
    #[inline(always)]
    fn store_columns_between(
        columns: &[Self; LINE],
        to: &mut [u32],
        stride: usize,
        first: usize,
        end: usize,
    ) {
        let mut c = first;
        while c < end {
            let mut words = [0; LINE];
            columns[c].store(&mut words);
            let mut r = 0;
            while r < Self::WIDTH {
                to[r * stride + c] = words[r];
                r += 1;
            }
            c += 1;
        }
    }

    /// The product with `w`, given the words `twice = 2 * w` (`w < p`, so that they fit).
    fn mul_twice(self, twice: Self) -> Self;

    /// No products.
    #[inline(always)]
    fn wide_zero() -> Self::Wide {
        Self::wide_splat(0)
    }

    /// Sums that are `x` in every lane, as good as folded. It must be canonical.
    fn wide_splat(x: u32) -> Self::Wide;

    /// `sum + a * b`. Four products fit in a sum that was zero or has just been folded: `a` and `b`
    /// are at most `p` here (so `p - x` may stand for `-x`), and
    /// `4 * p^2 + 10 * 2^30 < 2^64`.
    fn mul_add_wide(sum: Self::Wide, a: Self, b: Self) -> Self::Wide;

    /// The elements as sums, as good as folded.
    #[inline(always)]
    fn widen(self) -> Self::Wide {
        Self::mul_add_wide(Self::wide_zero(), self, Self::ONE)
    }

    /// [`Self::mul_add_wide`] with one word, at most `p`, in every lane.
    #[inline(always)]
    fn scale_add_wide(sum: Self::Wide, x: Self, word: u32) -> Self::Wide {
        Self::mul_add_wide(sum, x, Self::splat_words(word))
    }

    /// A congruent sum below `10 * 2^30`.
    fn fold_wide(sum: Self::Wide) -> Self::Wide;

    /// The canonical elements that the sums stand for.
    fn reduce_wide(sum: Self::Wide) -> Self;

    /// Negated elements for [`Self::mul_add_wide`] only: `p - x`, which is `p` for zero.
    fn negate_for_wide(self) -> Self;

    /// Sums of words, modulo `2^32`.
    fn word_add(self, other: Self) -> Self;

    /// Exclusive or of words.
    fn word_xor(self, other: Self) -> Self;

    /// Words rotated right by `N` bits, `0 < N < 32`.
    fn rotate_right<const N: u32>(self) -> Self;

    /// Runs a kernel over these lanes, in a function of its own that is compiled for their platform.
    fn call<K: Kernel>(kernel: K) -> K::Output;

    /// Asks for the memory of a word that will be read soon; a place past the end is allowed.
    #[inline(always)]
    fn prefetch(_from: &[u32], _place: usize) {}
}
