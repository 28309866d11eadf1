//! Proofs of work of the engine of sums.

use zonda_kernels::{Platform, grind_step};
use zonda_verifier::steps::{LABEL_BYTES, Steps};

/// Finds the nonce of a proof of work and goes on from it.
pub fn work(platform: Platform, transcript: &mut Steps, label: &'static str, bits: u32) -> u64 {
    let mut padded = [0; LABEL_BYTES];
    padded[..label.len()].copy_from_slice(label.as_bytes());
    let nonce = grind_step(platform, transcript.state(), &padded, bits as u8);
    let found = transcript.work(label, bits, nonce);
    debug_assert!(found, "the nonce was searched for");
    nonce
}
