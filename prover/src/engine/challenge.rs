//! Challenge fields as the kernels compute with them.

use p3_field::PrimeField32;
use zonda_kernels::{Lanes, P as ORDER, Packed, Packed4, Packed6, scalar4, scalar6};
use zonda_verifier::{Challenge, QM31, Sextic};

/// A challenge field and its vectors.
pub trait ProverChallenge: Challenge {
    /// An element prepared to be multiplied with vectors.
    type Scalar: Copy + Send + Sync;

    /// As many elements as lanes `L` have.
    type Packed<L: Lanes>: Packed<L, Scalar = Self::Scalar>;

    /// Prepares the element to be multiplied with vectors.
    fn scalar(&self) -> Self::Scalar;
}

impl ProverChallenge for QM31 {
    type Scalar = [u32; 9];
    type Packed<L: Lanes> = Packed4<L>;

    fn scalar(&self) -> [u32; 9] {
        scalar4(&weight(self))
    }
}

impl ProverChallenge for Sextic {
    type Scalar = [[u32; 3]; 5];
    type Packed<L: Lanes> = Packed6<L>;

    fn scalar(&self) -> [[u32; 3]; 5] {
        scalar6(&weight(self))
    }
}

/// The same element in all lanes.
#[inline(always)]
pub fn splat<L: Lanes, P: Packed<L>>(coordinates: &[u32]) -> P {
    let mut result = P::ZERO;
    for (lanes, coordinate) in result.as_mut().iter_mut().zip(coordinates) {
        *lanes = L::splat(*coordinate);
    }
    result
}

/// Sums of products of base-field elements, a vector of them, with challenge-field elements, the
/// same in all lanes: reduced only now and then.
#[derive(Clone, Copy)]
pub struct Sum<L: Lanes> {
    coordinates: [L::Wide; MAX_DEGREE],
    terms: usize,
}

/// The largest degree of a challenge field.
pub const MAX_DEGREE: usize = 6;

/// An element's coordinates, ready to be taken to all lanes; zeros past the degree.
pub type Weight = [u32; MAX_DEGREE];

/// The canonical coordinates of a challenge.
pub fn weight<E: Challenge>(element: &E) -> Weight {
    core::array::from_fn(|index| {
        if index < E::DEGREE {
            element.coordinate(index).as_canonical_u32()
        } else {
            0
        }
    })
}

/// How many products an unreduced sum holds.
const TERMS: usize = 4;

impl<L: Lanes> Sum<L> {
    /// No products.
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            coordinates: [L::wide_zero(); MAX_DEGREE],
            terms: 0,
        }
    }

    /// `element` in all lanes.
    #[inline(always)]
    pub fn splat<P: Packed<L>>(element: &Weight) -> Self {
        let mut sum = Self::new();
        for (coordinate, word) in sum.coordinates[..P::DEGREE].iter_mut().zip(element) {
            *coordinate = L::wide_splat(*word);
        }
        sum
    }

    /// Adds `x * element`.
    #[inline(always)]
    pub fn add<P: Packed<L>>(&mut self, x: L, element: &[u32]) {
        if self.terms == TERMS {
            for coordinate in &mut self.coordinates[..P::DEGREE] {
                *coordinate = L::fold_wide(*coordinate);
            }
            self.terms = 0;
        }
        self.terms += 1;
        let element = &element[..P::DEGREE];
        for (coordinate, weight) in self.coordinates[..P::DEGREE].iter_mut().zip(element) {
            *coordinate = L::mul_add_wide(*coordinate, x, L::splat(*weight));
        }
    }

    /// The sum.
    #[inline(always)]
    pub fn reduce<P: Packed<L>>(&self) -> P {
        let mut result = P::ZERO;
        for (lanes, coordinate) in result.as_mut().iter_mut().zip(&self.coordinates) {
            *lanes = L::reduce_wide(*coordinate);
        }
        result
    }
}

/// Adds words to others, modulo p.
pub fn add_words(sums: &mut [u32], others: &[u32]) {
    for (sum, other) in sums.iter_mut().zip(others) {
        let total = *sum + *other;
        *sum = total.min(total.wrapping_sub(ORDER));
    }
}
