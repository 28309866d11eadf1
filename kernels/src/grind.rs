//! Proof of work: the smallest nonce that a transcript accepts.

use rayon::prelude::*;

use crate::hash::{self, END, KEYED, ROOT, START};
use crate::{Kernel, LINE, Lanes, Platform};

/// Nonces that one task tries: a divisor of 2^32, so that all have the same high word.
const TASK: u64 = 1 << 12;

/// Tasks for each thread before all threads meet.
const TASKS: u64 = 8;

/// The smallest nonce for which BLAKE3, keyed with the state, of label, length, nonce and bits begins with `bits`
/// zero bits.
///
/// # Panics
///
/// If more than 63 bits are asked for, or if no nonce is found, which takes 2^64 attempts.
pub fn grind(platform: Platform, state: &[u8; 32], label: &[u8; 12], bits: u8) -> u64 {
    let message = |nonce: u64| {
        let mut bytes = [0; 28];
        bytes[..12].copy_from_slice(label);
        bytes[12] = 12;
        bytes[16..24].copy_from_slice(&nonce.to_le_bytes());
        bytes[24] = bits;
        bytes
    };
    let (chaining, words) = (to_words(state), to_words(&message(0)));
    smallest(platform, bits, |start| Search {
        chaining,
        words,
        nonce: 4,
        bytes: 28,
        flags: START | END | ROOT | KEYED,
        bits,
        start,
        digest: |nonce| blake3::keyed_hash(state, &message(nonce)),
    })
}

/// Bytes as words, filled up with zeros.
fn to_words<const N: usize>(bytes: &[u8]) -> [u32; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

/// The smallest nonce that a search finds, given its first nonce.
fn smallest<D: Fn(u64) -> blake3::Hash + Sync>(
    platform: Platform,
    bits: u8,
    search: impl Fn(u64) -> Search<D> + Sync,
) -> u64 {
    assert!(bits < 64, "work of {bits} bits");
    if bits == 0 {
        return 0;
    }
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
struct Search<D> {
    /// What the one compression begins with.
    chaining: [u32; 8],
    /// Its message, but for the nonce.
    words: [u32; LINE],
    /// The place of the nonce in it.
    nonce: usize,
    bytes: usize,
    flags: u32,
    bits: u8,
    start: u64,
    /// The digest, by the blake3 crate.
    digest: D,
}

impl<D: Fn(u64) -> blake3::Hash> Search<D> {
    /// Whether the blake3 crate accepts a nonce.
    fn accepts(&self, nonce: u64) -> bool {
        let digest = (self.digest)(nonce);
        let low = u64::from_le_bytes(digest.as_bytes()[..8].try_into().expect("eight bytes"));
        low & ((1 << self.bits) - 1) == 0
    }
}

impl<D: Fn(u64) -> blake3::Hash> Kernel for Search<D> {
    type Output = Option<u64>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Option<u64> {
        let mut chaining = [L::ZERO; 8];
        for (vector, word) in chaining.iter_mut().zip(self.chaining) {
            *vector = L::splat_words(word);
        }
        let mut message = [L::ZERO; LINE];
        for (vector, word) in message.iter_mut().zip(self.words) {
            *vector = L::splat_words(word);
        }
        // Only the low word of the nonce changes in a task.
        let low = L::from_fn(|lane| lane as u32);
        message[self.nonce] = low.word_add(L::splat_words(self.start as u32));
        message[self.nonce + 1] = L::splat_words((self.start >> 32) as u32);
        let step = L::splat_words(L::WIDTH as u32);
        // More bits than the first word has are checked below.
        let mask = (1_u64 << self.bits.min(32)).wrapping_sub(1) as u32;
        let mut low = [0; LINE];
        for nonces in (self.start..self.start + TASK).step_by(L::WIDTH) {
            let digest = hash::compress(&chaining, &message, 0, self.bytes, self.flags);
            digest[0].store(&mut low[..L::WIDTH]);
            if low[..L::WIDTH].iter().any(|word| word & mask == 0) {
                let mut nonces = nonces..nonces + L::WIDTH as u64;
                let found = nonces.find(|&nonce| self.accepts(nonce));
                if found.is_some() {
                    return found;
                }
            }
            message[self.nonce] = message[self.nonce].word_add(step);
        }
        None
    }
}
