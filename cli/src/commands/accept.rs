//! Verifying a proof while it is read, and measuring its pieces.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use zonda::{
    Cancel, Cost, Header, PartReader, ReadError, RunVerifier, Sizes, Statement, VerifyingKey,
};

/// A proof that was accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The proof's header.
    pub header: Header,
    /// The operations of its verification.
    pub cost: Cost,
    /// Seconds from the proof's bytes to the verdict.
    pub seconds: f64,
    /// The lengths of its pieces.
    pub sizes: Sizes,
    /// The length of each part.
    pub part_bytes: Vec<u64>,
}

/// Verifies a proof as anyone would, from its bytes: part by part, in memory for one of them. Returns
/// nothing if it was cancelled.
///
/// # Errors
/// If the proof cannot be read, or is refused.
pub fn accept(
    key: &VerifyingKey,
    statement: &Statement,
    proof: impl Read,
    cancel: &Cancel,
) -> Result<Option<Accepted>, ReadError> {
    let start = Instant::now();
    let (header, mut parts) = PartReader::new(proof)?;
    let mut run = RunVerifier::new(key, statement, &header)?;
    let mut sizes = Sizes::of_header(&header);
    let mut part_bytes = Vec::new();
    let mut looking = Duration::ZERO;
    while let Some(part) = parts.next_part()? {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        run.part(part)?;
        let verified = Instant::now();
        sizes.include(Sizes::of_part(&header, part_bytes.len(), part)?);
        part_bytes.push(part.len() as u64);
        looking += verified.elapsed();
    }
    let cost = run.finish()?;
    Ok(Some(Accepted {
        seconds: (start.elapsed() - looking).as_secs_f64(),
        cost,
        sizes,
        part_bytes,
        header,
    }))
}

impl Accepted {
    /// Bytes of the proof for each shard of the run.
    pub fn bytes_per_shard(&self) -> u64 {
        self.sizes.total() / u64::from(self.header.shards.max(1))
    }
}
