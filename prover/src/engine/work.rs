//! Proofs of work.

use zonda_kernels::{Platform, grind};
use zonda_verifier::transcript::{LABEL_BYTES, Transcript};

/// Finds the nonce of a proof of work and goes on from it.
pub fn work(
    platform: Platform,
    transcript: &mut Transcript,
    label: &'static str,
    bits: u32,
) -> u64 {
    let mut padded = [0; LABEL_BYTES];
    padded[..label.len()].copy_from_slice(label.as_bytes());
    let nonce = grind(platform, transcript.state(), &padded, bits as u8);
    let found = transcript.work(label, bits, nonce);
    debug_assert!(found, "the nonce was searched for");
    nonce
}
