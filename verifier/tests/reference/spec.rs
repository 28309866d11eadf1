//! The transcript, a second time: written after sections 7 and 8 of PROTOCOL.md, with nothing of the
//! verifier's own. The reference prover keeps it, so its proofs verify only if the verifier says
//! the same bytes in the same order.

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{F, machine::Statement};
use zonda_verifier::{Challenge, Header, Links, VerifyingKey};

/// An operation, with what was hashed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Operation {
    pub label: &'static str,
    /// 0 to absorb, 1 for a challenge, 2 for a work, 3 for positions.
    pub kind: u8,
    pub bits: u8,
    pub value: u64,
    pub bytes: Vec<u8>,
}

impl Operation {
    pub fn hash(&self, state: &[u8; 32]) -> blake3::Hasher {
        let mut header = [0; 64];
        header[..32].copy_from_slice(state);
        header[32..32 + self.label.len()].copy_from_slice(self.label.as_bytes());
        header[48] = self.kind;
        header[49] = self.bits;
        header[56..].copy_from_slice(&self.value.to_le_bytes());
        let mut hasher = blake3::Hasher::new();
        hasher.update(&header).update(&self.bytes);
        hasher
    }
}

/// The transcript of PROTOCOL.md.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    pub state: [u8; 32],
    /// Everything so far.
    pub log: Vec<Operation>,
    /// A label under which nothing is absorbed: an engine's mistake.
    pub forget: Option<&'static str>,
}

impl Spec {
    fn operate(
        &mut self,
        label: &'static str,
        kind: u8,
        bits: u32,
        value: u64,
        bytes: &[u8],
    ) -> blake3::OutputReader {
        let operation = Operation {
            label,
            kind,
            bits: bits as u8,
            value,
            bytes: bytes.to_vec(),
        };
        let mut output = operation.hash(&self.state).finalize_xof();
        output.fill(&mut self.state);
        self.log.push(operation);
        output
    }

    pub fn absorb(&mut self, label: &'static str, bytes: &[u8]) {
        if self.forget != Some(label) {
            self.operate(label, 0, 0, bytes.len() as u64, bytes);
        }
    }

    pub fn challenge<E: Challenge>(&mut self, label: &'static str) -> E {
        let mut output = self.operate(label, 1, 0, 0, &[]);
        E::from_coordinates_fn(|_| {
            loop {
                let word = word(&mut output) & F::ORDER_U32;
                if word != F::ORDER_U32 {
                    return F::from_u32(word);
                }
            }
        })
    }

    /// Goes on from a work, and returns whether it is valid.
    pub fn work(&mut self, label: &'static str, bits: u32, nonce: u64) -> bool {
        self.operate(label, 2, bits, nonce, &[]);
        let low = u64::from_le_bytes(self.state[..8].try_into().unwrap());
        low.trailing_zeros() >= bits && (bits > 0 || nonce == 0)
    }

    /// Finds the smallest nonce, and goes on from it.
    pub fn grind(&mut self, label: &'static str, bits: u32) -> u64 {
        let mut operation = Operation {
            label,
            kind: 2,
            bits: bits as u8,
            value: 0,
            bytes: Vec::new(),
        };
        loop {
            let digest = operation.hash(&self.state).finalize();
            let low = u64::from_le_bytes(digest.as_bytes()[..8].try_into().unwrap());
            if low.trailing_zeros() >= bits {
                break;
            }
            operation.value += 1;
        }
        assert!(self.work(label, bits, operation.value));
        operation.value
    }

    pub fn positions(&mut self, label: &'static str, count: u32, log_size: u32) -> Vec<usize> {
        let mut output = self.operate(label, 3, 0, count.into(), &[]);
        (0..count)
            .map(|_| word(&mut output) as usize % (1 << log_size))
            .collect()
    }

    /// 8.1, to before the work.
    pub fn begin(&mut self, key: &VerifyingKey, statement: &Statement, header: &Header) {
        let Statement { exit_code, output } = statement;
        self.absorb("zonda", &[&[3, 0][..], &key.digest()].concat());
        let numbers = [*exit_code, output.len() as u32].map(u32::to_le_bytes);
        let stated = [numbers.as_flattened(), blake3::hash(output).as_bytes()].concat();
        self.absorb("statement", &stated);
        let counts = [header.shards, header.parts.len() as u32];
        self.absorb("shards", &counts.map(u32::to_le_bytes).concat());
        for part in &header.parts {
            let bytes = |i: &zonda_verifier::Instance| [i.table as u8, i.log_height];
            let shape: Vec<u8> = part.shape.0.iter().flat_map(bytes).collect();
            self.absorb("shape", &shape);
            self.absorb("boundary", &part.boundary_root);
            self.absorb("links", &links(&part.links));
        }
    }

    /// 8.1, after the work.
    pub fn global<E: Challenge>(&mut self) -> (E, E) {
        (self.challenge("global z"), self.challenge("global beta"))
    }

    /// 8.2: what the part at `position` goes on from.
    pub fn enter_part(&self, position: usize) -> Self {
        let mut part = self.clone();
        part.absorb("position", &(position as u32).to_le_bytes());
        part
    }
}

/// Section 10: 39 bytes, of which those are zero that stand for nothing.
fn links(links: &Links) -> Vec<u8> {
    let mut bytes = vec![0; 39];
    let mut put = |at: usize, number: u32| {
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
    };
    let flags = [
        (0, links.execution.is_some()),
        (5, links.execution.as_ref().is_some_and(|e| e.end.is_some())),
        (22, links.zeroed.is_some()),
    ];
    if let Some(execution) = &links.execution {
        put(1, execution.pc_start);
        if let Some(end) = execution.end {
            put(6, end.pc);
            put(10, end.cycles);
        }
        put(14, execution.output.start);
        put(18, execution.output.end);
    }
    if let Some(zeroed) = links.zeroed {
        let limbs = zeroed.from.into_iter().chain(zeroed.to);
        (23..)
            .step_by(4)
            .zip(limbs)
            .for_each(|(at, limb)| put(at, limb));
    }
    for (at, flag) in flags {
        bytes[at] = u8::from(flag);
    }
    bytes
}

fn word(output: &mut blake3::OutputReader) -> u32 {
    let mut word = [0; 4];
    output.fill(&mut word);
    u32::from_le_bytes(word)
}
