#![allow(missing_docs)]
use core::arch::x86_64::*;
pub trait Lanes: Copy + Send + Sync + 'static {
    const WIDTH: usize;
    const ZERO: Self;
    fn store(self, to: &mut [u32]);
    fn splat(x: u32) -> Self;
    fn from_fn(f: impl FnMut(usize) -> u32) -> Self;
    fn load_columns(from: &[u32], stride: usize) -> [Self; 16];
    fn store_columns(columns: &[Self; 16], to: &mut [u32], stride: usize);
    fn word_add(self, o: Self) -> Self;
    fn word_xor(self, o: Self) -> Self;
    fn rotate_right<const N: u32>(self) -> Self;
}
pub trait Kernel { type Output; fn run<L: Lanes>(self) -> Self::Output; }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform { Portable, Avx2 }
impl Platform {
    pub fn detect() -> Self { Self::Avx2 }
    pub fn available() -> Vec<Self> { vec![Self::Portable, Self::Avx2] }
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2")]
        fn avx2<K: Kernel>(k: K) -> K::Output { k.run::<Avx2>() }
        match self { Self::Portable => kernel.run::<Portable>(), Self::Avx2 => unsafe { avx2(kernel) } }
    }
}
#[derive(Clone, Copy)] pub struct Portable([u32; 8]);
#[derive(Clone, Copy)] pub struct Avx2(__m256i);
impl Lanes for Portable {
    const WIDTH: usize = 8;
    const ZERO: Self = Self([0; 8]);
    #[inline(always)] fn store(self, to: &mut [u32]) { to[..8].copy_from_slice(&self.0) }
    #[inline(always)] fn splat(x: u32) -> Self { Self([x; 8]) }
    #[inline(always)] fn from_fn(f: impl FnMut(usize) -> u32) -> Self { Self(core::array::from_fn(f)) }
    #[inline(always)] fn load_columns(from: &[u32], stride: usize) -> [Self; 16] {
        core::array::from_fn(|c| Self(core::array::from_fn(|r| from[r * stride + c])))
    }
    #[inline(always)] fn store_columns(columns: &[Self; 16], to: &mut [u32], stride: usize) {
        for r in 0..8 { for c in 0..16 { to[r * stride + c] = columns[c].0[r]; } }
    }
    #[inline(always)] fn word_add(self, o: Self) -> Self { Self(core::array::from_fn(|i| self.0[i].wrapping_add(o.0[i]))) }
    #[inline(always)] fn word_xor(self, o: Self) -> Self { Self(core::array::from_fn(|i| self.0[i] ^ o.0[i])) }
    #[inline(always)] fn rotate_right<const N: u32>(self) -> Self { Self(core::array::from_fn(|i| self.0[i].rotate_right(N))) }
}
#[inline(always)]
unsafe fn transpose(v: [__m256i; 8]) -> [__m256i; 8] { unsafe {
    let a: [__m256i; 8] = core::array::from_fn(|i| { let (x, y) = (v[i / 2 * 2], v[i / 2 * 2 + 1]);
        if i % 2 == 0 { _mm256_unpacklo_epi32(x, y) } else { _mm256_unpackhi_epi32(x, y) } });
    // a0=lo(0,1) a1=hi(0,1) a2=lo(2,3) a3=hi(2,3)..
    let q = |x, y| (_mm256_unpacklo_epi64(x, y), _mm256_unpackhi_epi64(x, y));
    let (b0, b1) = q(a[0], a[2]); let (b2, b3) = q(a[1], a[3]);
    let (b4, b5) = q(a[4], a[6]); let (b6, b7) = q(a[5], a[7]);
    [_mm256_permute2x128_si256::<0x20>(b0, b4), _mm256_permute2x128_si256::<0x20>(b1, b5),
     _mm256_permute2x128_si256::<0x20>(b2, b6), _mm256_permute2x128_si256::<0x20>(b3, b7),
     _mm256_permute2x128_si256::<0x31>(b0, b4), _mm256_permute2x128_si256::<0x31>(b1, b5),
     _mm256_permute2x128_si256::<0x31>(b2, b6), _mm256_permute2x128_si256::<0x31>(b3, b7)]
} }
impl Lanes for Avx2 {
    const WIDTH: usize = 8;
    const ZERO: Self = Self(unsafe { core::mem::zeroed() });
    #[inline(always)] fn store(self, to: &mut [u32]) { assert!(to.len() >= 8); unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), self.0) } }
    #[inline(always)] fn splat(x: u32) -> Self { Self(unsafe { _mm256_set1_epi32(x as i32) }) }
    #[inline(always)] fn from_fn(f: impl FnMut(usize) -> u32) -> Self { let a: [u32; 8] = core::array::from_fn(f); Self(unsafe { _mm256_loadu_si256(a.as_ptr().cast()) }) }
    #[inline(always)] fn load_columns(from: &[u32], stride: usize) -> [Self; 16] {
        assert!(from.len() >= 7 * stride + 16);
        unsafe {
            let p = from.as_ptr();
            let lo = transpose(core::array::from_fn(|r| _mm256_loadu_si256(p.add(r * stride).cast())));
            let hi = transpose(core::array::from_fn(|r| _mm256_loadu_si256(p.add(r * stride + 8).cast())));
            core::array::from_fn(|i| Self(if i < 8 { lo[i] } else { hi[i - 8] }))
        }
    }
    #[inline(always)] fn store_columns(c: &[Self; 16], to: &mut [u32], stride: usize) {
        assert!(to.len() >= 7 * stride + 16);
        unsafe {
            let p = to.as_mut_ptr();
            let lo = transpose(core::array::from_fn(|i| c[i].0));
            let hi = transpose(core::array::from_fn(|i| c[i + 8].0));
            for r in 0..8 {
                _mm256_storeu_si256(p.add(r * stride).cast(), lo[r]);
                _mm256_storeu_si256(p.add(r * stride + 8).cast(), hi[r]);
            }
        }
    }
    #[inline(always)] fn word_add(self, o: Self) -> Self { Self(unsafe { _mm256_add_epi32(self.0, o.0) }) }
    #[inline(always)] fn word_xor(self, o: Self) -> Self { Self(unsafe { _mm256_xor_si256(self.0, o.0) }) }
    #[inline(always)] fn rotate_right<const N: u32>(self) -> Self {
        unsafe {
            match N {
                16 => Self(_mm256_shuffle_epi8(self.0, _mm256_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2, 13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2))),
                8 => Self(_mm256_shuffle_epi8(self.0, _mm256_set_epi8(12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1, 12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1))),
                12 => Self(_mm256_or_si256(_mm256_srli_epi32::<12>(self.0), _mm256_slli_epi32::<20>(self.0))),
                7 => Self(_mm256_or_si256(_mm256_srli_epi32::<7>(self.0), _mm256_slli_epi32::<25>(self.0))),
                _ => unreachable!(),
            }
        }
    }
}
pub struct Group { height: usize, width: usize, blocks: Vec<Vec<u32>> }
impl Group {
    pub fn from_fn(height: usize, width: usize, f: impl Fn(usize, usize) -> u32) -> Self {
        let blocks = (0..width.div_ceil(16)).map(|b| (0..height * 16).map(|i| if b * 16 + i % 16 < width { f(i / 16, b * 16 + i % 16) } else { 0 }).collect()).collect();
        Self { height, width, blocks }
    }
    pub fn height(&self) -> usize { self.height }
    pub fn width(&self) -> usize { self.width }
    pub fn blocks(&self) -> Vec<&[u32]> { self.blocks.iter().map(|b| b.as_slice()).collect() }
}
