//! The points of the evaluation domains, in the order in which memory holds them.

use p3_field::PrimeField32;
use rayon::prelude::*;
use zonda_circuits::F;
use zonda_kernels::{Kernel, Lanes, Platform};
use zonda_riscv_emu::allocate::{self, OutOfMemory};
use zonda_verifier::circle;

/// Coordinates of the first half of D(m), the points with c = 0, by l (PROTOCOL, "Domains"). The
/// other half are their conjugates.
pub struct Points {
    /// x, canonical.
    pub x: Vec<u32>,
    /// y, canonical.
    pub y: Vec<u32>,
}

impl Points {
    /// The points of D(`log_size`).
    ///
    /// # Errors
    /// If memory is refused.
    pub fn new(platform: Platform, log_size: usize) -> Result<Self, OutOfMemory> {
        let half = 1 << (log_size - 1);
        let start = circle::point(log_size as u32, false, 0);
        let (mut x, mut y) = (allocate::filled(0, half)?, allocate::filled(0, half)?);
        (x[0], y[0]) = (start.x.as_canonical_u32(), start.y.as_canonical_u32());
        // Setting bit k of l adds 4 * 2^(m-2-k) generators of order 2^(m+1): one of order 2^(k+1).
        const POINTS_PER_TASK: usize = 1 << 12;
        for k in 0..log_size - 1 {
            let step = circle::Point::generator(k as u32 + 1);
            let (from_x, to_x) = x[..2 << k].split_at_mut(1 << k);
            let (from_y, to_y) = y[..2 << k].split_at_mut(1 << k);
            let to = to_x.par_chunks_mut(POINTS_PER_TASK);
            let to = to.zip(to_y.par_chunks_mut(POINTS_PER_TASK));
            let from = from_x.par_chunks(POINTS_PER_TASK);
            let from = from.zip(from_y.par_chunks(POINTS_PER_TASK));
            from.zip(to).for_each(|((from_x, from_y), (to_x, to_y))| {
                platform.run(Add {
                    from: [from_x, from_y],
                    to: [to_x, to_y],
                    step,
                });
            });
        }
        Ok(Self { x, y })
    }
}

/// Adds a point to points.
struct Add<'a> {
    from: [&'a [u32]; 2],
    to: [&'a mut [u32]; 2],
    step: circle::Point<F>,
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let ([from_x, from_y], [to_x, to_y]) = (self.from, self.to);
        if from_x.len() < L::WIDTH {
            for i in 0..from_x.len() {
                let (x, y) = (F::new(from_x[i]), F::new(from_y[i]));
                let sum = circle::Point { x, y } + self.step;
                (to_x[i], to_y[i]) = (sum.x.as_canonical_u32(), sum.y.as_canonical_u32());
            }
            return;
        }
        let [step_x, step_y] =
            [self.step.x, self.step.y].map(|coordinate| L::splat(coordinate.as_canonical_u32()));
        for at in (0..from_x.len()).step_by(L::WIDTH) {
            let (x, y) = (L::load(&from_x[at..]), L::load(&from_y[at..]));
            (x * step_x - y * step_y).store(&mut to_x[at..]);
            (x * step_y + y * step_x).store(&mut to_y[at..]);
        }
    }
}
