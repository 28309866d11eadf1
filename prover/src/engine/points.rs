//! The points of the evaluation domains, in the order in which memory holds them.

use p3_field::PrimeField32;
use zonda_circuits::F;
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
    pub fn new(log_size: usize) -> Self {
        let half = 1 << (log_size - 1);
        let mut points: Vec<circle::Point<F>> = Vec::with_capacity(half);
        points.push(circle::point(log_size as u32, false, 0));
        // Setting bit k of l adds 4 * 2^(m-2-k) generators of order 2^(m+1): one of order 2^(k+1).
        for k in 0..log_size - 1 {
            let step = circle::Point::generator(k as u32 + 1);
            for l in 0..1 << k {
                points.push(points[l] + step);
            }
        }
        Self {
            x: points
                .iter()
                .map(|point| point.x.as_canonical_u32())
                .collect(),
            y: points
                .iter()
                .map(|point| point.y.as_canonical_u32())
                .collect(),
        }
    }
}
