//! Challenge fields over lanes: as many elements as there are lanes, a vector per coordinate.

use crate::lanes::Lanes;

/// As many elements of an extension of Mersenne31 as there are lanes.
pub trait Packed<L: Lanes>: Copy + Send + Sync {
    /// How many coordinates an element has.
    const DEGREE: usize;

    /// How many products a [`Self::Wide`] holds, from nothing or from [`Self::fold`].
    const TERMS: usize = 4;

    /// A sum of products that is reduced late.
    type Wide: Copy + Default;

    /// Zero.
    fn zero() -> Self;
    /// One.
    fn one() -> Self;
    /// Elements of the base field.
    fn from_lanes(x: L) -> Self;
    /// The elements with these coordinates.
    fn from_coordinates(coordinates: &[L]) -> Self;
    /// One coordinate.
    fn coordinate(&self, index: usize) -> L;
    /// The same element in all lanes.
    fn splat(coordinates: &[u32]) -> Self;
    /// Sum.
    #[must_use]
    fn add(self, other: Self) -> Self;
    /// Difference.
    #[must_use]
    fn sub(self, other: Self) -> Self;
    /// Product.
    #[must_use]
    fn mul(self, other: Self) -> Self;
    /// Product with elements of the base field.
    #[must_use]
    fn mul_lanes(self, x: L) -> Self;
    /// The inverses, unless an element is zero.
    fn inverse(self) -> Option<Self>;
    /// `sum + x * element`, for one element in all lanes.
    fn accumulate(sum: Self::Wide, x: L, element: &[u32]) -> Self::Wide;
    /// Makes room for [`Self::TERMS`] more products.
    fn fold(sum: Self::Wide) -> Self::Wide;
    /// The sum as elements.
    fn reduce(sum: Self::Wide) -> Self;
}

/// Products per coordinate, not reduced.
#[derive(Clone, Copy)]
pub struct Wide<L: Lanes, const DEGREE: usize>([L::Wide; DEGREE]);

impl<L: Lanes, const DEGREE: usize> Default for Wide<L, DEGREE> {
    #[inline(always)]
    fn default() -> Self {
        Self([L::wide_zero(); DEGREE])
    }
}

/// x^(p - 2), lane by lane, unless a lane is zero.
#[inline(always)]
fn invert<L: Lanes>(x: L) -> Option<L> {
    let square_times = |mut x: L, times: usize| {
        for _ in 0..times {
            x = x * x;
        }
        x
    };
    // p - 2 is 29 ones, a zero and a one in binary.
    let x2 = square_times(x, 1) * x;
    let x4 = square_times(x2, 2) * x2;
    let x8 = square_times(x4, 4) * x4;
    let x16 = square_times(x8, 8) * x8;
    let x24 = square_times(x16, 8) * x8;
    let x28 = square_times(x24, 4) * x4;
    let x29 = square_times(x28, 1) * x;
    let inverse = square_times(x29, 2) * x;
    let mut complete = true;
    for lane in 0..L::WIDTH {
        complete &= x.lane(lane) != 0;
    }
    complete.then_some(inverse)
}

/// Complex numbers over lanes: the field of degree 2.
#[derive(Clone, Copy)]
struct Complex<L>(L, L);

impl<L: Lanes> Complex<L> {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0, self.1 - other.1)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let real = self.0 * other.0;
        let imaginary = self.1 * other.1;
        let cross = (self.0 + self.1) * (other.0 + other.1);
        Self(real - imaginary, cross - real - imaginary)
    }

    /// Times 2 + i.
    #[inline(always)]
    fn mul_two_plus_i(self) -> Self {
        let Self(a, b) = self;
        Self(a + a - b, a + b + b)
    }

    /// Times 5i.
    #[inline(always)]
    fn mul_five_i(self) -> Self {
        let five = |x: L| {
            let double = x + x;
            double + double + x
        };
        Self(-five(self.1), five(self.0))
    }

    #[inline(always)]
    fn inverse(self) -> Option<Self> {
        let norm = invert(self.0 * self.0 + self.1 * self.1)?;
        Some(Self(self.0 * norm, -(self.1 * norm)))
    }
}

macro_rules! coordinates {
    ($packed:ident, $degree:literal) => {
        const DEGREE: usize = $degree;

        type Wide = Wide<L, $degree>;

        #[inline(always)]
        fn zero() -> Self {
            Self([L::ZERO; $degree])
        }

        #[inline(always)]
        fn one() -> Self {
            Self::from_lanes(L::ONE)
        }

        #[inline(always)]
        fn from_lanes(x: L) -> Self {
            let mut coordinates = [L::ZERO; $degree];
            coordinates[0] = x;
            Self(coordinates)
        }

        #[inline(always)]
        fn from_coordinates(coordinates: &[L]) -> Self {
            Self(core::array::from_fn(|i| coordinates[i]))
        }

        #[inline(always)]
        fn coordinate(&self, index: usize) -> L {
            self.0[index]
        }

        #[inline(always)]
        fn splat(coordinates: &[u32]) -> Self {
            Self(core::array::from_fn(|i| L::splat(coordinates[i])))
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Self(core::array::from_fn(|i| self.0[i] + other.0[i]))
        }

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            Self(core::array::from_fn(|i| self.0[i] - other.0[i]))
        }

        #[inline(always)]
        fn mul_lanes(self, x: L) -> Self {
            Self(self.0.map(|coordinate| coordinate * x))
        }

        #[inline(always)]
        fn accumulate(sum: Self::Wide, x: L, element: &[u32]) -> Self::Wide {
            assert!(element.len() == $degree);
            Wide(core::array::from_fn(|i| {
                x.mul_add_wide(element[i], sum.0[i])
            }))
        }

        #[inline(always)]
        fn fold(sum: Self::Wide) -> Self::Wide {
            Wide(sum.0.map(L::fold_wide))
        }

        #[inline(always)]
        fn reduce(sum: Self::Wide) -> Self {
            Self(sum.0.map(L::reduce_wide))
        }
    };
}

/// Elements of the extension of degree 4: coordinates of 1, i, u, iu, where i^2 = -1 and
/// u^2 = 2 + i.
#[derive(Clone, Copy)]
pub struct Packed4<L>([L; 4]);

impl<L: Lanes> Packed4<L> {
    #[inline(always)]
    fn halves(self) -> [Complex<L>; 2] {
        let [a, b, c, d] = self.0;
        [Complex(a, b), Complex(c, d)]
    }

    #[inline(always)]
    fn from_halves(x: Complex<L>, y: Complex<L>) -> Self {
        Self([x.0, x.1, y.0, y.1])
    }
}

impl<L: Lanes> Packed<L> for Packed4<L> {
    coordinates!(Packed4, 4);

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let ([a, b], [c, d]) = (self.halves(), other.halves());
        let low = a.mul(c);
        let high = b.mul(d);
        let cross = a.add(b).mul(c.add(d));
        Self::from_halves(low.add(high.mul_two_plus_i()), cross.sub(low).sub(high))
    }

    #[inline(always)]
    fn inverse(self) -> Option<Self> {
        // (a + b u)(a - b u) = a^2 - (2 + i) b^2.
        let [a, b] = self.halves();
        let norm = a.mul(a).sub(b.mul(b).mul_two_plus_i()).inverse()?;
        let b = b.mul(norm);
        Some(Self::from_halves(a.mul(norm), Complex(-b.0, -b.1)))
    }
}

/// Elements of the extension of degree 6: coordinates of 1, i, v, iv, v^2, iv^2, where i^2 = -1 and
/// v^3 = 5i.
#[derive(Clone, Copy)]
pub struct Packed6<L>([L; 6]);

impl<L: Lanes> Packed6<L> {
    #[inline(always)]
    fn thirds(self) -> [Complex<L>; 3] {
        let [a, b, c, d, e, f] = self.0;
        [Complex(a, b), Complex(c, d), Complex(e, f)]
    }

    #[inline(always)]
    fn from_thirds([x, y, z]: [Complex<L>; 3]) -> Self {
        Self([x.0, x.1, y.0, y.1, z.0, z.1])
    }
}

impl<L: Lanes> Packed<L> for Packed6<L> {
    coordinates!(Packed6, 6);

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.thirds(), other.thirds());
        let (ax, by, cz) = (a.mul(x), b.mul(y), c.mul(z));
        let ab = a.add(b).mul(x.add(y)).sub(ax).sub(by);
        let ac = a.add(c).mul(x.add(z)).sub(ax).sub(cz);
        let bc = b.add(c).mul(y.add(z)).sub(by).sub(cz);
        Self::from_thirds([
            ax.add(bc.mul_five_i()),
            ab.add(cz.mul_five_i()),
            ac.add(by),
        ])
    }

    #[inline(always)]
    fn inverse(self) -> Option<Self> {
        // The adjugate of multiplication by a + b v + c v^2, with v^3 = w.
        let [a, b, c] = self.thirds();
        let x = a.mul(a).sub(b.mul(c).mul_five_i());
        let y = c.mul(c).mul_five_i().sub(a.mul(b));
        let z = b.mul(b).sub(a.mul(c));
        let norm = a.mul(x).add(b.mul(z).add(c.mul(y)).mul_five_i());
        let norm = norm.inverse()?;
        Some(Self::from_thirds([x.mul(norm), y.mul(norm), z.mul(norm)]))
    }
}
