//! Proof of work: the smallest nonce that a transcript accepts.

use rayon::prelude::*;

use crate::hash::{self, END, ROOT, START};
use crate::{Kernel, LINE, Lanes, Platform};

/// The kind of a work operation in the transcript.
const WORK: u8 = 2;

/// Nonces that one task tries: a divisor of 2^32, so that all have the same high word.
const TASK: u64 = 1 << 12;

/// Tasks for each thread before all threads meet.
const TASKS: u64 = 8;

/// The message whose digest is the transcript's state after this work.
///
/// The nonce is acceptable if the lowest `bits` bits of the digest are zero.
pub fn work(state: &[u8; 32], label: &[u8; 16], bits: u8, nonce: u64) -> [u8; 64] {
    let mut message = [0; 64];
    message[..32].copy_from_slice(state);
    message[32..48].copy_from_slice(label);
    message[48] = WORK;
    message[49] = bits;
    message[56..].copy_from_slice(&nonce.to_le_bytes());
    message
}

/// The smallest nonce whose work message has `bits` zero bits.
///
/// # Panics
///
/// If more than 63 bits are asked for, or if no nonce is found, which takes 2^64 attempts.
pub fn grind(platform: Platform, state: &[u8; 32], label: &[u8; 16], bits: u8) -> u64 {
    assert!(bits < 64, "work of {bits} bits");
    let search = |start| {
        platform.run(Search {
            state,
            label,
            bits,
            start,
        })
    };
    // An easy nonce is in the first task.
    if let Some(nonce) = search(0) {
        return nonce;
    }
    let tasks = TASKS * rayon::current_num_threads() as u64;
    (0..u64::MAX / TASK / tasks)
        .find_map(|window| {
            let tasks = (window * tasks..(window + 1) * tasks).into_par_iter();
            tasks.find_map_first(|task| search(TASK * task))
        })
        .expect("some nonce is good")
}

/// Whether the blake3 crate accepts a nonce.
fn accepts(state: &[u8; 32], label: &[u8; 16], bits: u8, nonce: u64) -> bool {
    let digest = blake3::hash(&work(state, label, bits, nonce));
    let low = u64::from_le_bytes(digest.as_bytes()[..8].try_into().expect("eight bytes"));
    low & ((1 << bits) - 1) == 0
}

/// Tries `TASK` nonces.
struct Search<'a> {
    state: &'a [u8; 32],
    label: &'a [u8; 16],
    bits: u8,
    start: u64,
}

impl Kernel for Search<'_> {
    type Output = Option<u64>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Option<u64> {
        let Self {
            state,
            label,
            bits,
            start,
        } = self;
        let bytes = work(state, label, bits, start);
        let mut message = [L::ZERO; LINE];
        for (vector, word) in message.iter_mut().zip(bytes.as_chunks().0) {
            *vector = L::splat_words(u32::from_le_bytes(*word));
        }
        // The nonce is words 14 and 15; only the low word changes in a task.
        message[14] = message[14].word_add(L::from_fn(|lane| lane as u32));
        let step = L::splat_words(L::WIDTH as u32);
        // More bits than the first word has are checked below.
        let mask = (1_u64 << bits.min(32)).wrapping_sub(1) as u32;
        let mut low = [0; LINE];
        for nonces in (start..start + TASK).step_by(L::WIDTH) {
            let digest = hash::compress(&hash::initial(), &message, 0, 64, START | END | ROOT);
            digest[0].store(&mut low[..L::WIDTH]);
            if low[..L::WIDTH].iter().any(|word| word & mask == 0) {
                let found = (nonces..nonces + L::WIDTH as u64)
                    .find(|&nonce| accepts(state, label, bits, nonce));
                if found.is_some() {
                    return found;
                }
            }
            message[14] = message[14].word_add(step);
        }
        None
    }
}
