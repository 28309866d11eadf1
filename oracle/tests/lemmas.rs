//! The lemmas of SOUNDNESS.md on functions on the circle, on small ones.

use p3_field::{Field, PrimeCharacteristicRing, extension::ComplexExtendable};
use zonda_circuits::F;

/// A point of the circle.
type Point = (F, F);

fn add(a: Point, b: Point) -> Point {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// The generator of the subgroup of order 2^order.
fn generator(order: usize) -> Point {
    let generator = F::circle_two_adic_generator(order);
    (generator.real(), generator.imag())
}

/// The odd multiples of the generator of order 2^(size + 1), from the first.
fn domain(size: usize) -> Vec<Point> {
    let (first, step) = (generator(size + 1), generator(size));
    let next = |point: &Point| Some(add(*point, step));
    core::iter::successors(Some(first), next)
        .take(1 << size)
        .collect()
}

/// v_k: x, doubled k - 1 times.
fn vanishing(k: usize, point: Point) -> F {
    (1..k).fold(point.0, |x, _| x.square().double() - F::ONE)
}

/// The function with these coefficients: bit 0 of an index stands for y, bit k for v_k.
fn evaluate(coefficients: &[F], point: Point) -> F {
    let basis = |index: usize| -> F {
        let factor = |bit| match bit {
            0 => point.1,
            bit => vanishing(bit, point),
        };
        (0..usize::BITS as usize)
            .filter(|bit| index >> bit & 1 == 1)
            .map(factor)
            .product()
    };
    let terms = coefficients.iter().enumerate();
    terms.map(|(index, c)| *c * basis(index)).sum()
}

/// The coefficients of the function of the FFT space that has these values on a domain.
fn interpolate(values: &[F], twiddles: &[F], next: impl Fn(usize, F) -> F + Copy) -> Vec<F> {
    if values.len() == 1 {
        return values.to_vec();
    }
    let half = values.len() / 2;
    let pairs = || (0..half).map(|i| (values[i], values[values.len() - 1 - i]));
    let even: Vec<_> = pairs().map(|(a, b)| (a + b).halve()).collect();
    let odd: Vec<_> = pairs()
        .zip(twiddles)
        .map(|((a, b), t)| (a - b).halve() * t.inverse())
        .collect();
    let twiddles: Vec<_> = (0..half).map(|i| next(i, twiddles[i])).collect();
    let double = |_: usize, x: F| x.square().double() - F::ONE;
    // A closure's type would grow with each step: from the second on, all steps are the same.
    let (even, odd) = (
        line(&even, &twiddles, double),
        line(&odd, &twiddles, double),
    );
    even.into_iter()
        .zip(odd)
        .flat_map(|(a, b)| [a, b])
        .collect()
}

/// The same on a line: the twiddles are the positions.
fn line(values: &[F], twiddles: &[F], next: fn(usize, F) -> F) -> Vec<F> {
    interpolate(values, twiddles, next)
}

fn coefficients(size: usize, function: impl Fn(Point) -> F) -> Vec<F> {
    let points = domain(size);
    let values: Vec<_> = points.iter().map(|point| function(*point)).collect();
    let y: Vec<_> = points.iter().map(|point| point.1).collect();
    interpolate(&values, &y, |i, _| points[i].0)
}

/// Numbers without a pattern.
fn column(height: usize, seed: u32) -> Vec<F> {
    (1..=height as u32)
        .map(|i| F::from_u32((i * 7919 + seed).wrapping_mul(2_654_435_761) >> 1))
        .collect()
}

const LOG_HEIGHT: usize = 4;
const HEIGHT: usize = 1 << LOG_HEIGHT;

fn degree(coefficients: &[F]) -> usize {
    let last = coefficients.iter().rposition(|c| *c != F::ZERO);
    last.map_or(0, |last| last + 1)
}

#[test]
fn coefficients_are_those_of_the_function() {
    let column = column(HEIGHT, 1);
    let found = coefficients(LOG_HEIGHT, |point| evaluate(&column, point));
    assert_eq!(found, column);
}

#[test]
fn a_product_of_three_columns_leaves_no_gap() {
    let columns = [1, 2, 3].map(|seed| column(HEIGHT, seed));
    let quotient = |point| {
        let product: F = columns.iter().map(|c| evaluate(c, point)).product();
        product * vanishing(LOG_HEIGHT, point).inverse()
    };
    // Not a polynomial: the product does not vanish on the trace domain.
    let all = coefficients(LOG_HEIGHT + 2, quotient);
    assert_eq!(degree(&all), 4 * HEIGHT);

    // The polynomial less its remainder.
    let remainder = coefficients(LOG_HEIGHT, |point| {
        columns.iter().map(|c| evaluate(c, point)).product()
    });
    let exact = |point| {
        let product: F = columns.iter().map(|c| evaluate(c, point)).product();
        let difference = product - evaluate(&remainder, point);
        difference * vanishing(LOG_HEIGHT, point).inverse()
    };
    let exact = coefficients(LOG_HEIGHT + 2, exact);
    assert_eq!(degree(&exact), 2 * HEIGHT);

    // Of two columns, and one that is no column but v_n, there would be one.
    let gap = |point| evaluate(&columns[0], point) * evaluate(&columns[1], point);
    assert_eq!(degree(&coefficients(LOG_HEIGHT + 2, gap)), 2 * HEIGHT + 1);
}

#[test]
fn the_rows_before_are_a_column() {
    let column = column(HEIGHT, 1);
    let (x, y) = generator(LOG_HEIGHT);
    let before = |point| evaluate(&column, add(point, (x, -y)));
    assert_eq!(degree(&coefficients(LOG_HEIGHT + 1, before)), HEIGHT);
    // Shifted by half a row, they are not a column.
    let (x, y) = generator(LOG_HEIGHT + 1);
    let between = |point| evaluate(&column, add(point, (x, -y)));
    assert_eq!(degree(&coefficients(LOG_HEIGHT + 1, between)), HEIGHT + 1);
}

#[test]
fn a_lifted_column_is_a_column() {
    let column = column(HEIGHT, 1);
    let lifted = |point| evaluate(&column, add(point, point));
    let coefficients = coefficients(LOG_HEIGHT + 2, lifted);
    assert_eq!(degree(&coefficients), 2 * HEIGHT);
}
