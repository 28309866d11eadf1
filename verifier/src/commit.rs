//! Commitment to columns: the portable definition, which the prover's faster one must agree with.
//!
//! Sections 5 and 6 of the protocol. The verifier needs it to derive keys only. A polynomial of `2^m` coefficients is
//! a sum over all products of y, `v_1 = x`, `v_2`, ..., `v_(m - 1)`.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;
use p3_matrix::{Matrix as _, dense::RowMajorMatrix};
use zonda_circuits::{F, machine::Table};

use crate::{
    circle::{double_x, half_domain, place},
    layout::{LOG_PAGE, Matrix},
    merkle::put_row,
    proof::Digest,
};

/// The root of a phase whose matrix is laid out as `matrix`, of these columns of its tables.
pub fn root(matrix: &Matrix, tables: &[(Table, RowMajorMatrix<F>)]) -> Digest {
    if matrix.is_empty() {
        return Digest::default();
    }
    let log_size = matrix.log_height.saturating_add(1);
    let size = 1_usize.wrapping_shl(log_size);
    let mut cells = cells(matrix, tables);
    cells.resize(matrix.width.wrapping_shl(matrix.log_height), F::ZERO);
    let twiddles = Twiddles::new(log_size);
    let columns = cells.chunks(1_usize.wrapping_shl(matrix.log_height));
    let columns = columns.map(|coefficients| {
        let mut column = Vec::from(coefficients);
        column.resize(size, F::ZERO);
        values(&mut column, &twiddles);
        column
    });
    let columns: Vec<Vec<F>> = columns.collect();
    let mut bytes = Vec::new();
    let leaves = (0..size).map(|position| {
        bytes.clear();
        let place = place(log_size, position);
        for column in &columns {
            put_row(&mut bytes, column.get(place..=place).unwrap_or_default());
        }
        *blake3::hash(&bytes).as_bytes()
    });
    let mut nodes: Vec<Digest> = leaves.collect();
    while nodes.len() > 1 {
        let pairs = nodes.chunks(2);
        let join = |pair: &[Digest]| *blake3::hash(pair.as_flattened()).as_bytes();
        nodes = pairs.map(join).collect();
    }
    nodes.first().copied().unwrap_or_default()
}

/// The cells of a matrix, in sequence: page by page.
fn cells(matrix: &Matrix, tables: &[(Table, RowMajorMatrix<F>)]) -> Vec<F> {
    let page = 1_usize.wrapping_shl(LOG_PAGE);
    let mut cells = Vec::new();
    for chunk in &matrix.sequence.chunks {
        let own = tables.iter().find(|(table, _)| *table == chunk.table);
        let Some((_, rows)) = own else {
            continue;
        };
        let count = page.wrapping_shl(chunk.log_pages);
        let first = chunk.first.saturating_mul(page);
        for column in 0..chunk.columns {
            let start = cells.len();
            let own = rows.values.iter().skip(column).step_by(rows.width());
            cells.extend(own.skip(first).take(count));
            cells.resize(start.saturating_add(count), F::ZERO);
        }
    }
    cells
}

/// The divisors of the difference of two neighbours, per layer of a transform: y for the first, x of
/// ever smaller domains for the others.
#[derive(Clone, Debug)]
struct Twiddles(Vec<Vec<F>>);

impl Twiddles {
    /// The twiddles of the domain of `2^log_size` points.
    fn new(log_size: u32) -> Self {
        let half = half_domain(log_size);
        let mut layers = Vec::from([half.iter().map(|point| point.y).collect()]);
        let mut line: Vec<F> = half.iter().map(|point| point.x).collect();
        for _ in 1..log_size {
            let even: Vec<F> = line.iter().copied().step_by(2).collect();
            line = even.iter().map(|x| double_x(*x)).collect();
            layers.push(even);
        }
        Self(layers)
    }
}

/// Makes values on a domain of coefficients, given its twiddles.
fn values(coefficients: &mut [F], twiddles: &Twiddles) {
    let layers: Vec<_> = strides().zip(&twiddles.0).collect();
    for (stride, layer) in layers.into_iter().rev() {
        butterflies(coefficients, stride, layer, |a, b, twiddle| {
            let b = b * twiddle;
            (a + b, a - b)
        });
    }
}

/// Applies `butterfly` to all pairs at a distance of `stride`, with the twiddle of their block.
fn butterflies(
    values: &mut [F],
    stride: usize,
    twiddles: &[F],
    butterfly: impl Fn(F, F, F) -> (F, F),
) {
    let blocks = values.chunks_exact_mut(stride.saturating_mul(2));
    for (block, twiddle) in blocks.zip(twiddles) {
        let Some((low, high)) = block.split_at_mut_checked(stride) else {
            continue;
        };
        for (a, b) in low.iter_mut().zip(high) {
            (*a, *b) = butterfly(*a, *b, *twiddle);
        }
    }
}

fn strides() -> impl Iterator<Item = usize> {
    (0..usize::BITS).map(|bit| 1_usize.wrapping_shl(bit))
}

#[cfg(test)]
mod tests {
    use p3_mersenne_31::QM31;

    use super::*;
    use crate::{
        challenge::Challenge,
        circle::{Point, point_at, position},
    };

    /// The value of a polynomial by its definition.
    fn direct<E: Challenge>(coefficients: &[F], at: Point<E>) -> E {
        let mut basis = Vec::from([E::ONE]);
        let mut factor = at.y;
        let mut x = at.x;
        while basis.len() < coefficients.len() {
            let products: Vec<_> = basis.iter().map(|b| *b * factor).collect();
            basis.extend(products);
            factor = x;
            x = double_x(x);
        }
        let terms = basis.iter().zip(coefficients);
        terms.map(|(b, c)| b.mul_base(*c)).sum()
    }

    fn some(count: usize) -> Vec<F> {
        (1..=count as u64)
            .map(|i| F::from_u64(i * i * 0x1234_5678_9abc))
            .collect()
    }

    #[test]
    fn values_are_those_of_the_polynomial() {
        for log_size in 1..8 {
            let size = 1 << log_size;
            let expected = some(size);
            let twiddles = Twiddles::new(log_size);
            let mut array = expected.clone();
            values(&mut array, &twiddles);
            for (w, value) in array.iter().enumerate() {
                let point = point_at(log_size, position(log_size, w));
                assert_eq!(
                    direct(&expected, point.lift::<QM31>()),
                    QM31::from_base(*value)
                );
            }
        }
    }
}
