//! Verifying a proof while it is read, in memory for one part of it.

use alloc::vec::Vec;
use std::io::{self, Read};

use zonda_circuits::machine::Statement;

use crate::{
    codec::{ProofError, Source, part_length, read_header},
    error::VerifyError,
    header::Header,
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
    /// It is not a proof.
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
/// The first of these: the proof cannot be read, the bytes are not a proof, or the proof is refused.
pub fn verify_from(
    key: &VerifyingKey,
    statement: &Statement,
    reader: impl Read,
) -> Result<(), ReadError> {
    let (header, mut parts) = PartReader::new(reader)?;
    let mut run = RunVerifier::new(key, statement, &header)?;
    while let Some(part) = parts.next_part()? {
        run.part(part)?;
    }
    run.finish()?;
    Ok(())
}

/// The parts of a proof, read one by one. Nothing of them has been checked but their number and
/// lengths.
#[derive(Debug)]
#[must_use = "nothing of the parts is known before they are read to the end"]
pub struct PartReader<R> {
    stream: Stream<R>,
    /// How many parts are still to come.
    left: usize,
}

impl<R: Read> PartReader<R> {
    /// Reads the header of a proof. Its parts remain to be read.
    ///
    /// # Errors
    /// If it cannot be read, or is not a header.
    pub fn new(reader: R) -> Result<(Header, Self), ReadError> {
        let mut stream = Stream {
            reader,
            bytes: Vec::new(),
        };
        let header = read_header(&mut stream)?;
        let left = header.parts.len();
        Ok((header, Self { stream, left }))
    }

    /// Passes over the next part, and returns its length; `None` after the last, at the end of the input. It
    /// takes no memory for the part.
    ///
    /// # Errors
    /// As [`Self::next_part`].
    pub fn skip_part(&mut self) -> Result<Option<u64>, ReadError> {
        let Some(left) = self.left.checked_sub(1) else {
            return self.end().map(|()| None);
        };
        self.left = left;
        let length = part_length(&mut self.stream)? as u64;
        let mut part = (&mut self.stream.reader).take(length);
        if io::copy(&mut part, &mut io::sink())? < length {
            return Err(ProofError::Truncated { place: "parts" }.into());
        }
        Ok(Some(length))
    }

    /// The bytes of the next part; `None` after the last, at the end of the input.
    ///
    /// # Errors
    /// If the part cannot be read, or its length is impossible; or if something follows the last part.
    pub fn next_part(&mut self) -> Result<Option<&[u8]>, ReadError> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                let length = part_length(&mut self.stream)?;
                self.stream.take("parts", length).map(Some)
            }
            None => self.end().map(|()| None),
        }
    }

    /// Checks that nothing follows the last part.
    fn end(&mut self) -> Result<(), ReadError> {
        let mut after = Vec::new();
        let rest = &mut self.stream.reader;
        match rest.take(1).read_to_end(&mut after)? {
            0 => Ok(()),
            count => Err(ProofError::Trailing { count }.into()),
        }
    }
}

/// A reader with the bytes that were last taken from it.
#[derive(Debug)]
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
