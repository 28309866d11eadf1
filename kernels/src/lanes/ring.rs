//! The ring operations that every platform's lanes have in common.

/// Implements Plonky3's ring for lanes that have `add`, `sub` and `mul` of canonical numbers.
macro_rules! ring {
    ($lanes:ident, $constant:expr) => {
        impl core::ops::Add for $lanes {
            type Output = Self;

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self.sum(other)
            }
        }

        impl core::ops::Sub for $lanes {
            type Output = Self;

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self.difference(other)
            }
        }

        impl core::ops::Mul for $lanes {
            type Output = Self;

            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                self.product(other)
            }
        }

        impl core::ops::Neg for $lanes {
            type Output = Self;

            #[inline(always)]
            fn neg(self) -> Self {
                Self::ZERO.difference(self)
            }
        }

        impl core::ops::AddAssign for $lanes {
            #[inline(always)]
            fn add_assign(&mut self, other: Self) {
                *self = self.sum(other);
            }
        }

        impl core::ops::SubAssign for $lanes {
            #[inline(always)]
            fn sub_assign(&mut self, other: Self) {
                *self = self.difference(other);
            }
        }

        impl core::ops::MulAssign for $lanes {
            #[inline(always)]
            fn mul_assign(&mut self, other: Self) {
                *self = self.product(other);
            }
        }

        impl core::iter::Sum for $lanes {
            #[inline(always)]
            fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
                terms.fold(Self::ZERO, |sum, term| sum + term)
            }
        }

        impl core::iter::Product for $lanes {
            #[inline(always)]
            fn product<I: Iterator<Item = Self>>(factors: I) -> Self {
                factors.fold(Self::ONE, |product, factor| product * factor)
            }
        }

        impl Default for $lanes {
            #[inline(always)]
            fn default() -> Self {
                Self::ZERO
            }
        }

        impl p3_field::PrimeCharacteristicRing for $lanes {
            type PrimeSubfield = p3_mersenne_31::Mersenne31;

            const ZERO: Self = $constant(0);
            const ONE: Self = $constant(1);
            const TWO: Self = $constant(2);
            const NEG_ONE: Self = $constant(super::P - 1);

            #[inline(always)]
            fn from_prime_subfield(x: Self::PrimeSubfield) -> Self {
                use p3_field::PrimeField32;
                <Self as super::Lanes>::splat(x.as_canonical_u32())
            }
        }
    };
}
