//! The factors of all layers of all domains.

use p3_field::{
    PrimeCharacteristicRing, PrimeField32,
    extension::{Complex, ComplexExtendable},
};
use p3_mersenne_31::Mersenne31;

use crate::AllocationError;

/// Twiddles of the domains up to some size.
///
/// The line of `2^k` positions has the twiddles `T_k(q) = x(2q)`, `q < 2^(k-1)`, and they do not
/// depend on the domain that was folded to it: one table serves all sizes. `T_k(q)` has the number
/// `2^(k-1) + q`; the parts of `D(m)` are numbered so that part `i` is joined by twiddle `i`.
/// Twiddles are stored doubled, for [`crate::Lanes::mul_twice`].
#[derive(Debug)]
pub struct Twiddles {
    words: Vec<u32>,
    log_size: usize,
}

impl Twiddles {
    /// Twiddles for domains of up to `2^log_size` points.
    ///
    /// # Errors
    /// If the system refuses the memory.
    ///
    /// # Panics
    /// If `log_size < 3` or `log_size > 29`.
    pub fn new(log_size: usize) -> Result<Self, AllocationError> {
        assert!((3..=29).contains(&log_size));
        let longest = log_size - 1;
        let mut table = with_capacity(1 << longest)?;
        table.resize(1 << longest, Mersenne31::ONE);

        // T_k(q) is the x of (4 bitrev(q) + 1) G_(k+2): bit b of q adds G_(b+2).
        let mut points = with_capacity(1 << (longest - 1))?;
        points.push(Mersenne31::circle_two_adic_generator(longest + 2));
        for b in 0..longest - 1 {
            let step: Complex<Mersenne31> = Mersenne31::circle_two_adic_generator(b + 2);
            for q in 0..1 << b {
                points.push(points[q] * step);
            }
        }
        for (x, point) in table[1 << (longest - 1)..].iter_mut().zip(&points) {
            *x = point.real();
        }
        // Doubling a point folds the line: T_(k-1)(q) = 2 T_k(2q)^2 - 1.
        for i in (1..1 << (longest - 1)).rev() {
            table[i] = table[2 * i].square().double() - Mersenne31::ONE;
        }

        drop(points);
        let double = |x: &Mersenne31| 2 * x.as_canonical_u32();
        let mut words = with_capacity(table.len())?;
        words.extend(table.iter().map(double));
        Ok(Self { words, log_size })
    }

    /// The largest domain is `D(log_size)`.
    pub(super) fn log_size(&self) -> usize {
        self.log_size
    }

    pub(super) fn words(&self) -> &[u32] {
        &self.words
    }
}

fn with_capacity<T>(count: usize) -> Result<Vec<T>, AllocationError> {
    let mut values = Vec::new();
    let bytes = (count * size_of::<T>()) as u64;
    let reserved = values.try_reserve_exact(count);
    reserved.map_err(|_| AllocationError { bytes })?;
    Ok(values)
}
