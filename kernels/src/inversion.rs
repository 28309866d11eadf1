//! Inverses of many challenge-field elements at once.

use std::{error, fmt, marker::PhantomData};

use crate::{Kernel, LINE, Lanes, Packed, Packed4, Packed6, Platform};

/// An extension of Mersenne31, by the packed form of its elements on every platform.
pub trait Extension: 'static {
    /// `L::WIDTH` elements.
    type Packed<L: Lanes>: Packed<L>;
}

/// The extension of [`Packed4`].
#[derive(Clone, Copy, Debug)]
pub enum Degree4 {}

/// The extension of [`Packed6`].
#[derive(Clone, Copy, Debug)]
pub enum Degree6 {}

impl Extension for Degree4 {
    type Packed<L: Lanes> = Packed4<L>;
}

impl Extension for Degree6 {
    type Packed<L: Lanes> = Packed6<L>;
}

/// An element that has no inverse.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ZeroElement;

impl fmt::Display for ZeroElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("zero has no inverse")
    }
}

impl error::Error for ZeroElement {}

/// Inverts elements given by their columns of coordinates.
///
/// # Errors
/// If an element is zero. Then the columns may have been written in part.
///
/// # Panics
/// If the columns are not as many as coordinates, or not equally long.
pub fn invert_in_place<E: Extension>(
    platform: Platform,
    columns: &mut [&mut [u32]],
) -> Result<(), ZeroElement> {
    platform.run(Invert::<E> {
        columns,
        extension: PhantomData,
    })
}

struct Invert<'a, 'b, E> {
    columns: &'a mut [&'b mut [u32]],
    extension: PhantomData<E>,
}

impl<E: Extension> Kernel for Invert<'_, '_, E> {
    type Output = Result<(), ZeroElement>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Self::Output {
        let columns = self.columns;
        assert_eq!(columns.len(), E::Packed::<L>::DEGREE);
        let len = columns[0].len();
        assert!(columns.iter().all(|column| column.len() == len));
        let whole = len - len % L::WIDTH;
        let mut at = 0;
        while at < whole {
            let vectors = BATCH.min((whole - at) / L::WIDTH);
            invert_batch::<L, E::Packed<L>>(columns, at, vectors)?;
            at += vectors * L::WIDTH;
        }
        if whole < len {
            invert_rest::<L, E::Packed<L>>(columns, whole)?;
        }
        Ok(())
    }
}

/// Vectors that share one inversion.
const BATCH: usize = 64;

/// Montgomery's trick: the inverse of the product of all, times the products of those before.
#[inline(always)]
fn invert_batch<L: Lanes, P: Packed<L>>(
    columns: &mut [&mut [u32]],
    from: usize,
    vectors: usize,
) -> Result<(), ZeroElement> {
    let mut before = [P::ONE; BATCH];
    let mut product = P::ONE;
    for (k, before) in before.iter_mut().enumerate().take(vectors) {
        *before = product;
        product *= load::<L, P>(columns, from + k * L::WIDTH);
    }
    if has_zero::<L, P>(product) {
        return Err(ZeroElement);
    }
    let mut inverse = product.inverse();
    for k in (0..vectors).rev() {
        let x = load::<L, P>(columns, from + k * L::WIDTH);
        (before[k] * inverse).store(columns, from + k * L::WIDTH);
        inverse *= x;
    }
    Ok(())
}

/// The last elements, fewer than a vector; ones in the other lanes.
#[inline(always)]
fn invert_rest<L: Lanes, P: Packed<L>>(
    columns: &mut [&mut [u32]],
    from: usize,
) -> Result<(), ZeroElement> {
    let mut x = P::ONE;
    for (lane, column) in x.as_mut().iter_mut().zip(columns.iter()) {
        let mut words = [0; LINE];
        lane.store(&mut words);
        let rest = &column[from..];
        words[..rest.len()].copy_from_slice(rest);
        *lane = L::load(&words);
    }
    if has_zero::<L, P>(x) {
        return Err(ZeroElement);
    }
    for (lane, column) in x.inverse().as_ref().iter().zip(columns) {
        let mut words = [0; LINE];
        lane.store(&mut words);
        let rest = &mut column[from..];
        let len = rest.len();
        rest.copy_from_slice(&words[..len]);
    }
    Ok(())
}

#[inline(always)]
fn load<L: Lanes, P: Packed<L>>(columns: &[&mut [u32]], at: usize) -> P {
    let mut x = P::ZERO;
    for (lane, column) in x.as_mut().iter_mut().zip(columns) {
        *lane = L::load(&column[at..]);
    }
    x
}

#[inline(always)]
fn has_zero<L: Lanes, P: Packed<L>>(x: P) -> bool {
    let mut any = [0; LINE];
    for &lane in x.as_ref() {
        let mut words = [0; LINE];
        lane.store(&mut words);
        for (any, word) in any.iter_mut().zip(words) {
            *any |= word;
        }
    }
    any[..L::WIDTH].contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::P;

    struct Product<'a, E>(&'a [Vec<u32>], &'a [Vec<u32>], PhantomData<E>);

    impl<E: Extension> Kernel for Product<'_, E> {
        type Output = ();

        #[inline(always)]
        fn run<L: Lanes>(self) {
            for i in 0..self.0[0].len() {
                let mut x = E::Packed::<L>::ZERO;
                let mut y = x;
                for (k, (a, b)) in self.0.iter().zip(self.1).enumerate() {
                    x.as_mut()[k] = L::splat(a[i]);
                    y.as_mut()[k] = L::splat(b[i]);
                }
                for (k, lane) in (x * y).as_ref().iter().enumerate() {
                    assert_eq!(lane.lane(0), u32::from(k == 0));
                }
            }
        }
    }

    fn columns(degree: usize, len: usize) -> Vec<Vec<u32>> {
        let word = |i: usize| (i as u32 + 1).wrapping_mul(2654435761) % P;
        (0..degree)
            .map(|k| (0..len).map(|i| word(i * degree + k)).collect())
            .collect()
    }

    fn check<E: Extension>(degree: usize) {
        for platform in Platform::available() {
            for len in [1, 3, 7, 8, 9, 15, 16, 17, 511, 512, 513, 1024, 1043] {
                let elements = columns(degree, len);
                let mut inverses = elements.clone();
                let mut slices: Vec<&mut [u32]> =
                    inverses.iter_mut().map(|column| &mut column[..]).collect();
                invert_in_place::<E>(platform, &mut slices).unwrap();
                Platform::Portable.run(Product::<E>(&elements, &inverses, PhantomData));

                for zero in [0, len / 2, len - 1] {
                    let mut elements = elements.clone();
                    elements.iter_mut().for_each(|column| column[zero] = 0);
                    let mut slices: Vec<&mut [u32]> =
                        elements.iter_mut().map(|column| &mut column[..]).collect();
                    let result = invert_in_place::<E>(platform, &mut slices);
                    assert_eq!(result, Err(ZeroElement));
                }
            }
        }
    }

    #[test]
    fn inverses_are_inverse() {
        check::<Degree4>(4);
        check::<Degree6>(6);
    }
}
