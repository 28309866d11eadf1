//! What an allocator says of a request that failed.

use core::fmt;

/// A request that failed, and what the allocator had at that time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The bytes it needed: those of the request, rounded up.
    pub needed: usize,
    /// All bytes that were free.
    pub free: usize,
    /// The most free bytes in a row.
    pub largest: usize,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            needed,
            free,
            largest,
        } = self;
        write!(
            f,
            "the heap has no block of {needed} bytes: {free} are free, at most {largest} in a row"
        )
    }
}
