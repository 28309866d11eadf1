//! Circle transforms of blocks of 16 columns.
//!
//! A block's rows are lines of 64 bytes in the order of memory (PROTOCOL, section 5): the layer of
//! stride 2^j pairs row w with row w + 2^j, and its twiddle depends on w >> (j + 1) only. All columns
//! of a line go through the same arithmetic, so lanes are columns and a twiddle is a number.
//!
//! Low layers are computed on chunks of adjacent rows that stay in the processor's nearest caches,
//! high layers on as many rows at equal distances, copied together. An extension goes through memory
//! three times: low inverse layers; high inverse layers and at once high forward layers, twice; low
//! forward layers.

#![allow(unsafe_code)]

use core::ops::Range;

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32, extension::ComplexExtendable};
use p3_mersenne_31::Mersenne31;
use rayon::prelude::*;

use crate::{
    Kernel, Lanes, Platform,
};

/// Words of a line.
const LINE: usize = 16;

/// Logarithm of the rows of a chunk: 64 KiB.
const LOG_CHUNK: usize = 10;

/// Twice the twiddles of the transforms of all sizes up to one, and of their inverses.
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
        let tables: Vec<_> = (1..=log_size).into_par_iter().map(tables).collect();
        for (m, [of_circle, of_line]) in tables.into_iter().enumerate() {
            circle[m + 1] = of_circle;
            line[m + 1] = of_line;
        }
        Self { circle, line }
    }

    /// The twiddles of the layer of stride 2^`layer` of D(`log_size`), or of its inverse.
    fn layer(&self, log_size: usize, layer: usize, inverse: bool) -> &[u32] {
        let by = usize::from(inverse);
        match layer {
            0 => &self.circle[log_size][by],
            // The line after j halvings is that of the doubled domain.
            layer => &self.line[log_size + 1 - layer][by],
        }
    }
}

/// The twiddles of the circle and of the first line of D(`m`).
fn tables(m: usize) -> [[Vec<u32>; 2]; 2] {
    let generator = Mersenne31::circle_two_adic_generator(m + 1);
    let mut points = Vec::with_capacity(1 << (m - 1));
    points.push(generator);
    // Setting bit k of l adds 2^(m-k) generators: one generator of order 2^(k+1).
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
    let x = points.iter().step_by(2).map(|point| point.real());
    [
        both(points.iter().map(|point| point.imag()).collect()),
        if m > 1 {
            both(x.collect())
        } else {
            Default::default()
        },
    ]
}

/// Extends a block: `fill` writes rows, values on D(`log_height`), into lines it is given; the
/// lines become values on D(`log_height` + 1), twice as many.
///
/// # Panics
/// If there are not `2^(log_height + 1)` lines.
pub fn extend(
    platform: Platform,
    lines: &mut [u32],
    log_height: usize,
    twiddles: &Twiddles,
    fill: impl Fn(Range<usize>, &mut [u32]) + Sync,
) {
    assert_eq!(lines.len(), LINE << (log_height + 1));
    let low = log_height.min(LOG_CHUNK);
    let (first, _) = lines.split_at_mut(LINE << log_height);
    first
        .par_chunks_mut(LINE << low)
        .enumerate()
        .for_each(|(chunk, lines)| {
            fill(chunk << low..(chunk + 1) << low, lines);
            inverse(platform, lines, log_height, 0, chunk, twiddles);
        });
    high(platform, lines, log_height, twiddles, true);
    forward_low(platform, lines, log_height + 1, low, twiddles);
}

/// Values on D(`log_size`) become coefficients.
pub fn interpolate(platform: Platform, lines: &mut [u32], log_size: usize, twiddles: &Twiddles) {
    let low = log_size.min(LOG_CHUNK);
    lines
        .par_chunks_mut(LINE << low)
        .enumerate()
        .for_each(|(chunk, lines)| inverse(platform, lines, log_size, 0, chunk, twiddles));
    let columns = 1 << low;
    let count = 1 << (log_size - low);
    let shared = Shared::new(lines);
    (0..columns).into_par_iter().for_each(|residue| {
        let mut rows = vec![0; LINE * count];
        // SAFETY: each residue's rows belong to one task.
        unsafe { shared.gather(residue, columns, &mut rows) };
        inverse(platform, &mut rows, log_size, low, 0, twiddles);
        scale(platform, &mut rows, log_size);
        // SAFETY: as above.
        unsafe { shared.scatter(residue, columns, &rows) };
    });
}

/// Coefficients in the first half of the lines become values on D(`log_height` + 1).
pub fn evaluate_extended(
    platform: Platform,
    lines: &mut [u32],
    log_height: usize,
    twiddles: &Twiddles,
) {
    assert_eq!(lines.len(), LINE << (log_height + 1));
    high(platform, lines, log_height, twiddles, false);
    let low = log_height.min(LOG_CHUNK);
    forward_low(platform, lines, log_height + 1, low, twiddles);
}

/// The high layers of an extension: inverse, if the first half of the lines does not hold
/// coefficients yet, and forward to both halves.
fn high(
    platform: Platform,
    lines: &mut [u32],
    log_height: usize,
    twiddles: &Twiddles,
    invert: bool,
) {
    let low = log_height.min(LOG_CHUNK);
    let columns = 1 << low;
    let count = 1 << (log_height - low);
    let shared = Shared::new(lines);
    // Rows of one residue modulo the chunk's size do not meet those of another.
    const RESIDUES_PER_TASK: usize = 16;
    (0..columns)
        .into_par_iter()
        .with_min_len(RESIDUES_PER_TASK)
        .for_each_init(
            || [vec![0; LINE * count], vec![0; LINE * count]],
            |[rows, copy], residue| {
                // SAFETY: each residue's rows belong to one task.
                unsafe { shared.gather(residue, columns, rows) };
                if invert {
                    inverse(platform, rows, log_height, low, 0, twiddles);
                    scale(platform, rows, log_height);
                }
                copy.copy_from_slice(rows);
                for (half, rows) in [rows, copy].into_iter().enumerate() {
                    forward(platform, rows, log_height + 1, low, half, twiddles);
                    // SAFETY: as above; the halves are apart.
                    unsafe { shared.scatter(residue + (half << log_height), columns, rows) };
                }
            },
        );
}

/// The low layers of a forward transform.
fn forward_low(
    platform: Platform,
    lines: &mut [u32],
    log_size: usize,
    low: usize,
    twiddles: &Twiddles,
) {
    lines
        .par_chunks_mut(LINE << low)
        .enumerate()
        .for_each(|(chunk, lines)| forward(platform, lines, log_size, 0, chunk, twiddles));
}

/// Lines that tasks share, each its own.
struct Shared {
    start: *mut u32,
    lines: usize,
}

// SAFETY: whoever reads or writes lines promises that nobody else does.
unsafe impl Sync for Shared {}

impl Shared {
    fn new(lines: &mut [u32]) -> Self {
        Self {
            start: lines.as_mut_ptr(),
            lines: lines.len() / LINE,
        }
    }

    /// Copies every `distance`-th line from `first` on.
    ///
    /// # Safety
    /// Nobody writes to these lines meanwhile, and the borrow that made `self` is still the only one.
    #[inline(always)]
    unsafe fn gather(&self, first: usize, distance: usize, to: &mut [u32]) {
        let count = to.len() / LINE;
        assert!(first + (count - 1) * distance < self.lines);
        for (index, line) in to.chunks_exact_mut(LINE).enumerate() {
            let at = LINE * (first + index * distance);
            // SAFETY: the line is one of `self.lines`, by the assertion.
            unsafe { core::ptr::copy_nonoverlapping(self.start.add(at), line.as_mut_ptr(), LINE) };
        }
    }

    /// Writes every `distance`-th line from `first` on.
    ///
    /// # Safety
    /// Nobody reads or writes these lines meanwhile, and the borrow that made `self` is still the
    /// only one.
    #[inline(always)]
    unsafe fn scatter(&self, first: usize, distance: usize, from: &[u32]) {
        let count = from.len() / LINE;
        assert!(first + (count - 1) * distance < self.lines);
        for (index, line) in from.chunks_exact(LINE).enumerate() {
            let at = LINE * (first + index * distance);
            // SAFETY: the line is one of `self.lines`, by the assertion.
            unsafe { core::ptr::copy_nonoverlapping(line.as_ptr(), self.start.add(at), LINE) };
        }
    }
}

/// Divides by the size of the domain, which inverse layers leave out.
fn scale(platform: Platform, lines: &mut [u32], log_size: usize) {
    let inverse = Mersenne31::from_usize(1 << log_size).inverse();
    platform.run(Scale {
        lines,
        twice: 2 * inverse.as_canonical_u32(),
    });
}

struct Scale<'a> {
    lines: &'a mut [u32],
    twice: u32,
}

impl Kernel for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let twice = L::splat_words(self.twice);
        for cells in self.lines.chunks_exact_mut(L::WIDTH) {
            L::load(cells).mul_twice_splat(twice).store(cells);
        }
    }
}

/// Layers of D(`log_size`) from stride 2^`first` on, as many as halve the lines to one: inverse.
/// The lines are number `chunk` of as many.
fn inverse(
    platform: Platform,
    lines: &mut [u32],
    log_size: usize,
    first: usize,
    chunk: usize,
    twiddles: &Twiddles,
) {
    platform.run(Layers::<true> {
        lines,
        log_size,
        first,
        chunk,
        twiddles,
    });
}

/// The same layers, from the last to the first: forward.
fn forward(
    platform: Platform,
    lines: &mut [u32],
    log_size: usize,
    first: usize,
    chunk: usize,
    twiddles: &Twiddles,
) {
    platform.run(Layers::<false> {
        lines,
        log_size,
        first,
        chunk,
        twiddles,
    });
}

struct Layers<'a, const INVERSE: bool> {
    lines: &'a mut [u32],
    log_size: usize,
    first: usize,
    chunk: usize,
    twiddles: &'a Twiddles,
}

impl<const INVERSE: bool> Kernel for Layers<'_, INVERSE> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        // Three layers at a time keep eight rows in registers; what is left over goes first, where
        // strides are small and the lines are in the nearest cache.
        let layers = (self.lines.len() / LINE).ilog2() as usize;
        let rest = layers % 3;
        if INVERSE {
            self.pass_of::<L>(rest, 0);
            for layer in (rest..layers).step_by(3) {
                self.pass::<L, 3>(layer);
            }
        } else {
            for layer in (rest..layers).step_by(3).rev() {
                self.pass::<L, 3>(layer);
            }
            self.pass_of::<L>(rest, 0);
        }
    }
}

impl<const INVERSE: bool> Layers<'_, INVERSE> {
    #[inline(always)]
    fn pass_of<L: Lanes>(&mut self, layers: usize, layer: usize) {
        match layers {
            0 => {}
            1 => self.pass::<L, 1>(layer),
            _ => self.pass::<L, 2>(layer),
        }
    }

    /// `LAYERS` layers from the one that pairs lines at distance 2^`layer` on.
    #[inline(always)]
    fn pass<L: Lanes, const LAYERS: usize>(&mut self, layer: usize) {
        let radix = 1 << LAYERS;
        let stride = LINE << layer;
        let log_lines = (self.lines.len() / LINE).ilog2() as usize;
        // Twiddles of this chunk: of layer j there is one for every 2^(j+1) lines.
        let twiddles: [&[u32]; 3] = core::array::from_fn(|index| {
            if index >= LAYERS {
                return &[][..];
            }
            let count = 1 << (log_lines - layer - index - 1);
            let all = self
                .twiddles
                .layer(self.log_size, self.first + layer + index, INVERSE);
            &all[self.chunk * count..(self.chunk + 1) * count]
        });
        for (block, lines) in self.lines.chunks_exact_mut(radix * stride).enumerate() {
            // Twiddle `i` of layer `index` of the block, at `i` + the number of those before.
            let mut w = [L::ZERO; 8];
            for index in 0..LAYERS {
                let count = radix >> (index + 1);
                for i in 0..count {
                    w[radix - 2 * count + i] = L::splat_words(twiddles[index][block * count + i]);
                }
            }
            for place in (0..stride).step_by(L::WIDTH) {
                let mut rows = [L::ZERO; 8];
                for (row, lanes) in rows[..radix].iter_mut().enumerate() {
                    *lanes = L::load(&lines[row * stride + place..][..L::WIDTH]);
                }
                for step in 0..LAYERS {
                    let index = if INVERSE { step } else { LAYERS - 1 - step };
                    let count = radix >> (index + 1);
                    let distance = 1 << index;
                    for pair in 0..radix / 2 {
                        let i = pair >> index;
                        let a = 2 * distance * i + pair % distance;
                        let b = a + distance;
                        let twiddle = w[radix - 2 * count + i];
                        if INVERSE {
                            let (x, y) = (rows[a], rows[b]);
                            rows[a] = x + y;
                            rows[b] = (x - y).mul_twice_splat(twiddle);
                        } else {
                            let (x, y) = (rows[a], rows[b].mul_twice_splat(twiddle));
                            rows[a] = x + y;
                            rows[b] = x - y;
                        }
                    }
                }
                for (row, lanes) in rows[..radix].iter().enumerate() {
                    lanes.store(&mut lines[row * stride + place..][..L::WIDTH]);
                }
            }
        }
    }
}
