//! The transcript: what prover and verifier have sent so far, and the challenges drawn from it, one
//! compression of BLAKE3 a step.
//!
//! Section 7 of the protocol. A step hashes a label and
//! a message, keyed with the state; its output begins with the next state, and words for a challenge
//! follow. Label and message of up to 48 bytes, with the challenge, are one compression: two elements
//! of either challenge field.

use alloc::vec::Vec;

use blake3::{Hasher, OutputReader};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::F;

use crate::{challenge::Challenge, cost::compressions};

/// Bytes of a label, padded with zeros.
pub const LABEL_BYTES: usize = 12;

/// Bytes before the message: the label, and the message's length.
pub const HEADER_BYTES: usize = LABEL_BYTES + 4;

/// What prover and verifier have sent so far.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    state: [u8; 32],
    compressions: u64,
}

impl Transcript {
    /// A transcript in which nothing has been sent.
    pub fn new() -> Self {
        Self::default()
    }

    /// A transcript that goes on from a state, with no compressions counted.
    pub const fn from_state(state: [u8; 32]) -> Self {
        Self {
            state,
            compressions: 0,
        }
    }

    /// The state, of which every challenge is a function.
    pub const fn state(&self) -> &[u8; 32] {
        &self.state
    }

    /// How many compressions of BLAKE3 the transcript has taken.
    pub const fn compressions(&self) -> u64 {
        self.compressions
    }

    /// Sends bytes, and draws nothing.
    pub fn send(&mut self, label: &'static str, message: &[u8]) {
        self.step(label, message);
    }

    /// Sends elements, and draws a challenge.
    pub fn exchange<E: Challenge>(&mut self, label: &'static str, message: &[E]) -> E {
        let mut words = self.step(label, &element_bytes(message));
        draw(&mut words)
    }

    /// Draws a challenge.
    pub fn challenge<E: Challenge>(&mut self, label: &'static str) -> E {
        self.exchange::<E>(label, &[])
    }

    /// Checks a proof of work of `bits` bits, and goes on from it. Without any bits, the nonce must
    /// be zero.
    #[must_use]
    pub fn work(&mut self, label: &'static str, bits: u32, nonce: u64) -> bool {
        self.step(label, &work_message(bits, nonce));
        is_work(&self.state, bits) && (bits > 0 || nonce == 0)
    }

    /// Draws `count` positions below `2^log_size`, some of which may be equal.
    pub fn positions(&mut self, label: &'static str, count: u32, log_size: u32) -> Vec<usize> {
        let mask = 1_u32
            .checked_shl(log_size)
            .unwrap_or_default()
            .wrapping_sub(1);
        let mut words = self.step(label, &count.to_le_bytes());
        let positions = (0..count).map(|_| (words.next() & mask) as usize).collect();
        let blocks = words.0.position().div_ceil(64);
        // The first block of output belongs to the step's last compression.
        self.compressions = self.compressions.saturating_add(blocks.saturating_sub(1));
        positions
    }

    fn step(&mut self, label: &'static str, message: &[u8]) -> Words {
        let header = header(label, message.len());
        let mut hasher = Hasher::new_keyed(&self.state);
        hasher.update(&header).update(message);
        let mut reader = hasher.finalize_xof();
        reader.fill(&mut self.state);
        let bytes = message.len().saturating_add(HEADER_BYTES);
        self.compressions = self.compressions.saturating_add(compressions(bytes));
        Words(reader)
    }
}

/// The message of a proof of work.
pub fn work_message(bits: u32, nonce: u64) -> [u8; 12] {
    let mut message = [0; 12];
    let bytes = nonce.to_le_bytes().into_iter().chain(bits.to_le_bytes());
    message
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = from);
    message
}

fn header(label: &str, length: usize) -> [u8; HEADER_BYTES] {
    debug_assert!(label.len() <= LABEL_BYTES);
    let padded = label.bytes().chain(core::iter::repeat(0)).take(LABEL_BYTES);
    let bytes = padded.chain((length as u32).to_le_bytes());
    let mut header = [0; HEADER_BYTES];
    header
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = from);
    header
}

/// An element from the words after the state. Nothing is drawn again: where eight words are enough
/// for two a coordinate, a coordinate is `a + 2 b mod p`, and otherwise the low 31 bits of a word.
fn draw<E: Challenge>(words: &mut Words) -> E {
    E::from_coordinates_fn(|_| {
        let low = words.next();
        if E::DEGREE > 4 {
            return F::from_u32(low & F::ORDER_U32);
        }
        let high = words.next();
        F::from_u64(u64::from(low).saturating_add(u64::from(high).saturating_mul(2)))
    })
}

/// Whether a digest shows `bits` bits of work: its lowest bits, as a little-endian number, are zero.
#[inline]
pub fn is_work(digest: &[u8; 32], bits: u32) -> bool {
    let Some(low) = digest.first_chunk() else {
        return false;
    };
    u64::from_le_bytes(*low).trailing_zeros() >= bits
}

/// Appends the coordinates of elements to bytes, as the transcript and proofs hold them.
pub fn put_elements<E: Challenge>(bytes: &mut Vec<u8>, elements: &[E]) {
    for element in elements {
        for coordinate in element.coordinates() {
            bytes.extend(coordinate.as_canonical_u32().to_le_bytes());
        }
    }
}

/// The coordinates of elements as bytes.
pub fn element_bytes<E: Challenge>(elements: &[E]) -> Vec<u8> {
    let size = elements.len().saturating_mul(E::DEGREE).saturating_mul(4);
    let mut bytes = Vec::with_capacity(size);
    put_elements(&mut bytes, elements);
    bytes
}

struct Words(OutputReader);

impl Words {
    fn next(&mut self) -> u32 {
        let mut word = [0; 4];
        self.0.fill(&mut word);
        u32::from_le_bytes(word)
    }
}

#[cfg(test)]
mod tests {
    use p3_mersenne_31::QM31;

    use super::*;
    use crate::challenge::Sextic;

    /// A step by hand: BLAKE3 keyed with the state, of label, length and message.
    #[test]
    fn a_step_is_as_specified() {
        let mut steps = Transcript::new();
        let drawn = steps.exchange("tree", &[QM31::ONE, QM31::TWO]);
        let mut bytes = b"tree\0\0\0\0\0\0\0\0\x20\0\0\0".to_vec();
        bytes.extend(
            [1_u32, 0, 0, 0, 2, 0, 0, 0]
                .into_iter()
                .flat_map(u32::to_le_bytes),
        );
        let mut output = [0; 64];
        let mut hasher = Hasher::new_keyed(&[0; 32]);
        hasher.update(&bytes).finalize_xof().fill(&mut output);
        assert_eq!(steps.state()[..], output[..32]);
        let word = |i: usize| u32::from_le_bytes(output[32 + 4 * i..][..4].try_into().unwrap());
        for (i, coordinate) in drawn.coordinates().enumerate() {
            let sum = u64::from(word(2 * i)) + 2 * u64::from(word(2 * i + 1));
            assert_eq!(u64::from(coordinate.as_canonical_u32()), sum % 0x7fff_ffff);
        }
        assert_eq!(steps.compressions(), 1);
        let mut steps = Transcript::new();
        let _ = steps.exchange("tree", &[Sextic::ONE, Sextic::TWO]);
        assert_eq!(steps.compressions(), 1);
    }

    #[test]
    fn different_steps_differ() {
        let after = |act: &dyn Fn(&mut Transcript)| {
            let mut steps = Transcript::new();
            act(&mut steps);
            *steps.state()
        };
        let states = [
            after(&|s| s.send("a", b"x")),
            after(&|s| s.send("a", b"x\0")),
            after(&|s| s.send("b", b"x")),
            after(&|s| s.send("a", b"")),
            after(&|s| {
                s.send("a", b"");
                s.send("a", b"x");
            }),
            after(&|s| assert!(s.work("a", 0, 0))),
            after(&|s| {
                let _ = s.work("a", 1, 0);
            }),
            after(&|s| {
                let _ = s.positions("a", 1, 8);
            }),
        ];
        for (i, a) in states.iter().enumerate() {
            assert!(states.iter().skip(i + 1).all(|b| a != b));
        }
    }

    #[test]
    fn work_is_found_and_checked() {
        let works = |bits, nonce| Transcript::new().work("query", bits, nonce);
        let nonce = (0..).find(|nonce| works(8, *nonce)).unwrap();
        assert!((0..nonce).all(|nonce| !works(8, nonce)));
        assert!(!works(64, nonce));
        assert!(works(0, 0));
        assert!(!works(0, 1));
    }

    #[test]
    fn positions_are_in_range() {
        let mut steps = Transcript::new();
        let positions = steps.positions("query", 100, 5);
        assert_eq!(positions.len(), 100);
        assert!(positions.iter().all(|t| *t < 32));
        assert!(positions.iter().any(|t| *t >= 16));
        // 432 bytes of output.
        assert_eq!(steps.compressions(), 7);
    }
}
