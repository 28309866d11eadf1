//! Proofs as bytes: one encoding per proof, read without trust.
//!
//! Section 10 of the protocol. Magic, version, preset and shape come first; most sizes follow from
//! them. What depends on the query positions carries its length, which is bounded before anything
//! is allocated.

use alloc::vec::Vec;

use crate::{
    challenge::Challenge,
    layout::Layout,
    merkle::put_row,
    preset::Preset,
    proof::{Body, Digest, Nonces, Proof},
    transcript::put_elements,
};

mod error;
mod read;
#[cfg(test)]
mod tests;

pub use error::ProofError;
use read::Reader;

const MAGIC: &[u8; 5] = b"ZONDA";
const VERSION: u16 = 1;

/// Longer files are refused unread: no proof of this machine comes near it.
pub const MAX_PROOF_BYTES: usize = 64 << 20;

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
