//! Proofs as bytes: one encoding per proof, read without trust.
//!
//! Section 9 of the protocol. Magic, version, preset and shape come first; most sizes follow from
//! them. What depends on the query positions carries its length, which is bounded before anything
//! is allocated.

use alloc::vec::Vec;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{F, machine::Table};

use crate::{
    challenge::Challenge,
    layout::{Layout, PHASES, folds},
    merkle::put_row,
    preset::{FINAL_COEFFICIENTS, MAX_QUERIES, Preset},
    proof::{Body, Digest, FoldOpening, Nonces, Opened, PhaseOpening, Proof, Roots},
    shape::{Instance, Shape, ShapeError},
    transcript::put_elements,
};

const MAGIC: &[u8; 5] = b"ZONDA";
const VERSION: u16 = 1;

/// Longer files are refused unread: no proof of this machine comes near it.
pub const MAX_PROOF_BYTES: usize = 64 << 20;

/// Bytes that are no proof.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// More bytes than a proof can have.
    #[error("{got} bytes are too many for a proof: at most {MAX_PROOF_BYTES}")]
    TooLong {
        /// How many bytes there are.
        got: usize,
    },
    /// The bytes do not begin as a proof does.
    #[error("not a zonda proof: it does not begin with \"ZONDA\"")]
    Magic,
    /// A proof in another version's encoding.
    #[error("proof format version {got}; this verifier reads version {expected}")]
    Version {
        /// The version that this verifier reads.
        expected: u16,
        /// The version of the bytes.
        got: u16,
    },
    /// No preset has this byte.
    #[error("no preset has the number {got}")]
    Preset {
        /// The byte.
        got: u8,
    },
    /// No table has this byte.
    #[error("no table has the number {got}")]
    Table {
        /// The byte.
        got: u8,
    },
    /// No proof has this shape.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The bytes end early.
    #[error("the proof ends in its {place}")]
    Truncated {
        /// Where.
        place: &'static str,
    },
    /// A length that no proof has.
    #[error("{place}: a length of {got}, of which at most {most} are possible")]
    Length {
        /// Where.
        place: &'static str,
        /// The greatest that is possible.
        most: usize,
        /// The length.
        got: usize,
    },
    /// A number that is no field element.
    #[error("{place}: {got} is no field element")]
    Element {
        /// Where.
        place: &'static str,
        /// The number.
        got: u32,
    },
    /// Bytes after the proof's end.
    #[error("{count} bytes follow the proof")]
    Trailing {
        /// How many.
        count: usize,
    },
}

impl Proof {
    /// Reads a proof from bytes, which may come from anyone.
    ///
    /// # Errors
    /// If the bytes are no proof of this version in its one form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        if bytes.len() > MAX_PROOF_BYTES {
            return Err(ProofError::TooLong { got: bytes.len() });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(ProofError::Magic)?;
        let mut reader = Reader {
            rest,
            place: "header",
        };
        let got = u16::from_le_bytes(reader.array()?);
        if got != VERSION {
            return Err(ProofError::Version {
                expected: VERSION,
                got,
            });
        }
        let [got] = reader.array()?;
        let proof = match Preset::from_byte(got).ok_or(ProofError::Preset { got })? {
            Preset::Standard => Self::Standard(reader.body()?),
            Preset::High => Self::High(reader.body()?),
        };
        match reader.rest.len() {
            0 => Ok(proof),
            count => Err(ProofError::Trailing { count }),
        }
    }

    /// The proof's bytes. Reading them gives this proof again if its parts are as many as its shape
    /// calls for.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::from(*MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.push(self.preset().byte());
        match self {
            Self::Standard(body) => write_body(&mut bytes, body),
            Self::High(body) => write_body(&mut bytes, body),
        }
        bytes
    }
}

fn write_body<E: Challenge>(bytes: &mut Vec<u8>, body: &Body<E>) {
    bytes.push(body.shape.0.len() as u8);
    for instance in &body.shape.0 {
        bytes.extend([instance.table as u8, instance.log_height]);
    }
    for root in [body.roots.main, body.roots.sums, body.roots.quotient] {
        bytes.extend(root);
    }
    put_elements(bytes, &body.claims);
    put_elements(bytes, &body.opened.at_point);
    put_elements(bytes, &body.opened.before);
    bytes.extend(body.fold_roots.iter().flatten());
    put_elements(bytes, &body.last);
    let Nonces {
        global,
        lookup,
        constraints,
        point,
        batch,
        folds,
        query,
    } = &body.nonces;
    let nonces = [global, lookup, constraints, point, batch].into_iter();
    for nonce in nonces.chain(folds).chain([query]) {
        bytes.extend(nonce.to_le_bytes());
    }
    let layout = Layout::new(&body.shape, E::DEGREE);
    for (phase, opening) in layout.phases.iter().zip(&body.phases) {
        for (group, rows) in phase.groups.iter().zip(&opening.rows) {
            put_length(bytes, rows.len().checked_div(group.width).unwrap_or(0));
            put_row(bytes, rows);
        }
        put_digests(bytes, &opening.siblings);
    }
    for (fold, opening) in layout.folds().into_iter().zip(&body.folds) {
        put_length(bytes, opening.entries.len().wrapping_shr(fold));
        put_elements(bytes, &opening.entries);
        put_digests(bytes, &opening.siblings);
    }
}

fn put_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend((length as u32).to_le_bytes());
}

fn put_digests(bytes: &mut Vec<u8>, digests: &[Digest]) {
    put_length(bytes, digests.len());
    bytes.extend(digests.iter().flatten());
}

/// What is left to read, and what it should be.
struct Reader<'a> {
    rest: &'a [u8],
    place: &'static str,
}

impl Reader<'_> {
    fn body<E: Challenge>(&mut self) -> Result<Body<E>, ProofError> {
        let shape = self.at("shape").shape()?;
        shape.check_form()?;
        let layout = Layout::new(&shape, E::DEGREE);
        let arities = folds(layout.log_size());
        let roots = Roots {
            main: self.at("roots").array()?,
            sums: self.array()?,
            quotient: self.array()?,
        };
        let claims = self.at("claims").elements(shape.0.len())?;
        let opened = Opened {
            at_point: self.at("opened values").elements(layout.columns())?,
            before: self.elements(layout.opened_before().count())?,
        };
        let fold_roots = self.at("roots of folding").digests(arities.len())?;
        let last = self.at("last coefficients").elements(FINAL_COEFFICIENTS)?;
        let nonces = self.at("works").nonces(arities.len())?;
        let mut phases: [PhaseOpening; PHASES] = Default::default();
        self.place = "opened rows";
        for (phase, opening) in layout.phases.iter().zip(&mut phases) {
            for group in &phase.groups {
                let count = self.length(most_leaves(group.log_size()))?;
                opening
                    .rows
                    .push(self.cells(count.saturating_mul(group.width))?);
            }
            opening.siblings = self.siblings(phase.log_size())?;
        }
        let mut folds = Vec::new();
        let mut log_size = layout.log_size();
        self.place = "opened entries of folding";
        for arity in arities {
            log_size = log_size.saturating_sub(arity);
            let count = self.length(most_leaves(log_size))?;
            folds.push(FoldOpening {
                entries: self.elements(count.wrapping_shl(arity))?,
                siblings: self.siblings(log_size)?,
            });
        }
        Ok(Body {
            shape,
            roots,
            claims,
            opened,
            fold_roots,
            last,
            nonces,
            phases,
            folds,
        })
    }

    const fn at(&mut self, place: &'static str) -> &mut Self {
        self.place = place;
        self
    }

    fn shape(&mut self) -> Result<Shape, ProofError> {
        let [count] = self.array()?;
        let mut instances = Vec::new();
        for _ in 0..count {
            let [got, log_height] = self.array()?;
            let table = Table::ALL.into_iter().find(|table| *table as u8 == got);
            instances.push(Instance {
                table: table.ok_or(ProofError::Table { got })?,
                log_height,
            });
        }
        Ok(Shape(instances))
    }

    fn nonces(&mut self, folds: usize) -> Result<Nonces, ProofError> {
        let mut nonce = || self.array().map(u64::from_le_bytes);
        Ok(Nonces {
            global: nonce()?,
            lookup: nonce()?,
            constraints: nonce()?,
            point: nonce()?,
            batch: nonce()?,
            folds: (0..folds).map(|_| nonce()).collect::<Result<_, _>>()?,
            query: nonce()?,
        })
    }

    fn siblings(&mut self, depth: u32) -> Result<Vec<Digest>, ProofError> {
        let most = (MAX_QUERIES as usize).saturating_mul(depth as usize);
        let count = self.length(most)?;
        self.digests(count)
    }

    fn length(&mut self, most: usize) -> Result<usize, ProofError> {
        let got = u32::from_le_bytes(self.array()?) as usize;
        if got > most {
            return Err(ProofError::Length {
                place: self.place,
                most,
                got,
            });
        }
        Ok(got)
    }

    fn digests(&mut self, count: usize) -> Result<Vec<Digest>, ProofError> {
        let (digests, _) = self.take(count.saturating_mul(32))?.as_chunks();
        Ok(Vec::from(digests))
    }

    fn elements<E: Challenge>(&mut self, count: usize) -> Result<Vec<E>, ProofError> {
        let cells = self.cells(count.saturating_mul(E::DEGREE))?;
        let coordinates = cells.chunks_exact(E::DEGREE);
        let element = |coordinates: &[F]| {
            E::from_coordinates_fn(|index| coordinates.get(index).copied().unwrap_or_default())
        };
        Ok(coordinates.map(element).collect())
    }

    fn cells(&mut self, count: usize) -> Result<Vec<F>, ProofError> {
        let place = self.place;
        let (words, _) = self.take(count.saturating_mul(4))?.as_chunks();
        let cell = |word: &[u8; 4]| match u32::from_le_bytes(*word) {
            got if got < F::ORDER_U32 => Ok(F::from_u32(got)),
            got => Err(ProofError::Element { place, got }),
        };
        words.iter().map(cell).collect()
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ProofError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn take(&mut self, count: usize) -> Result<&[u8], ProofError> {
        let split = self.rest.split_at_checked(count);
        let (taken, rest) = split.ok_or(ProofError::Truncated { place: self.place })?;
        self.rest = rest;
        Ok(taken)
    }
}

/// The most leaves that can be opened of a tree of `2^log_size`.
fn most_leaves(log_size: u32) -> usize {
    (MAX_QUERIES as usize).min(1_usize.wrapping_shl(log_size))
}

#[cfg(test)]
mod tests;
