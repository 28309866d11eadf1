//! Numbers that look random, and are the same in every run.
//!
//! There is no randomness in a guest: whoever proves a run knows and chooses everything that happens in it. On
//! RISC-V, crates that ask `getrandom` for random bytes get those of [`fill`]: versions 0.3 and 0.4,
//! and 0.2 with its feature `custom`. `zonda build` tells them so; other builds need
//! `--cfg getrandom_backend="custom"` in their `RUSTFLAGS` for 0.3 and 0.4.
//!
//! That serves hash tables and algorithms that want any numbers. **It does not serve secrets**: keys and
//! nonces made of these bytes are known to everyone. Make them on the host.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The state of the generator, a multiple of [`STEP`] away from the seed.
static STATE: AtomicU32 = AtomicU32::new(0);

/// Starts the numbers anew, from a seed: from the input, where each run should have its own.
pub fn seed(seed: u32) {
    // Loads and stores, which any RISC-V has.
    STATE.store(seed, Relaxed);
}

/// Fills bytes with the next numbers.
pub fn fill(bytes: &mut [u8]) {
    let mut source = Source::default();
    for byte in bytes {
        *byte = source.next();
    }
}

/// The bytes of the next numbers, lowest first.
#[derive(Default)]
struct Source {
    word: u32,
    left: u8,
}

impl Source {
    // By shifts: guests that need no bytes would link what copies some.
    fn next(&mut self) -> u8 {
        if self.left == 0 {
            (self.word, self.left) = (next(), 4);
        }
        let byte = self.word as u8;
        self.word >>= 8;
        self.left -= 1;
        byte
    }
}

/// The next number: a counter, well mixed.
fn next() -> u32 {
    let state = STATE.load(Relaxed).wrapping_add(STEP);
    STATE.store(state, Relaxed);
    let mixed = (state ^ state >> 16).wrapping_mul(0x21f0_aaad);
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x735a_2d97);
    mixed ^ mixed >> 15
}

/// Odd, so that the state takes every value before one comes again.
const STEP: u32 = 0x9e37_79b9;

/// What `getrandom` calls, by the names and types that it documents for backends of others.
#[cfg(target_arch = "riscv32")]
mod backend {
    use core::num::NonZeroI32;

    use super::Source;

    /// Fills `len` bytes at `dest`.
    ///
    /// # Safety
    /// `dest` is valid for writing `len` bytes. The error of `getrandom`, which is never returned, is a
    /// transparent number that is not zero.
    #[unsafe(no_mangle)]
    unsafe extern "Rust" fn __getrandom_v03_custom(
        dest: *mut u8,
        len: usize,
    ) -> Result<(), NonZeroI32> {
        let mut source = Source::default();
        for i in 0..len {
            // SAFETY: by the contract. The bytes may have no value yet, so that they are no slice.
            unsafe { dest.add(i).write(source.next()) };
        }
        Ok(())
    }

    /// The same for `getrandom` 0.2. Zero is success.
    ///
    /// # Safety
    /// `dest` is valid for writing `len` bytes.
    #[unsafe(no_mangle)]
    unsafe extern "Rust" fn __getrandom_custom(dest: *mut u8, len: usize) -> u32 {
        // SAFETY: by the contract.
        unsafe { __getrandom_v03_custom(dest, len) }.map_or(1, |()| 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, as the state is one.
    #[test]
    fn numbers_depend_on_the_seed_alone() {
        let bytes = |start, len| {
            seed(start);
            let mut bytes = alloc::vec![0; len];
            fill(&mut bytes);
            bytes
        };
        let first = bytes(7, 4096);
        assert_eq!(bytes(7, 4096), first);
        assert_ne!(bytes(8, 4096), first);
        assert_eq!(bytes(7, 5), first[..5]);
        // Every byte occurs, about equally often: 16 times of 4096.
        let mut counts = [0; 256];
        first
            .iter()
            .for_each(|byte| counts[usize::from(*byte)] += 1);
        assert!(
            counts.iter().all(|count| (1..50).contains(count)),
            "{counts:?}"
        );
        // Seeds that follow each other have nothing in common.
        let pairs = bytes(1, 4096).into_iter().zip(bytes(2, 4096));
        let equal = pairs.filter(|(a, b)| a == b).count();
        assert!(equal < 60, "{equal}");
    }
}
