//! Verifying a proof while it is read, in memory for one part of it.

use alloc::vec::Vec;
use std::io::{self, Read};

use zonda_circuits::machine::Statement;

use crate::{
    codec::{ProofError, Source, part_length, read_header},
    error::VerifyError,
    key::VerifyingKey,
    verify::RunVerifier,
};

/// Why a proof that was read is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It could not be read.
    #[error("cannot read the proof: {0}")]
    Io(#[from] io::Error),
    /// It is no proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// It is refused.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// [`verify`](crate::verify) for a proof that is read part by part: the bytes of
/// [`Proof::to_bytes`](crate::Proof::to_bytes), and nothing after them.
///
/// # Errors
/// If the proof cannot be read, is none, or is refused: what comes first.
pub fn verify_from(
    key: &VerifyingKey,
    statement: &Statement,
    reader: impl Read,
) -> Result<(), ReadError> {
    let mut stream = Stream {
        reader,
        bytes: Vec::new(),
    };
    let header = read_header(&mut stream)?;
    let mut run = RunVerifier::new(key, statement, &header)?;
    for _ in &header.parts {
        let length = part_length(&mut stream)?;
        run.part(stream.take("parts", length)?)?;
    }
    let mut after = Vec::new();
    match stream.reader.take(1).read_to_end(&mut after)? {
        0 => {}
        count => return Err(ProofError::Trailing { count }.into()),
    }
    run.finish()?;
    Ok(())
}

/// A reader with the bytes that were last taken from it.
struct Stream<R> {
    reader: R,
    bytes: Vec<u8>,
}

impl<R: Read> Source for Stream<R> {
    type Error = ReadError;

    /// Memory grows with what is there, not with what is asked for.
    fn take(&mut self, place: &'static str, count: usize) -> Result<&[u8], ReadError> {
        self.bytes.clear();
        let mut rest = (&mut self.reader).take(count as u64);
        if rest.read_to_end(&mut self.bytes)? < count {
            return Err(ProofError::Truncated { place }.into());
        }
        Ok(&self.bytes)
    }
}
