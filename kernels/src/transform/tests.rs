//! Transforms against direct evaluation of the basis, and platforms against each other.

use p3_field::{
    PrimeCharacteristicRing, PrimeField32,
    extension::{Complex, ComplexExtendable},
};
use p3_mersenne_31::Mersenne31;
use rayon::ThreadPoolBuilder;

use super::*;
use crate::P;

/// The point of `D(log_size)` at a memory position, by the definition.
fn point(log_size: usize, w: usize) -> Complex<Mersenne31> {
    let (l, c) = (w >> 1, w & 1);
    let bits = log_size - 1;
    let reversed = (0..bits).fold(0, |r, b| r | (l >> b & 1) << (bits - 1 - b));
    let generator: Complex<Mersenne31> = Mersenne31::circle_two_adic_generator(log_size + 1);
    let point = generator.exp_u64(4 * reversed as u64 + 1);
    if c == 0 { point } else { point.conjugate() }
}

/// The value at a point, by the definition of the basis.
fn value(coefficients: &[Mersenne31], point: Complex<Mersenne31>) -> Mersenne31 {
    let mut functions = vec![point.imag(), point.real()];
    while functions.len() < 32 {
        let v = functions[functions.len() - 1];
        functions.push(v.square().double() - Mersenne31::ONE);
    }
    let mut total = Mersenne31::ZERO;
    for (k, &coefficient) in coefficients.iter().enumerate() {
        let mut term = coefficient;
        for (bit, &function) in functions.iter().enumerate() {
            if k >> bit & 1 == 1 {
                term *= function;
            }
        }
        total += term;
    }
    total
}

/// Repeatable elements, with many edge values.
fn random_block(lines: usize, mut seed: u64) -> Vec<u32> {
    let next = || {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        match seed >> 60 {
            0 => 0,
            1 => P - 1,
            _ => (seed >> 32) as u32 % P,
        }
    };
    std::iter::repeat_with(next).take(lines * LINE).collect()
}

fn evaluations(block: &[u32], log_height: usize, log_size: usize) -> Vec<u32> {
    let mut result = vec![0; LINE << log_size];
    for column in 0..LINE {
        let coefficients: Vec<Mersenne31> = (0..1 << log_height)
            .map(|k| Mersenne31::new(block[LINE * k + column]))
            .collect();
        for w in 0..1 << log_size {
            result[LINE * w + column] = value(&coefficients, point(log_size, w)).as_canonical_u32();
        }
    }
    result
}

#[test]
fn transforms_evaluate_the_basis() {
    let twiddles = Twiddles::new(8).unwrap();
    for platform in Platform::available() {
        let transform = Transform::new(platform, &twiddles);
        for log_height in 3..=7 {
            let coefficients = random_block(1 << log_height, log_height as u64);
            let mut block = random_block(2 << log_height, 9);
            block[..LINE << log_height].copy_from_slice(&coefficients);
            transform.evaluate_extended(&mut block, log_height);
            let expected = evaluations(&coefficients, log_height, log_height + 1);
            assert_eq!(block, expected, "{} 2^{log_height}", platform.name());
        }
    }
}

/// Results depend neither on the platform nor on the number of threads.
#[test]
fn platforms_agree() {
    let twiddles = Twiddles::new(16).unwrap();
    for log_height in 3..=15 {
        let coefficients = random_block(1 << log_height, log_height as u64);
        let block = |platform: Platform, threads: usize| {
            let mut block = random_block(2 << log_height, threads as u64);
            block[..LINE << log_height].copy_from_slice(&coefficients);
            let transform = Transform::new(platform, &twiddles);
            with_threads(threads, || {
                transform.evaluate_extended(&mut block, log_height)
            });
            block
        };
        let expected = block(Platform::Portable, 1);
        for platform in Platform::available() {
            for threads in [1, 3] {
                let name = platform.name();
                assert!(
                    block(platform, threads) == expected,
                    "{name} 2^{log_height}, {threads} threads"
                );
            }
        }
    }
}

fn with_threads(threads: usize, work: impl FnOnce() + Send) {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.unwrap().install(work);
}

/// One random value of a column of `2^15` rows, by the definition.
#[test]
fn a_value_of_a_high_column() {
    let (log_height, twiddles) = (15, Twiddles::new(16).unwrap());
    let coefficients = random_block(1 << log_height, 1);
    let mut block = coefficients.clone();
    block.resize(2 * coefficients.len(), 0);
    Transform::new(Platform::detect(), &twiddles).evaluate_extended(&mut block, log_height);
    for (column, w) in [(0, 0), (3, 12345), (15, 65535)] {
        let coefficients: Vec<Mersenne31> = coefficients[column..]
            .iter()
            .step_by(LINE)
            .map(|&x| Mersenne31::new(x))
            .collect();
        let expected = value(&coefficients, point(log_height + 1, w));
        assert_eq!(block[LINE * w + column], expected.as_canonical_u32());
    }
}

/// The value on a line, by the definition of the basis: x, v_2, ...
fn line_value(coefficients: &[Mersenne31], x: Mersenne31) -> Mersenne31 {
    let mut sums = coefficients.to_vec();
    let mut factor = x;
    while sums.len() > 1 {
        sums = sums
            .chunks(2)
            .map(|pair| pair[0] + pair[1] * factor)
            .collect();
        factor = factor.square().double() - Mersenne31::ONE;
    }
    sums[0]
}

/// Codewords on circles and on lines, with twiddles that are just enough, and with more.
#[test]
fn codewords_are_evaluations() {
    for log_count in [7, 8, 9, 11] {
        let count = 1 << log_count;
        let coefficients = [random_block(count / LINE, 3), random_block(count / LINE, 4)];
        let expected = |domain: Domain| {
            coefficients.each_ref().map(|words| {
                let coefficients: Vec<_> = words.iter().map(|x| Mersenne31::new(*x)).collect();
                let values = (0..2 * count).map(|w| match domain {
                    Domain::Circle => value(&coefficients, point(log_count + 1, w)),
                    // The line of 2^k positions has the x of the points with c = 0 of D(k + 1).
                    Domain::Line => line_value(&coefficients, point(log_count + 2, 2 * w).real()),
                });
                values.map(|x| x.as_canonical_u32()).collect::<Vec<_>>()
            })
        };
        for (domain, least) in [(Domain::Circle, 1), (Domain::Line, 2)] {
            let expected = expected(domain);
            for more in [0, 2] {
                let twiddles = Twiddles::new(log_count + least + more).unwrap();
                for platform in Platform::available() {
                    for threads in [1, 3] {
                        let transform = Transform::new(platform, &twiddles);
                        let mut columns = coefficients.clone();
                        columns
                            .iter_mut()
                            .for_each(|column| column.resize(2 * count, 9));
                        let [a, b] = &mut columns;
                        with_threads(threads, || {
                            transform.evaluate_codeword(&mut [a, b], log_count, domain);
                        });
                        assert_eq!(columns, expected, "{domain:?} 2^{log_count}");
                    }
                }
            }
        }
    }
}
