//! The transcript, a second time: written after sections 7 and 8 of the protocol, with nothing of the
//! verifier's own. The reference prover and the reference verifier keep it.

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::F;
use zonda_verifier::{Challenge, Claim, Header};

use crate::header;

/// The order of [`F`].
const P: u64 = (1 << 31) - 1;

/// A label and a message, hashed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Step {
    pub label: &'static str,
    pub message: Vec<u8>,
}

impl Step {
    /// The output after a state: the next state, then words.
    pub fn hash(&self, state: &[u8; 32]) -> blake3::OutputReader {
        let mut bytes = self.label.as_bytes().to_vec();
        bytes.resize(12, 0);
        bytes.extend((self.message.len() as u32).to_le_bytes());
        bytes.extend(&self.message);
        blake3::Hasher::new_keyed(state)
            .update(&bytes)
            .finalize_xof()
    }
}

/// The transcript.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    pub state: [u8; 32],
    /// All steps so far.
    pub log: Vec<Step>,
    /// The label of the steps whose label and message are not hashed, by a prover or verifier that forgets
    /// them.
    pub forgets: Option<&'static str>,
}

impl Spec {
    /// Everything that is sent before the work `global`.
    pub fn begin(claim: &Claim, header: &Header, forgets: Option<&'static str>) -> Self {
        let mut spec = Self {
            forgets,
            ..Self::default()
        };
        let version = 4_u16.to_le_bytes();
        spec.send("zonda", &[&version[..], &claim.key_digest].concat());
        spec.send("statement", &header::statement_bytes(claim));
        let counts = [header.shards, header.parts.len() as u32];
        spec.send("shards", &counts.map(u32::to_le_bytes).concat());
        for part in &header.parts {
            spec.send("heights", &header::height_bytes(part));
            spec.send("boundary", &part.boundary_root);
            spec.send("links", &header::link_bytes(part));
        }
        spec
    }

    /// The challenges z and beta, under one label: the run's after the work `global`, a part's after
    /// the work `lookup`.
    pub fn lookup<E: Challenge>(&mut self, label: &'static str) -> (E, E) {
        let z = self.draw(label, &[]);
        (z, self.draw(label, &[]))
    }

    /// What the part at `position` goes on from.
    pub fn enter_part(&self, position: u32) -> Self {
        let mut part = self.clone();
        part.send("position", &position.to_le_bytes());
        part
    }

    fn step(&mut self, label: &'static str, message: Vec<u8>) -> blake3::OutputReader {
        let mut step = Step { label, message };
        if self.forgets == Some(label) {
            step = Step::default();
        }
        let mut output = step.hash(&self.state);
        output.fill(&mut self.state);
        self.log.push(step);
        output
    }

    /// Sends bytes, and draws nothing.
    pub fn send(&mut self, label: &'static str, bytes: &[u8]) {
        self.step(label, bytes.to_vec());
    }

    /// Sends elements, and draws a challenge.
    pub fn draw<E: Challenge>(&mut self, label: &'static str, elements: &[E]) -> E {
        let mut output = self.step(label, element_bytes(elements));
        E::from_coordinates_fn(|_| {
            let a = u64::from(word(&mut output));
            let sum = match E::DEGREE {
                4 => a + 2 * u64::from(word(&mut output)),
                6 => a & P,
                degree => panic!("no challenge field of degree {degree}"),
            };
            F::from_u32((sum % P) as u32)
        })
    }

    /// Goes on from a work, and returns whether it is valid.
    pub fn work(&mut self, label: &'static str, bits: u32, nonce: u64) -> bool {
        self.step(label, work_message(bits, nonce));
        zeros(&self.state) >= bits && (bits > 0 || nonce == 0)
    }

    /// Finds the smallest nonce, and goes on from it.
    pub fn grind(&mut self, label: &'static str, bits: u32) -> u64 {
        let serves = |nonce: &u64| {
            let message = work_message(bits, *nonce);
            let mut next = [0; 32];
            Step { label, message }.hash(&self.state).fill(&mut next);
            zeros(&next) >= bits || self.forgets == Some(label)
        };
        let nonce = (0..).find(serves).unwrap();
        assert!(self.work(label, bits, nonce));
        nonce
    }

    /// Draws `count` positions of `bits` bits.
    pub fn positions(&mut self, label: &'static str, count: u32, bits: u32) -> Vec<usize> {
        let mut output = self.step(label, count.to_le_bytes().to_vec());
        let position = |_| word(&mut output) as usize % (1 << bits);
        (0..count).map(position).collect()
    }
}

fn work_message(bits: u32, nonce: u64) -> Vec<u8> {
    [&nonce.to_le_bytes()[..], &bits.to_le_bytes()].concat()
}

/// How many of the lowest bits of a state are zero.
fn zeros(state: &[u8; 32]) -> u32 {
    u64::from_le_bytes(state[..8].try_into().unwrap()).trailing_zeros()
}

fn word(output: &mut blake3::OutputReader) -> u32 {
    let mut word = [0; 4];
    output.fill(&mut word);
    u32::from_le_bytes(word)
}

/// Cells as little-endian words.
pub fn cell_bytes(cells: impl IntoIterator<Item = F>) -> Vec<u8> {
    let words = cells.into_iter().map(|cell| cell.as_canonical_u32());
    words.flat_map(u32::to_le_bytes).collect()
}

/// Elements as their coordinates.
pub fn element_bytes<E: Challenge>(elements: &[E]) -> Vec<u8> {
    cell_bytes(elements.iter().flat_map(|element| element.coordinates()))
}
