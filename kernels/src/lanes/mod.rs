//! Vectors of Mersenne31 elements, one implementation per platform.

use p3_field::PrimeCharacteristicRing;
use p3_mersenne_31::Mersenne31;

use crate::platform::Kernel;

#[macro_use]
mod ring;

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
pub use portable::Portable;

/// The field's characteristic, 2^31 - 1.
pub const P: u32 = (1 << 31) - 1;

/// A vector of Mersenne31 elements, each a canonical number below p, or of 32-bit words.
///
/// The portable implementation is the definition: every other gives the same numbers.
pub trait Lanes:
    PrimeCharacteristicRing<PrimeSubfield = Mersenne31> + Copy + Send + Sync + 'static
{
    /// How many elements there are: a power of two, at least 4 and at most 16.
    const WIDTH: usize;

    /// A sum of products that is reduced late.
    type Wide: Copy + Send + Sync;

    /// Runs a kernel over these lanes, compiled for their platform.
    fn call<K: Kernel>(kernel: K) -> K::Output;

    /// The first WIDTH numbers.
    fn load(from: &[u32]) -> Self;

    /// Writes the first WIDTH numbers.
    fn store(self, to: &mut [u32]);

    /// The same number in all lanes.
    fn splat(x: u32) -> Self;

    /// A number for each lane.
    fn from_fn(f: impl FnMut(usize) -> u32) -> Self;

    /// The number in lane `i`.
    fn lane(self, i: usize) -> u32;

    /// 16 columns of WIDTH rows, of which one begins every `stride` words.
    fn load_columns(from: &[u32], stride: usize) -> [Self; 16];

    /// The inverse of [`Self::load_columns`].
    fn store_columns(columns: &[Self; 16], to: &mut [u32], stride: usize);

    /// The even lanes of `even` and the odd lanes of `odd`.
    fn even_odd(even: Self, odd: Self) -> Self;

    /// The product with w, given 2 w as a number below 2^32.
    fn mul_twice(self, twice: Self) -> Self;

    /// [`Self::mul_twice`] by the same number in all lanes, which is cheaper.
    fn mul_twice_splat(self, twice: Self) -> Self;

    /// Zero.
    fn wide_zero() -> Self::Wide;

    /// `wide + self * w`. A sum holds four products, or three after [`Self::fold_wide`].
    fn mul_add_wide(self, w: u32, wide: Self::Wide) -> Self::Wide;

    /// Makes room for three more products.
    fn fold_wide(wide: Self::Wide) -> Self::Wide;

    /// The sum as an element.
    fn reduce_wide(wide: Self::Wide) -> Self;

    /// Wrapping sum of words.
    fn word_add(self, other: Self) -> Self;

    /// Exclusive or of words.
    fn word_xor(self, other: Self) -> Self;

    /// Words turned right by 16, 12, 8 or 7 bits.
    fn rotate_right<const N: u32>(self) -> Self;
}
