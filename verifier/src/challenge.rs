//! Challenge fields: the extensions of Mersenne31 from which challenges are drawn.

use p3_field::{
    BasedVectorSpace, Field, PrimeCharacteristicRing,
    extension::{BinomialExtensionField, Complex},
};
use p3_mersenne_31::QM31;
use zonda_circuits::F;

/// The extension of degree 6: `F[i][v]` with `i^2 = -1` and `v^3 = 5i`.
pub type Sextic = BinomialExtensionField<Complex<F>, 3>;

/// A challenge field: an extension of [`F`] of even degree.
///
/// Inversion is [`Field::try_inverse`].
pub trait Challenge: Field {
    /// How many base elements an element has.
    const DEGREE: usize;

    /// A base element as a challenge.
    fn from_base(x: F) -> Self;

    /// The element with these coordinates, in the order of the basis: powers of i vary fastest.
    fn from_coordinates_fn(coordinate: impl FnMut(usize) -> F) -> Self;

    /// The coordinate at `index`; zero from [`Self::DEGREE`] on.
    fn coordinate(&self, index: usize) -> F;

    /// The product with a base element.
    #[must_use]
    fn mul_base(self, x: F) -> Self;

    /// All coordinates, in order.
    fn coordinates(&self) -> impl Iterator<Item = F> {
        (0..Self::DEGREE).map(|index| self.coordinate(index))
    }
}

macro_rules! challenge {
    ($field:ty, $degree:literal) => {
        impl Challenge for $field {
            const DEGREE: usize = $degree;

            #[inline]
            fn from_base(x: F) -> Self {
                Self::from(Complex::<F>::new_real(x))
            }

            #[inline]
            fn from_coordinates_fn(mut coordinate: impl FnMut(usize) -> F) -> Self {
                let mut index = 0..;
                let mut next = || index.next().map_or(F::ZERO, &mut coordinate);
                <Self as BasedVectorSpace<Complex<F>>>::from_basis_coefficients_fn(|_| {
                    let real = next();
                    Complex::new_complex(real, next())
                })
            }

            #[inline]
            fn coordinate(&self, index: usize) -> F {
                let coefficients: &[Complex<F>] = self.as_basis_coefficients_slice();
                let [real, imaginary] = coefficients
                    .get(index >> 1)
                    .map_or([F::ZERO; 2], Complex::to_array);
                if index & 1 == 0 { real } else { imaginary }
            }

            #[inline]
            fn mul_base(self, x: F) -> Self {
                Self::from_coordinates_fn(|index| self.coordinate(index) * x)
            }
        }
    };
}

challenge!(QM31, 4);
challenge!(Sextic, 6);

#[cfg(test)]
mod tests {
    use super::*;

    fn is_a_challenge_field<E: Challenge>() {
        let some = |seed: u64| {
            E::from_coordinates_fn(|i| {
                F::from_u64((seed + i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20)
            })
        };
        let a = some(1);
        assert_eq!(E::from_coordinates_fn(|i| a.coordinate(i)), a);
        assert_eq!(a.coordinates().count(), E::DEGREE);
        // Base elements are the first coordinate.
        let x = F::from_u32(77);
        assert_eq!(E::from_base(x).coordinates().next(), Some(x));
        assert_eq!(a.mul_base(x), a * E::from_base(x));
        assert_eq!(a.try_inverse().map(|inverse| inverse * a), Some(E::ONE));
        assert_eq!(E::ZERO.try_inverse(), None);
    }

    #[test]
    fn quartic() {
        is_a_challenge_field::<QM31>();
    }

    #[test]
    fn sextic() {
        is_a_challenge_field::<Sextic>();
        let v = Sextic::from_coordinates_fn(|i| F::from_bool(i == 2));
        assert_eq!(
            v.exp_u64(3),
            Sextic::from_coordinates_fn(|i| F::from_u32(5 * u32::from(i == 1)))
        );
    }
}
