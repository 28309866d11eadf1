//! An honest proof, and changes to it that a fuzzer's bytes describe.

use std::sync::LazyLock;

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{F, machine::Table};
use zonda_verifier::{
    Challenge, Claim, End, ExecutionLinks, Instance, Layout, Links, Parameters, Proof, QM31,
    Statement, VerifyingKey, ZeroedRange, proof::Body,
};

/// Those of the committed proof: a change is not refused before it is looked at.
const CHEAP: Parameters = Parameters {
    queries: 4,
    global_work_bits: 0,
    lookup_work_bits: 0,
    constraints_work_bits: 0,
    point_work_bits: 0,
    batch_work_bits: 0,
    fold_work_bits: 0,
    query_work_bits: 0,
};

/// The honest proof's bytes: of a run of two shards, in four parts. The reference prover makes it:
/// `cargo test --release -p zonda-verifier --test reference -- --ignored writes_honest_proofs`.
pub const PROOF: &[u8] = include_bytes!("../honest/run.proof");
/// Its key's bytes.
pub const KEY: &[u8] = include_bytes!("../honest/run.key");
const STATEMENT: &[u8] = include_bytes!("../honest/run.statement");

/// A proof that verifies.
pub struct Honest {
    /// Its key.
    pub key: VerifyingKey,
    /// Its statement.
    pub statement: Statement,
    /// The proof.
    pub proof: Proof,
}

/// The honest proof, read once.
pub static HONEST: LazyLock<Honest> = LazyLock::new(|| {
    let (exit_code, output) = STATEMENT.split_first_chunk().expect("an exit code");
    let honest = Honest {
        key: VerifyingKey::from_bytes(KEY)
            .expect("the committed key")
            .with_parameters(CHEAP),
        statement: Statement {
            exit_code: u32::from_le_bytes(*exit_code),
            output: output.to_vec(),
        },
        proof: Proof::from_bytes(PROOF).expect("the committed proof"),
    };
    zonda_verifier::verify(&honest.key, &honest.statement, &honest.proof)
        .expect("the committed proof verifies");
    honest
});

/// The fuzzer's bytes, read from the front; zeros follow their end.
pub struct Script<'a>(pub &'a [u8]);

impl Script<'_> {
    /// Whether there is anything left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A number.
    pub fn number(&mut self) -> u64 {
        u64::from_le_bytes([(); 8].map(|()| self.byte()))
    }

    /// A number of three bytes, below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        let [a, b, c] = [(); 3].map(|()| self.byte());
        u32::from_le_bytes([a, b, c, 0]) as usize % end.max(1)
    }

    fn field(&mut self) -> F {
        F::from_u64(self.number() >> 1)
    }

    /// Small elements are more likely to matter.
    fn element<E: Challenge>(&mut self) -> E {
        match self.byte() % 4 {
            0 => E::ZERO,
            1 => E::ONE,
            2 => E::from_base(self.field()),
            _ => E::from_coordinates_fn(|_| self.field()),
        }
    }

    fn digest(&mut self) -> [u8; 32] {
        let mut digest = [self.byte(); 32];
        digest[0] = self.byte();
        digest
    }

    /// Changes a list.
    fn list<T: Clone>(&mut self, list: &mut Vec<T>, new: impl FnOnce(&mut Self, &mut T)) {
        let kind = self.byte();
        let at = self.below(list.len());
        let other = self.below(list.len());
        if list.is_empty() {
            return;
        }
        match kind % 8 {
            0 => drop(list.remove(at)),
            1 => list.insert(at, list[other].clone()),
            2 => list.swap(at, other),
            3 => list.truncate(at),
            4 => list[at] = list[other].clone(),
            _ => new(self, &mut list[at]),
        }
    }
}

/// Changes a proof: its header, the bytes of its parts, or the body of a part.
pub fn change(proof: &mut Proof, script: &mut Script<'_>) {
    match script.byte() % 8 {
        0 => proof.header.shards = script.number() as u32,
        1 => proof.header.global_nonce = script.number(),
        2 => script.list(&mut proof.header.parts, |script, part| {
            match script.byte() % 3 {
                0 => script.list(&mut part.shape.0, |script, instance| {
                    *instance = Instance {
                        table: Table::ALL[script.below(Table::ALL.len())],
                        log_height: script.byte(),
                    };
                }),
                1 => part.boundary_root = script.digest(),
                _ => script.links(&mut part.links),
            }
        }),
        3 => script.list(&mut proof.parts, |script, bytes| {
            let at = script.below(bytes.len());
            if let Some(byte) = bytes.get_mut(at) {
                *byte = script.byte();
            }
        }),
        // A part, header and all, at another place.
        4 => {
            let count = proof.parts.len().min(proof.header.parts.len());
            let (a, b) = (script.below(count), script.below(count));
            if count > 0 {
                proof.header.parts.swap(a, b);
                proof.parts.swap(a, b);
            }
        }
        _ => {
            let part = script.below(proof.parts.len());
            if let Ok(mut body) = proof.body::<QM31>(part) {
                change_body(&mut body, script);
                let layout = Layout::new(&proof.header.parts[part].shape, QM31::DEGREE);
                proof.parts[part] = body.to_bytes(&layout);
            }
        }
    }
}

impl Script<'_> {
    /// Changes what a proof says that it proves.
    pub fn claim(&mut self, claim: &mut Claim) {
        match self.byte() % 5 {
            0 => claim.program_id = self.digest(),
            1 => claim.key_digest = self.digest(),
            2 => claim.exit_code = self.number() as u32,
            3 => claim.output_length = self.number() as u32,
            _ => claim.output_digest = self.digest(),
        }
    }

    fn links(&mut self, links: &mut Links) {
        let number = |script: &mut Self| match script.byte() % 4 {
            0 => 0,
            1 => 1 << (script.byte() % 32),
            _ => script.number() as u32,
        };
        match self.byte() % 8 {
            0 => links.execution = None,
            1 => links.zeroed = None,
            2 => links.execution = Some(ExecutionLinks::default()),
            3 => {
                links.zeroed = Some(ZeroedRange {
                    from: [number(self), number(self)],
                    to: [number(self), number(self)],
                });
            }
            kind => {
                let Some(execution) = &mut links.execution else {
                    return;
                };
                match kind {
                    4 => execution.pc_start = number(self),
                    5 => execution.end = None,
                    6 => {
                        execution.end = Some(End {
                            pc: number(self),
                            cycles: number(self),
                        });
                    }
                    _ => execution.output = number(self)..number(self),
                }
            }
        }
    }
}

/// Changes the body of a part.
fn change_body<E: Challenge>(body: &mut Body<E>, script: &mut Script<'_>) {
    match script.byte() % 15 {
        0 => body.roots.main = script.digest(),
        1 => body.roots.sums = script.digest(),
        2 => body.roots.quotient = script.digest(),
        3 => script.list(&mut body.claims, |script, claim| *claim += script.element()),
        4 => {
            // The sum stays as it is.
            let count = body.claims.len();
            let (from, to) = (script.below(count), script.below(count));
            let moved: E = script.element();
            if count > 0 {
                body.claims[from] -= moved;
                body.claims[to] += moved;
            }
        }
        5 => script.list(&mut body.opened.at_point, |script, value| {
            *value += script.element();
        }),
        6 => script.list(&mut body.opened.before, |script, value| {
            *value += script.element();
        }),
        7 => script.list(&mut body.fold_roots, |script, root| *root = script.digest()),
        8 => script.list(&mut body.last, |script, value| *value += script.element()),
        9 => {
            let nonces = &mut body.nonces;
            match script.byte() % 6 {
                0 => nonces.lookup = script.number(),
                1 => nonces.constraints = script.number(),
                2 => nonces.point = script.number(),
                3 => nonces.batch = script.number(),
                4 => nonces.query = script.number(),
                _ => script.list(&mut nonces.folds, |script, nonce| *nonce = script.number()),
            }
        }
        10 | 11 => {
            let phase = script.below(body.phases.len());
            script.list(&mut body.phases[phase].rows, |script, rows| {
                script.list(rows, |script, cell| *cell = script.field());
            });
        }
        12 => {
            let phase = script.below(body.phases.len());
            script.list(&mut body.phases[phase].siblings, |script, digest| {
                *digest = script.digest();
            });
        }
        13 => script.list(&mut body.folds, |script, fold| {
            script.list(&mut fold.entries, |script, entry| {
                *entry += script.element()
            });
        }),
        _ => script.list(&mut body.folds, |script, fold| {
            script.list(&mut fold.siblings, |script, digest| {
                *digest = script.digest();
            });
        }),
    }
}

/// Changes bytes: overwrites, removes, inserts.
pub fn patch(bytes: &mut Vec<u8>, script: &mut Script<'_>) {
    while !script.is_empty() && !bytes.is_empty() {
        let kind = script.byte();
        // Half of all changes are where the header is.
        let end = if kind & 8 == 0 { 512 } else { bytes.len() };
        let at = script.below(end.min(bytes.len()));
        match kind % 8 {
            0 => bytes.truncate(at),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, script.byte()),
            _ => bytes[at] = script.byte(),
        }
    }
}
