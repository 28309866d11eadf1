//! The transcript: it absorbs all that prover and verifier exchange, and challenges are drawn from it.
//!
//! Section 7 of the protocol. Each operation hashes the state, a label, its kind and a value, so no
//! two operations, and no two ways to split the same bytes, are alike.

use alloc::vec::Vec;

use blake3::{Hasher, OutputReader};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::F;

use crate::{challenge::Challenge, cost::compressions};

/// Bytes of an operation's header.
pub const HEADER_BYTES: usize = 64;

/// The most bytes of a label.
pub const LABEL_BYTES: usize = 16;

/// The bytes of a header before the value: the last eight are the value's.
const VALUE_AT: usize = HEADER_BYTES - 8;

#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    Absorb,
    Challenge,
    Work,
    Positions,
}

/// All that has been absorbed so far.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    state: [u8; 32],
    compressions: u64,
}

impl Transcript {
    /// A transcript that has absorbed nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A transcript in this state.
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

    /// Absorbs `bytes` under `label`.
    pub fn absorb(&mut self, label: &'static str, bytes: &[u8]) {
        let header = self.header(label, Kind::Absorb, 0, bytes.len() as u64);
        let mut hasher = Hasher::new();
        hasher.update(&header).update(bytes);
        self.count(bytes.len());
        self.state = *hasher.finalize().as_bytes();
    }

    /// Draws an element of a challenge field.
    pub fn challenge<E: Challenge>(&mut self, label: &'static str) -> E {
        let mut words = self.draw(label, Kind::Challenge, 0);
        let challenge = E::from_coordinates_fn(|_| {
            loop {
                let word = words.next() & F::ORDER_U32;
                if word != F::ORDER_U32 {
                    return F::from_u32(word);
                }
            }
        });
        self.count_blocks(&words);
        challenge
    }

    /// Checks a proof of work of `bits` bits, and goes on from it. Without any bits, the nonce must
    /// be zero.
    #[must_use]
    pub fn work(&mut self, label: &'static str, bits: u32, nonce: u64) -> bool {
        let mut header = self.work_header(label, bits);
        set_nonce(&mut header, nonce);
        let digest = blake3::hash(&header);
        self.count(0);
        self.state = *digest.as_bytes();
        is_work(digest.as_bytes(), bits) && (bits > 0 || nonce == 0)
    }

    /// The bytes that a prover hashes to find a nonce: [`set_nonce`] puts one in, [`is_work`] judges
    /// the digest.
    pub fn work_header(&self, label: &'static str, bits: u32) -> [u8; HEADER_BYTES] {
        self.header(label, Kind::Work, bits as u8, 0)
    }

    /// Draws `count` positions below `2^log_size`, some of which may be equal.
    pub fn positions(&mut self, label: &'static str, count: u32, log_size: u32) -> Vec<usize> {
        let mask = 1_u32
            .checked_shl(log_size)
            .unwrap_or_default()
            .wrapping_sub(1);
        let mut words = self.draw(label, Kind::Positions, u64::from(count));
        let positions = (0..count).map(|_| (words.next() & mask) as usize).collect();
        self.count_blocks(&words);
        positions
    }

    fn draw(&mut self, label: &'static str, kind: Kind, value: u64) -> Words {
        let header = self.header(label, kind, 0, value);
        let mut reader = Hasher::new().update(&header).finalize_xof();
        reader.fill(&mut self.state);
        Words(reader)
    }

    fn header(&self, label: &str, kind: Kind, bits: u8, value: u64) -> [u8; HEADER_BYTES] {
        let mut padded = [0; LABEL_BYTES];
        padded
            .iter_mut()
            .zip(label.bytes())
            .for_each(|(to, from)| *to = from);
        let mut header = [0; HEADER_BYTES];
        let parts = self
            .state
            .into_iter()
            .chain(padded)
            .chain([kind as u8, bits]);
        header
            .iter_mut()
            .zip(parts)
            .for_each(|(to, from)| *to = from);
        set_nonce(&mut header, value);
        header
    }

    /// Counts the blocks of output that a draw has read.
    fn count_blocks(&mut self, words: &Words) {
        let blocks = words.0.position().div_ceil(HEADER_BYTES as u64);
        self.compressions = self.compressions.saturating_add(blocks);
    }

    fn count(&mut self, payload: usize) {
        let bytes = payload.saturating_add(HEADER_BYTES);
        self.compressions = self.compressions.saturating_add(compressions(bytes));
    }
}

/// Puts a nonce into the bytes that [`Transcript::work_header`] makes.
#[inline]
pub fn set_nonce(header: &mut [u8; HEADER_BYTES], nonce: u64) {
    if let Some((_, value)) = header.split_at_mut_checked(VALUE_AT) {
        value.copy_from_slice(&nonce.to_le_bytes());
    }
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

    fn after(say: impl FnOnce(&mut Transcript)) -> [u8; 32] {
        let mut transcript = Transcript::new();
        say(&mut transcript);
        *transcript.state()
    }

    #[test]
    fn headers_are_as_specified() {
        let mut header = [0; 64];
        header[32..36].copy_from_slice(b"main");
        header[56] = 3;
        let expected = blake3::hash(&[&header[..], b"abc"].concat());
        assert_eq!(after(|t| t.absorb("main", b"abc")), *expected.as_bytes());
    }

    #[test]
    fn different_sayings_differ() {
        let states = [
            after(|t| t.absorb("a", b"x")),
            after(|t| t.absorb("a", b"x\0")),
            after(|t| t.absorb("b", b"x")),
            after(|t| {
                t.absorb("a", b"");
                t.absorb("a", b"x");
            }),
            after(|t| {
                let _ = t.challenge::<QM31>("a");
            }),
            after(|t| assert!(t.work("a", 0, 0))),
            after(|t| {
                t.positions("a", 1, 8);
            }),
            after(|t| {
                t.positions("a", 2, 8);
            }),
        ];
        for (i, a) in states.iter().enumerate() {
            assert!(states.iter().skip(i + 1).all(|b| a != b));
        }
    }

    #[test]
    fn work_is_found_and_checked() {
        let transcript = Transcript::new();
        let mut header = transcript.work_header("query", 8);
        let nonce = (0..)
            .find(|nonce| {
                set_nonce(&mut header, *nonce);
                is_work(blake3::hash(&header).as_bytes(), 8)
            })
            .unwrap();
        let works = |bits, nonce| transcript.clone().work("query", bits, nonce);
        assert!(works(8, nonce));
        // A nonce for another number of bits, or another place, fails here.
        assert!((0..nonce).all(|nonce| !works(8, nonce)));
        assert!(!works(64, nonce));
        assert!(works(0, 0));
        assert!(!works(0, 1));
    }

    #[test]
    fn positions_are_in_range() {
        let positions = Transcript::new().positions("query", 100, 5);
        assert_eq!(positions.len(), 100);
        assert!(positions.iter().all(|t| *t < 32));
        assert!(positions.iter().any(|t| *t >= 16));
    }
}
