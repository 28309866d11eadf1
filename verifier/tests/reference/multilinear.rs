//! Functions on bits and their extensions: section 5 of PROTOCOL.md.

use p3_field::{Field, PrimeCharacteristicRing};
use zonda_verifier::Challenge;

/// `eq(r, x)`, by its definition.
pub fn eq<E: Challenge>(point: &[E], index: usize) -> E {
    let factor = |(i, r): (usize, &E)| if index >> i & 1 == 1 { *r } else { E::ONE - *r };
    point.iter().enumerate().map(factor).product()
}

/// `eq(r, x)`, from those of the low and of the high bits: for many `x`, of which there are more.
pub struct Eq<E>([Vec<E>; 2]);

impl<E: Challenge> Eq<E> {
    pub fn new(point: &[E]) -> Self {
        let (low, high) = point.split_at(point.len() / 2);
        Self([eq_table(low), eq_table(high)])
    }

    pub fn at(&self, index: usize) -> E {
        let [low, high] = &self.0;
        low[index % low.len()] * high[index / low.len()]
    }
}

/// The extension of `eq` at two points.
pub fn eq_points<E: Challenge>(a: &[E], b: &[E]) -> E {
    assert_eq!(a.len(), b.len());
    let factor = |(a, b): (&E, &E)| (E::ONE - *a) * (E::ONE - *b) + *a * *b;
    a.iter().zip(b).map(factor).product()
}

/// `eq(r, x)` for all `x`.
pub fn eq_table<E: Challenge>(point: &[E]) -> Vec<E> {
    let mut table = vec![E::ONE];
    for r in point {
        let high: Vec<E> = table.iter().map(|x| *x * *r).collect();
        table.iter_mut().for_each(|x| *x *= E::ONE - *r);
        table.extend(high);
    }
    table
}

/// The extension of a function at a point, by its definition.
pub fn extension<E: Challenge>(values: &[E], point: &[E]) -> E {
    assert_eq!(values.len(), 1 << point.len());
    dot(values, &eq_table(point))
}

pub fn dot<E: Challenge>(a: &[E], b: &[E]) -> E {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| *a * *b).sum()
}

/// The value at `x` of the line through `a` at 0 and `b` at 1.
pub fn line<E: Challenge>(a: E, b: E, x: E) -> E {
    a + x * (b - a)
}

/// Binds the lowest bit.
pub fn bind<E: Challenge>(values: &[E], x: E) -> Vec<E> {
    let (pairs, []) = values.as_chunks() else {
        panic!("a bit to bind")
    };
    pairs.iter().map(|[a, b]| line(*a, *b, x)).collect()
}

/// The values at `x` of the Lagrange polynomials of the nodes.
pub fn lagrange<E: Field>(nodes: &[E], x: E) -> Vec<E> {
    let value = |own: &E| {
        let others = nodes.iter().filter(|other| *other != own);
        let factors = others.map(|other| (x - *other) * (*own - *other).try_inverse().unwrap());
        factors.product()
    };
    nodes.iter().map(value).collect()
}

/// The node and its negative: 1, -1, 2, -2, ...
pub fn nodes<E: PrimeCharacteristicRing>(count: usize) -> Vec<E> {
    let node = |i: usize| {
        let node = E::from_usize(i / 2 + 1);
        if i.is_multiple_of(2) { node } else { -node }
    };
    (0..count).map(node).collect()
}

/// Elements that all differ, for tests.
#[cfg(test)]
pub fn some<E: Challenge>(number: usize) -> E {
    let coordinate = |i| zonda_circuits::F::new((8 * number + i) as u32 * 0x9e_3779 % 0x7fff_ffff);
    E::from_coordinates_fn(coordinate)
}
