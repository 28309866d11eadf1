//! An honest proof, and changes to it that a fuzzer's bytes describe.

use std::sync::LazyLock;

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{F, machine::Table};
use zonda_verifier::{
    Challenge, Claim, End, ExecutionLinks, Heights, Layout, Links, Parameters, Proof, QM31,
    Statement, VerifyingKey, ZeroedRange,
    fractions::{Fraction, TreeProof},
    opening::OpeningProof,
    part::Body,
    words::WordsProof,
};

/// Those of the committed proof: a change is not refused before it is looked at.
const CHEAP: Parameters = Parameters {
    queries: 4,
    global_work_bits: 0,
    lookup_work_bits: 0,
    columns_work_bits: 0,
    words_work_bits: 0,
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
                0 => script.heights(&mut part.heights),
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
                let layout = Layout::new(&proof.header.parts[part].heights);
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

    /// Changes the height of a table: often by one.
    fn heights(&mut self, heights: &mut Heights) {
        let changed = Table::ALL[self.below(Table::ALL.len())];
        let height = heights.of(changed);
        let height = match self.byte() % 5 {
            0 => 0,
            1 => height.wrapping_sub(1),
            2 => height.wrapping_add(1),
            3 => 1 << (self.byte() % 32),
            _ => self.number() as u32,
        };
        let honest = *heights;
        *heights = Heights::new(|table| {
            if table == changed {
                height
            } else {
                honest.of(table)
            }
        });
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
    match script.byte() % 8 {
        0 => body.main = script.digest(),
        1 => body.lookup_nonce = script.number(),
        2 => change_tree(&mut body.tree, script),
        3 => match script.byte() % 2 {
            0 => script.elements(&mut body.rows.skip),
            _ => script.list(&mut body.rows.rounds, Script::round),
        },
        4 => script.elements(&mut body.values),
        5 => change_opening(&mut body.opening, script),
        _ => change_words(&mut body.words, script),
    }
}

impl Script<'_> {
    /// Changes one of the elements of a message.
    fn round<E: Challenge, const N: usize>(&mut self, round: &mut [E; N]) {
        let at = self.below(N);
        round[at] += self.element::<E>();
    }

    fn elements<E: Challenge>(&mut self, elements: &mut Vec<E>) {
        self.list(elements, |script, element| *element += script.element());
    }

    fn digests(&mut self, digests: &mut Vec<[u8; 32]>) {
        self.list(digests, |script, digest| *digest = script.digest());
    }

    fn nonces(&mut self, nonces: &mut Vec<u64>) {
        self.list(nonces, |script, nonce| *nonce = script.number());
    }

    fn fraction<E: Challenge>(&mut self, fraction: &mut Fraction<E>) {
        match self.byte() % 2 {
            0 => fraction.numerator += self.element::<E>(),
            _ => fraction.denominator += self.element::<E>(),
        }
    }

    /// Changes two fractions, of which the sum stays as it is.
    fn moved<E: Challenge>(&mut self, fractions: &mut [Fraction<E>]) {
        let count = fractions.len();
        let (from, to) = (self.below(count), self.below(count));
        let moved: E = self.element();
        if count > 0 {
            let denominators = [from, to].map(|at| fractions[at].denominator);
            fractions[from].numerator -= moved * denominators[0];
            fractions[to].numerator += moved * denominators[1];
        }
    }
}

fn change_tree<E: Challenge>(tree: &mut TreeProof<E>, script: &mut Script<'_>) {
    match script.byte() % 6 {
        0 => script.list(&mut tree.nodes, Script::fraction),
        1 => script.moved(&mut tree.nodes),
        2 => script.list(&mut tree.layers, |script, layer| {
            let at = script.below(2);
            script.fraction(&mut layer.children[at]);
        }),
        3 => script.list(&mut tree.layers, |script, layer| {
            script.moved(&mut layer.children);
        }),
        _ => script.list(&mut tree.layers, |script, layer| {
            script.list(&mut layer.rounds, Script::round);
        }),
    }
}

fn change_opening<E: Challenge>(opening: &mut OpeningProof<E>, script: &mut Script<'_>) {
    match script.byte() % 6 {
        0 => script.list(&mut opening.low, Script::round),
        1 => script.list(&mut opening.pages, Script::round),
        2 => script.nonces(&mut opening.column_nonces),
        3 => script.elements(&mut opening.phases),
        4 => script.list(&mut opening.point, Script::round),
        _ => script.elements(&mut opening.words),
    }
}

fn change_words<E: Challenge>(words: &mut WordsProof<E>, script: &mut Script<'_>) {
    match script.byte() % 10 {
        0 => words.nonce = script.number(),
        1 => script.list(&mut words.rounds, |script, round| {
            round.root = script.digest();
        }),
        2 => script.list(&mut words.rounds, |script, round| {
            script.list(&mut round.halves, Script::round);
        }),
        3 => script.list(&mut words.rounds, |script, round| {
            script.nonces(&mut round.nonces);
        }),
        4 => script.elements(&mut words.last),
        5 => words.query_nonce = script.number(),
        6 => script.list(&mut words.rows, |script, rows| {
            script.list(&mut rows.cells, |script, cell| *cell = script.field());
        }),
        7 => script.list(&mut words.rows, |script, rows| {
            script.digests(&mut rows.siblings);
        }),
        8 => script.list(&mut words.rounds, |script, round| {
            script.elements(&mut round.opening.entries);
        }),
        _ => script.list(&mut words.rounds, |script, round| {
            script.digests(&mut round.opening.siblings);
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
