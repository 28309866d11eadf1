//! The definition: arrays and loops.

use core::array::from_fn;

use p3_field::PrimeCharacteristicRing;

use super::{Lanes, P};
use crate::platform::Kernel;

const WIDTH: usize = 8;

/// Eight lanes as an array.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub struct Portable([u32; WIDTH]);

ring!(Portable, splat);

const fn splat(x: u32) -> Portable {
    Portable([x; WIDTH])
}

/// A number below 2^62 modulo p, below p.
#[inline(always)]
fn reduce(x: u64) -> u32 {
    // Below 2^31 + 2^31, and not 2 p: both parts are p only for x = p (2^31 + 1) >= 2^62.
    let sum = (x & u64::from(P)) as u32 + (x >> 31) as u32;
    sum.min(sum.wrapping_sub(P))
}

impl Portable {
    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        Self(from_fn(|i| {
            let sum = self.0[i] + other.0[i];
            sum.min(sum.wrapping_sub(P))
        }))
    }

    #[inline(always)]
    fn difference(self, other: Self) -> Self {
        Self(from_fn(|i| {
            let difference = self.0[i].wrapping_sub(other.0[i]);
            difference.min(difference.wrapping_add(P))
        }))
    }

    #[inline(always)]
    fn product(self, other: Self) -> Self {
        Self(from_fn(|i| {
            reduce(u64::from(self.0[i]) * u64::from(other.0[i]))
        }))
    }
}

impl Lanes for Portable {
    const WIDTH: usize = WIDTH;

    type Wide = [u64; WIDTH];

    #[inline(always)]
    fn call<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Self>()
    }

    #[inline(always)]
    fn load(from: &[u32]) -> Self {
        Self(from_fn(|i| from[i]))
    }

    #[inline(always)]
    fn store(self, to: &mut [u32]) {
        to[..WIDTH].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn splat(x: u32) -> Self {
        splat(x)
    }

    #[inline(always)]
    fn from_fn(f: impl FnMut(usize) -> u32) -> Self {
        Self(from_fn(f))
    }

    #[inline(always)]
    fn lane(self, i: usize) -> u32 {
        self.0[i]
    }

    #[inline(always)]
    fn load_columns(from: &[u32], stride: usize) -> [Self; 16] {
        from_fn(|column| Self(from_fn(|row| from[row * stride + column])))
    }

    #[inline(always)]
    fn store_columns(columns: &[Self; 16], to: &mut [u32], stride: usize) {
        for row in 0..WIDTH {
            for (column, lanes) in columns.iter().enumerate() {
                to[row * stride + column] = lanes.0[row];
            }
        }
    }

    #[inline(always)]
    fn even_odd(even: Self, odd: Self) -> Self {
        Self(from_fn(|i| if i % 2 == 0 { even.0[i] } else { odd.0[i] }))
    }

    #[inline(always)]
    fn mul_twice(self, twice: Self) -> Self {
        Self(from_fn(|i| {
            reduce(u64::from(self.0[i]) * u64::from(twice.0[i] >> 1))
        }))
    }

    #[inline(always)]
    fn mul_twice_splat(self, twice: Self) -> Self {
        self.mul_twice(twice)
    }

    #[inline(always)]
    fn wide_zero() -> Self::Wide {
        [0; WIDTH]
    }

    #[inline(always)]
    fn mul_add_wide(self, w: u32, wide: Self::Wide) -> Self::Wide {
        from_fn(|i| wide[i] + u64::from(self.0[i]) * u64::from(w))
    }

    #[inline(always)]
    fn fold_wide(wide: Self::Wide) -> Self::Wide {
        wide.map(|x| (x & u64::from(P)) + (x >> 31))
    }

    #[inline(always)]
    fn reduce_wide(wide: Self::Wide) -> Self {
        // Below 2^31 + 2^33, then below 2^62.
        Self(Self::fold_wide(wide).map(reduce))
    }

    #[inline(always)]
    fn word_add(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }

    #[inline(always)]
    fn word_xor(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] ^ other.0[i]))
    }

    #[inline(always)]
    fn rotate_right<const N: u32>(self) -> Self {
        Self(self.0.map(|word| word.rotate_right(N)))
    }
}
