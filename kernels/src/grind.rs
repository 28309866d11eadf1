//! Proof of work: the smallest nonce that a transcript accepts.

use rayon::prelude::*;

use crate::hash::{self, END, KEYED, ROOT, START};
use crate::{Kernel, LINE, Lanes, Platform};

/// Nonces that one task tries: a divisor of 2^32, so that all have the same high word.
const TASK: u64 = 1 << 12;

/// Tasks for each thread before all threads meet.
const TASKS: u64 = 8;

/// The message of a work, in words: a label of three words, its length, a nonce of two words, and how many bits.
const WORDS: usize = 7;

/// Where the nonce is in the message.
const NONCE: usize = 4;

/// The smallest nonce for which BLAKE3, keyed with the state, of label, length, nonce and bits begins with `bits`
/// zero bits.
///
/// # Panics
///
/// If more than 63 bits are asked for, or if no nonce is found, which takes 2^64 attempts.
pub fn grind(platform: Platform, state: &[u8; 32], label: &[u8; 12], bits: u8) -> u64 {
    assert!(bits < 64, "work of {bits} bits");
    if bits == 0 {
        return 0;
    }
    let search = |start| Search {
        state,
        label,
        bits,
        start,
    };
    // An easy nonce is in the first task.
    if let Some(nonce) = platform.run(search(0)) {
        return nonce;
    }
    let tasks = TASKS * rayon::current_num_threads() as u64;
    (0..u64::MAX / TASK / tasks)
        .find_map(|window| {
            let tasks = (window * tasks..(window + 1) * tasks).into_par_iter();
            tasks.find_map_first(|task| platform.run(search(TASK * task)))
        })
        .expect("some nonce is good")
}

/// Tries `TASK` nonces.
struct Search<'a> {
    state: &'a [u8; 32],
    label: &'a [u8; 12],
    bits: u8,
    start: u64,
}

impl Search<'_> {
    fn message(&self, nonce: u64) -> [u8; 4 * WORDS] {
        let mut bytes = [0; 4 * WORDS];
        bytes[..12].copy_from_slice(self.label);
        bytes[12] = 12;
        bytes[4 * NONCE..][..8].copy_from_slice(&nonce.to_le_bytes());
        bytes[24] = self.bits;
        bytes
    }

    /// Whether the blake3 crate accepts a nonce.
    fn accepts(&self, nonce: u64) -> bool {
        let digest = blake3::keyed_hash(self.state, &self.message(nonce));
        let low = u64::from_le_bytes(digest.as_bytes()[..8].try_into().expect("eight bytes"));
        low & ((1 << self.bits) - 1) == 0
    }
}

/// Words, the same in every lane.
#[inline(always)]
fn splat<L: Lanes, const N: usize>(bytes: &[u8]) -> [L; N] {
    let mut words = [L::ZERO; N];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = L::splat_words(u32::from_le_bytes(*bytes));
    }
    words
}

impl Kernel for Search<'_> {
    type Output = Option<u64>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Option<u64> {
        let chaining = splat::<L, 8>(self.state);
        // The compiler knows that the other words are zero.
        let mut message = [L::ZERO; LINE];
        message[..WORDS].copy_from_slice(&splat::<L, WORDS>(&self.message(self.start)));
        // Only the low word of the nonce changes in a task.
        message[NONCE] = message[NONCE].word_add(L::from_fn(|lane| lane as u32));
        let step = L::splat_words(L::WIDTH as u32);
        // More bits than the first word has are checked below.
        let mask = (1_u64 << self.bits.min(32)).wrapping_sub(1) as u32;
        let flags = START | END | ROOT | KEYED;
        for nonces in (self.start..self.start + TASK).step_by(L::WIDTH) {
            let digest = hash::compress(&chaining, &message, 0, 4 * WORDS, flags);
            let mut low = [u32::MAX; LINE];
            digest[0].store(&mut low);
            // Without branches, so that lanes are compared at once.
            let mut any = false;
            for word in low {
                any |= word & mask == 0;
            }
            if any {
                let mut nonces = nonces..nonces + L::WIDTH as u64;
                let found = nonces.find(|&nonce| self.accepts(nonce));
                if found.is_some() {
                    return found;
                }
            }
            message[NONCE] = message[NONCE].word_add(step);
        }
        None
    }
}
