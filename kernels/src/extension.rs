//! Vectors of challenge-field elements: coordinates, each a vector of base-field elements.

use std::{
    fmt::Debug,
    ops::{Add, AddAssign, Mul, Neg, Sub},
};

use p3_field::PrimeField32;
use p3_mersenne_31::Mersenne31;

use crate::Lanes;

/// `L::WIDTH` elements of an extension of Mersenne31.
pub trait Packed<L: Lanes>:
    Copy
    + Debug
    + Send
    + Sync
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Mul<L, Output = Self>
    + Neg<Output = Self>
    + AsRef<[L]>
    + AsMut<[L]>
    + 'static
{
    /// Number of coordinates.
    const DEGREE: usize;

    /// Zero.
    const ZERO: Self;

    /// One.
    const ONE: Self;

    /// Base-field elements as elements of the extension.
    #[inline(always)]
    fn from_base(x: L) -> Self {
        let mut result = Self::ZERO;
        result.as_mut()[0] = x;
        result
    }

    /// Loads `L::WIDTH` elements from index `at` of coordinate columns.
    #[inline(always)]
    fn load(columns: &[&[u32]], at: usize) -> Self {
        debug_assert_eq!(columns.len(), Self::DEGREE);
        let mut result = Self::ZERO;
        for (lane, column) in result.as_mut().iter_mut().zip(columns) {
            *lane = L::load(&column[at..]);
        }
        result
    }

    /// One element, prepared to be multiplied with vectors: its coordinates and what products need of
    /// them, words at most `p`.
    type Scalar: Copy + Debug + Send + Sync;

    /// Sums of products, not reduced: a sum for each coordinate.
    type Wide: Copy;

    /// No products, as good as folded.
    fn wide_zero() -> Self::Wide;

    /// `self` as a sum, as good as folded.
    fn widen(self) -> Self::Wide;

    /// `sum + a * b`, not folded. The sum must be folded.
    fn mul_add(sum: Self::Wide, a: Self, b: Self) -> Self::Wide;

    /// `sum + self * scalar`, not folded. The sum must be folded.
    fn scale_add(self, scalar: &Self::Scalar, sum: Self::Wide) -> Self::Wide;

    /// A congruent sum, small enough for the next product.
    fn fold(sum: Self::Wide) -> Self::Wide;

    /// The elements that the sums stand for.
    fn reduce(sum: Self::Wide) -> Self;

    /// `a * b + c * d`, reduced once.
    #[inline(always)]
    fn dot2([a, b]: [Self; 2], [c, d]: [Self; 2]) -> Self {
        let sum = Self::mul_add(Self::wide_zero(), a, b);
        Self::reduce(Self::mul_add(Self::fold(sum), c, d))
    }

    /// The product with one element.
    #[inline(always)]
    fn scale(self, scalar: &Self::Scalar) -> Self {
        Self::reduce(self.scale_add(scalar, Self::wide_zero()))
    }

    /// `self + other * scalar`.
    #[inline(always)]
    fn add_scaled(self, other: Self, scalar: &Self::Scalar) -> Self {
        Self::reduce(other.scale_add(scalar, self.widen()))
    }

    /// The values at `at` of the lines through `self`, at 0, and `other`, at 1.
    #[inline(always)]
    fn line(self, other: Self, at: &Self::Scalar) -> Self {
        self.add_scaled(other - self, at)
    }
}

/// Degree 4, basis `1, i, u, iu`: `i^2 = -1`, `u^2 = 2 + i`.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Packed4<L>(pub [L; 4]);

/// Degree 6, basis `1, i, v, iv, v^2, iv^2`: `i^2 = -1`, `v^3 = 5i`.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Packed6<L>(pub [L; 6]);

macro_rules! extension {
    ($packed:ident, $degree:literal) => {
        impl<L: Lanes> Add for $packed<L> {
            type Output = Self;
            #[inline(always)]
            fn add(mut self, other: Self) -> Self {
                self += other;
                self
            }
        }

        impl<L: Lanes> AddAssign for $packed<L> {
            #[inline(always)]
            fn add_assign(&mut self, other: Self) {
                for k in 0..$degree {
                    self.0[k] += other.0[k];
                }
            }
        }

        impl<L: Lanes> Sub for $packed<L> {
            type Output = Self;
            #[inline(always)]
            fn sub(mut self, other: Self) -> Self {
                for k in 0..$degree {
                    self.0[k] -= other.0[k];
                }
                self
            }
        }

        impl<L: Lanes> Neg for $packed<L> {
            type Output = Self;
            #[inline(always)]
            fn neg(mut self) -> Self {
                for k in 0..$degree {
                    self.0[k] = -self.0[k];
                }
                self
            }
        }

        impl<L: Lanes> Mul<L> for $packed<L> {
            type Output = Self;
            #[inline(always)]
            fn mul(mut self, x: L) -> Self {
                let twice = x.word_add(x);
                for k in 0..$degree {
                    self.0[k] = self.0[k].mul_twice(twice);
                }
                self
            }
        }

        impl<L: Lanes> AsRef<[L]> for $packed<L> {
            #[inline(always)]
            fn as_ref(&self) -> &[L] {
                &self.0
            }
        }

        impl<L: Lanes> AsMut<[L]> for $packed<L> {
            #[inline(always)]
            fn as_mut(&mut self) -> &mut [L] {
                &mut self.0
            }
        }
    };
}

extension!(Packed4, 4);
extension!(Packed6, 6);

impl<L: Lanes> Mul for Packed4<L> {
    type Output = Self;

    /// `(A + Bu)(C + Du) = (AC + (2 + i)BD) + (AD + BC)u`: every coordinate is one sum of four
    /// products.
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let [a0, a1, b0, b1] = self.0;
        let [c0, c1, d0, d1] = other.0;
        let [e0, e1] = times_2_plus_i([b0, b1]);
        let [m1, n1, o1] = [
            a1.negate_for_wide(),
            b1.negate_for_wide(),
            e1.negate_for_wide(),
        ];
        Self([
            dot4([a0, m1, e0, o1], [c0, c1, d0, d1]),
            dot4([a0, a1, e0, e1], [c1, c0, d1, d0]),
            dot4([a0, m1, b0, n1], [d0, d1, c0, c1]),
            dot4([a0, a1, b0, b1], [d1, d0, c1, c0]),
        ])
    }
}

impl<L: Lanes> Packed<L> for Packed4<L> {
    const DEGREE: usize = 4;
    const ZERO: Self = Self([L::ZERO; 4]);
    const ONE: Self = Self([L::ONE, L::ZERO, L::ZERO, L::ZERO]);

    type Scalar = [u32; 9];
    type Wide = [L::Wide; 4];

    #[inline(always)]
    fn wide_zero() -> Self::Wide {
        [L::wide_zero(); 4]
    }

    #[inline(always)]
    fn widen(self) -> Self::Wide {
        let [a, b, c, d] = self.0;
        [a.widen(), b.widen(), c.widen(), d.widen()]
    }

    #[inline(always)]
    fn mul_add(sum: Self::Wide, a: Self, b: Self) -> Self::Wide {
        let [a0, a1, b0, b1] = a.0;
        let [c0, c1, d0, d1] = b.0;
        let [e0, e1] = times_2_plus_i([b0, b1]);
        let [m1, n1, o1] = [
            a1.negate_for_wide(),
            b1.negate_for_wide(),
            e1.negate_for_wide(),
        ];
        [
            add4(sum[0], [a0, m1, e0, o1], [c0, c1, d0, d1]),
            add4(sum[1], [a0, a1, e0, e1], [c1, c0, d1, d0]),
            add4(sum[2], [a0, m1, b0, n1], [d0, d1, c0, c1]),
            add4(sum[3], [a0, a1, b0, b1], [d1, d0, c1, c0]),
        ]
    }

    #[inline(always)]
    fn scale_add(self, scalar: &[u32; 9], sum: Self::Wide) -> Self::Wide {
        let [c0, c1, d0, d1] = self.0;
        let [a0, a1, b0, b1, e0, e1, m1, n1, o1] = *scalar;
        [
            scale4(sum[0], [a0, m1, e0, o1], [c0, c1, d0, d1]),
            scale4(sum[1], [a0, a1, e0, e1], [c1, c0, d1, d0]),
            scale4(sum[2], [a0, m1, b0, n1], [d0, d1, c0, c1]),
            scale4(sum[3], [a0, a1, b0, b1], [d1, d0, c1, c0]),
        ]
    }

    #[inline(always)]
    fn fold(sum: Self::Wide) -> Self::Wide {
        let [a, b, c, d] = sum;
        [
            L::fold_wide(a),
            L::fold_wide(b),
            L::fold_wide(c),
            L::fold_wide(d),
        ]
    }

    #[inline(always)]
    fn reduce(sum: Self::Wide) -> Self {
        let [a, b, c, d] = sum;
        Self([
            L::reduce_wide(a),
            L::reduce_wide(b),
            L::reduce_wide(c),
            L::reduce_wide(d),
        ])
    }
}

impl<L: Lanes> Mul for Packed6<L> {
    type Output = Self;

    /// `(A + Bv + Cv^2)(D + Ev + Fv^2)` is
    /// `(AD + 5i(BF + CE)) + (AE + BD + 5iCF)v + (AF + BE + CD)v^2`: every coordinate is one sum
    /// of six products.
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let [a0, a1, b0, b1, c0, c1] = self.0;
        let [d0, d1, e0, e1, f0, f1] = other.0;
        let [g0, g1] = times_5i([b0, b1]);
        let [h0, h1] = times_5i([c0, c1]);
        let [na, nb, nc] = [
            a1.negate_for_wide(),
            b1.negate_for_wide(),
            c1.negate_for_wide(),
        ];
        let [ng, nh] = [g1.negate_for_wide(), h1.negate_for_wide()];
        Self([
            dot6([a0, na, g0, ng, h0, nh], [d0, d1, f0, f1, e0, e1]),
            dot6([a0, a1, g0, g1, h0, h1], [d1, d0, f1, f0, e1, e0]),
            dot6([a0, na, b0, nb, h0, nh], [e0, e1, d0, d1, f0, f1]),
            dot6([a0, a1, b0, b1, h0, h1], [e1, e0, d1, d0, f1, f0]),
            dot6([a0, na, b0, nb, c0, nc], [f0, f1, e0, e1, d0, d1]),
            dot6([a0, a1, b0, b1, c0, c1], [f1, f0, e1, e0, d1, d0]),
        ])
    }
}

impl<L: Lanes> Packed<L> for Packed6<L> {
    const DEGREE: usize = 6;
    const ZERO: Self = Self([L::ZERO; 6]);
    const ONE: Self = Self([L::ONE, L::ZERO, L::ZERO, L::ZERO, L::ZERO, L::ZERO]);

    type Scalar = [[u32; 3]; 5];
    type Wide = [L::Wide; 6];

    #[inline(always)]
    fn wide_zero() -> Self::Wide {
        [L::wide_zero(); 6]
    }

    #[inline(always)]
    fn widen(self) -> Self::Wide {
        let [a, b, c, d, e, f] = self.0;
        [
            a.widen(),
            b.widen(),
            c.widen(),
            d.widen(),
            e.widen(),
            f.widen(),
        ]
    }

    #[inline(always)]
    fn mul_add(sum: Self::Wide, a: Self, b: Self) -> Self::Wide {
        let [a0, a1, b0, b1, c0, c1] = a.0;
        let [d0, d1, e0, e1, f0, f1] = b.0;
        let [g0, g1] = times_5i([b0, b1]);
        let [h0, h1] = times_5i([c0, c1]);
        let [na, nb, nc] = [
            a1.negate_for_wide(),
            b1.negate_for_wide(),
            c1.negate_for_wide(),
        ];
        let [ng, nh] = [g1.negate_for_wide(), h1.negate_for_wide()];
        [
            add6(sum[0], [a0, na, g0, ng, h0, nh], [d0, d1, f0, f1, e0, e1]),
            add6(sum[1], [a0, a1, g0, g1, h0, h1], [d1, d0, f1, f0, e1, e0]),
            add6(sum[2], [a0, na, b0, nb, h0, nh], [e0, e1, d0, d1, f0, f1]),
            add6(sum[3], [a0, a1, b0, b1, h0, h1], [e1, e0, d1, d0, f1, f0]),
            add6(sum[4], [a0, na, b0, nb, c0, nc], [f0, f1, e0, e1, d0, d1]),
            add6(sum[5], [a0, a1, b0, b1, c0, c1], [f1, f0, e1, e0, d1, d0]),
        ]
    }

    #[inline(always)]
    fn scale_add(self, scalar: &[[u32; 3]; 5], sum: Self::Wide) -> Self::Wide {
        let [d0, d1, e0, e1, f0, f1] = self.0;
        let [
            [a0, a1, na],
            [b0, b1, nb],
            [c0, c1, nc],
            [g0, g1, ng],
            [h0, h1, nh],
        ] = *scalar;
        [
            scale6(sum[0], [a0, na, g0, ng, h0, nh], [d0, d1, f0, f1, e0, e1]),
            scale6(sum[1], [a0, a1, g0, g1, h0, h1], [d1, d0, f1, f0, e1, e0]),
            scale6(sum[2], [a0, na, b0, nb, h0, nh], [e0, e1, d0, d1, f0, f1]),
            scale6(sum[3], [a0, a1, b0, b1, h0, h1], [e1, e0, d1, d0, f1, f0]),
            scale6(sum[4], [a0, na, b0, nb, c0, nc], [f0, f1, e0, e1, d0, d1]),
            scale6(sum[5], [a0, a1, b0, b1, c0, c1], [f1, f0, e1, e0, d1, d0]),
        ]
    }

    #[inline(always)]
    fn fold(sum: Self::Wide) -> Self::Wide {
        let [a, b, c, d, e, f] = sum;
        [
            L::fold_wide(a),
            L::fold_wide(b),
            L::fold_wide(c),
            L::fold_wide(d),
            L::fold_wide(e),
            L::fold_wide(f),
        ]
    }

    #[inline(always)]
    fn reduce(sum: Self::Wide) -> Self {
        let [a, b, c, d, e, f] = sum;
        Self([
            L::reduce_wide(a),
            L::reduce_wide(b),
            L::reduce_wide(c),
            L::reduce_wide(d),
            L::reduce_wide(e),
            L::reduce_wide(f),
        ])
    }
}

/// [`Packed::Scalar`] of degree 4: `a0, a1, b0, b1`, `(e0, e1) = (2 + i)(b0, b1)`, and `p` less `a1, b1, e1`.
///
/// # Panics
/// If there are fewer than four coordinates.
pub fn scalar4(coordinates: &[u32]) -> [u32; 9] {
    let x = |k: usize| Mersenne31::new(coordinates[k]);
    let [a0, a1, b0, b1] = [x(0), x(1), x(2), x(3)];
    let [e0, e1] = [b0 + b0 - b1, b1 + b1 + b0];
    [a0, a1, b0, b1, e0, e1, -a1, -b1, -e1].map(|x| x.as_canonical_u32())
}

/// [`Packed::Scalar`] of degree 6: the three complex coordinates, then `5i` times the second and the third; of
/// each real part, imaginary part, and `p` less that.
///
/// # Panics
/// If there are fewer than six coordinates.
pub fn scalar6(coordinates: &[u32]) -> [[u32; 3]; 5] {
    let x = |k: usize| Mersenne31::new(coordinates[k]);
    let five = Mersenne31::new(5);
    let prepared = |re: Mersenne31, im: Mersenne31| [re, im, -im].map(|x| x.as_canonical_u32());
    let times = |re: Mersenne31, im: Mersenne31| prepared(-(im * five), re * five);
    [
        prepared(x(0), x(1)),
        prepared(x(2), x(3)),
        prepared(x(4), x(5)),
        times(x(2), x(3)),
        times(x(4), x(5)),
    ]
}

// Complex numbers over the base field.

#[inline(always)]
fn times_2_plus_i<L: Lanes>([a, b]: [L; 2]) -> [L; 2] {
    [a + a - b, b + b + a]
}

#[inline(always)]
fn times_5i<L: Lanes>([a, b]: [L; 2]) -> [L; 2] {
    let ten = L::splat_words(10);
    [-b.mul_twice(ten), a.mul_twice(ten)]
}

// Sums of products, reduced once.

#[inline(always)]
fn add4<L: Lanes>(sum: L::Wide, a: [L; 4], b: [L; 4]) -> L::Wide {
    let sum = L::mul_add_wide(sum, a[0], b[0]);
    let sum = L::mul_add_wide(sum, a[1], b[1]);
    let sum = L::mul_add_wide(sum, a[2], b[2]);
    L::mul_add_wide(sum, a[3], b[3])
}

#[inline(always)]
fn add6<L: Lanes>(sum: L::Wide, a: [L; 6], b: [L; 6]) -> L::Wide {
    let sum = add4(sum, [a[0], a[1], a[2], a[3]], [b[0], b[1], b[2], b[3]]);
    let sum = L::mul_add_wide(L::fold_wide(sum), a[4], b[4]);
    L::mul_add_wide(sum, a[5], b[5])
}

#[inline(always)]
fn scale4<L: Lanes>(sum: L::Wide, words: [u32; 4], x: [L; 4]) -> L::Wide {
    let sum = L::scale_add_wide(sum, x[0], words[0]);
    let sum = L::scale_add_wide(sum, x[1], words[1]);
    let sum = L::scale_add_wide(sum, x[2], words[2]);
    L::scale_add_wide(sum, x[3], words[3])
}

#[inline(always)]
fn scale6<L: Lanes>(sum: L::Wide, words: [u32; 6], x: [L; 6]) -> L::Wide {
    let [a, b, c, d, e, f] = words;
    let sum = scale4(sum, [a, b, c, d], [x[0], x[1], x[2], x[3]]);
    let sum = L::scale_add_wide(L::fold_wide(sum), x[4], e);
    L::scale_add_wide(sum, x[5], f)
}

#[inline(always)]
fn dot4<L: Lanes>(a: [L; 4], b: [L; 4]) -> L {
    L::reduce_wide(add4(L::wide_zero(), a, b))
}

#[inline(always)]
fn dot6<L: Lanes>(a: [L; 6], b: [L; 6]) -> L {
    L::reduce_wide(add6(L::wide_zero(), a, b))
}

#[cfg(test)]
mod tests {
    use p3_field::{
        BasedVectorSpace, Field,
        extension::{BinomialExtensionField, Complex},
    };
    use p3_mersenne_31::QM31;
    use proptest::prelude::*;

    use super::*;
    use crate::{Kernel, LINE, P, Platform};

    type Six = BinomialExtensionField<Complex<Mersenne31>, 3>;

    trait Scalar: Field {
        type Prepared: Copy;
        type Packed<L: Lanes>: Packed<L, Scalar = Self::Prepared>;
        fn prepared(self) -> Self::Prepared;
        fn from_words(words: &[u32]) -> Self;
        fn to_words(self) -> Vec<u32>;
    }

    fn complex(words: &[u32]) -> Complex<Mersenne31> {
        Complex::new_complex(Mersenne31::new(words[0]), Mersenne31::new(words[1]))
    }

    macro_rules! scalar {
        ($field:ty, $packed:ident, $prepared:ty, $scalar:ident) => {
            impl Scalar for $field {
                type Prepared = $prepared;
                type Packed<L: Lanes> = $packed<L>;

                fn prepared(self) -> $prepared {
                    $scalar(&self.to_words())
                }

                fn from_words(words: &[u32]) -> Self {
                    <Self as BasedVectorSpace<Complex<Mersenne31>>>::from_basis_coefficients_fn(
                        |k| complex(&words[2 * k..]),
                    )
                }

                fn to_words(self) -> Vec<u32> {
                    <Self as BasedVectorSpace<Complex<Mersenne31>>>::as_basis_coefficients_slice(
                        &self,
                    )
                    .iter()
                    .flat_map(|z| [z.real(), z.imag()])
                    .map(|x| x.as_canonical_u32())
                    .collect()
                }
            }
        };
    }

    scalar!(QM31, Packed4, [u32; 9], scalar4);
    scalar!(Six, Packed6, [[u32; 3]; 5], scalar6);

    struct Same<E> {
        words: Vec<[u32; LINE]>,
        field: std::marker::PhantomData<E>,
    }

    impl<E: Scalar> Kernel for Same<E> {
        type Output = ();

        #[inline(always)]
        fn run<L: Lanes>(self) {
            let d = E::Packed::<L>::DEGREE;
            let columns: Vec<&[u32]> = self.words.iter().map(|column| &column[..]).collect();
            let a = E::Packed::<L>::load(&columns[..d], 0);
            let b = E::Packed::<L>::load(&columns[d..2 * d], 0);
            let base = L::load(columns[0]);
            for i in 0..L::WIDTH {
                let element = |from: usize| {
                    let words: Vec<u32> = (0..d).map(|k| self.words[from + k][i]).collect();
                    E::from_words(&words)
                };
                let (x, y) = (element(0), element(d));
                let mut embedded = vec![0; d];
                embedded[0] = self.words[0][i];
                let z = E::from_words(&embedded);
                let same = |packed: E::Packed<L>, scalar: E| {
                    let words: Vec<u32> = packed.as_ref().iter().map(|l| l.lane(i)).collect();
                    assert_eq!(words, scalar.to_words());
                };
                same(a + b, x + y);
                same(a - b, x - y);
                same(-a, -x);
                same(a * b, x * y);
                same(b * base, y * z);
                same(E::Packed::<L>::from_base(base), z);
                let one = x.prepared();
                same(b.scale(&one), y * x);
                same(a.add_scaled(b, &one), x + y * x);
                same(a.line(b, &one), x + (y - x) * x);
                same(E::Packed::<L>::dot2([a, b], [b, b]), x * y + y * y);
                same(E::Packed::<L>::reduce(a.widen()), x);
            }
        }
    }

    proptest! {
        #[test]
        fn packed_elements_are_elements(
            words in prop::collection::vec(
                prop::array::uniform16(prop_oneof![
                    1 => Just(0), 1 => Just(1), 1 => Just(P - 1), 3 => 0..P
                ]),
                12,
            )
        ) {
            for platform in Platform::available() {
                let field = std::marker::PhantomData;
                platform.run(Same::<QM31> { words: words[..8].to_vec(), field });
                let field = std::marker::PhantomData;
                platform.run(Same::<Six> { words: words.clone(), field });
            }
        }
    }
}
