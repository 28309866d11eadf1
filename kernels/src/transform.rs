//! Circle transforms of blocks of 16 columns.

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32, extension::ComplexExtendable};
use p3_mersenne_31::Mersenne31;

use crate::{
    lanes::Lanes,
    platform::{Kernel, Platform},
};

/// Twice the twiddles of the transforms of all sizes up to one.
#[derive(Clone, Debug)]
pub struct Twiddles {
    /// By log-size of the domain: y by l, and its inverse.
    circle: Vec<[Vec<u32>; 2]>,
    /// By log-size of the domain: x of every pair of l, and its inverse.
    line: Vec<[Vec<u32>; 2]>,
}

impl Twiddles {
    /// The twiddles of D(m) for m up to `log_size`.
    pub fn new(log_size: usize) -> Self {
        let mut circle = vec![[Vec::new(), Vec::new()]; log_size + 1];
        let mut line = circle.clone();
        for m in 1..=log_size {
            let generator = Mersenne31::circle_two_adic_generator(m + 1);
            let half = 1 << (m - 1);
            let mut points = vec![generator];
            for k in 0..m - 1 {
                let step = Mersenne31::circle_two_adic_generator(k + 1);
                for l in 0..1 << k {
                    points.push(points[l] * step);
                }
            }
            let both = |values: Vec<Mersenne31>| {
                let twice = |x: &Mersenne31| 2 * x.as_canonical_u32();
                let inverses = p3_field::batch_multiplicative_inverse(&values);
                [
                    values.iter().map(twice).collect(),
                    inverses.iter().map(twice).collect(),
                ]
            };
            circle[m] = both(points.iter().map(|point| point.imag()).collect());
            if half > 1 {
                line[m] = both(points.iter().step_by(2).map(|point| point.real()).collect());
            }
        }
        Self { circle, line }
    }

    /// The twiddles of the layer of stride 2^`layer` of D(`log_size`).
    fn layer(&self, log_size: usize, layer: usize, inverse: bool) -> &[u32] {
        let by = usize::from(inverse);
        match layer {
            0 => &self.circle[log_size][by],
            // The line after j halvings is that of the doubled domain.
            layer => &self.line[log_size + 1 - layer][by],
        }
    }
}

/// Values on D(`log_height`) in the first half of the lines become values on D(`log_height` + 1).
pub fn extend(platform: Platform, lines: &mut [u32], log_height: usize, twiddles: &Twiddles) {
    interpolate(platform, &mut lines[..16 << log_height], log_height, twiddles);
    evaluate_extended(platform, lines, log_height, twiddles);
}

/// Values on D(`log_size`) become coefficients.
pub fn interpolate(platform: Platform, lines: &mut [u32], log_size: usize, twiddles: &Twiddles) {
    platform.run(Inverse {
        lines,
        log_size,
        twiddles,
    });
}

/// Coefficients in the first half of the lines become values on D(`log_height` + 1).
pub fn evaluate_extended(
    platform: Platform,
    lines: &mut [u32],
    log_height: usize,
    twiddles: &Twiddles,
) {
    let (coefficients, copy) = lines.split_at_mut(16 << log_height);
    copy.copy_from_slice(coefficients);
    platform.run(Forward {
        lines,
        log_size: log_height + 1,
        layers: log_height,
        twiddles,
    });
}

struct Inverse<'a> {
    lines: &'a mut [u32],
    log_size: usize,
    twiddles: &'a Twiddles,
}

impl Kernel for Inverse<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let scale = Mersenne31::from_usize(1 << self.log_size).inverse();
        for layer in 0..self.log_size {
            let stride = 16 << layer;
            let twiddles = self.twiddles.layer(self.log_size, layer, true);
            for (block, twiddle) in self.lines.chunks_exact_mut(2 * stride).zip(twiddles) {
                let (a, b) = block.split_at_mut(stride);
                let twiddle = L::splat(*twiddle);
                for (a, b) in a.chunks_exact_mut(L::WIDTH).zip(b.chunks_exact_mut(L::WIDTH)) {
                    let (x, y) = (L::load(a), L::load(b));
                    (x + y).store(a);
                    (x - y).mul_twice(twiddle).store(b);
                }
            }
        }
        let scale = L::splat(2 * scale.as_canonical_u32());
        for cells in self.lines.chunks_exact_mut(L::WIDTH) {
            L::load(cells).mul_twice(scale).store(cells);
        }
    }
}

struct Forward<'a> {
    lines: &'a mut [u32],
    log_size: usize,
    layers: usize,
    twiddles: &'a Twiddles,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for layer in (0..self.layers).rev() {
            let stride = 16 << layer;
            let twiddles = self.twiddles.layer(self.log_size, layer, false);
            for (block, twiddle) in self.lines.chunks_exact_mut(2 * stride).zip(twiddles) {
                let (a, b) = block.split_at_mut(stride);
                let twiddle = L::splat(*twiddle);
                for (a, b) in a.chunks_exact_mut(L::WIDTH).zip(b.chunks_exact_mut(L::WIDTH)) {
                    let (x, y) = (L::load(a), L::load(b).mul_twice(twiddle));
                    (x + y).store(a);
                    (x - y).store(b);
                }
            }
        }
    }
}
