//! Reading and writing a proof's header.

use alloc::vec::Vec;

use zonda_circuits::machine::Table;

use super::{MAGIC, MAX_PART_BYTES, ProofError, VERSION};
use crate::{
    claim::Claim,
    header::{Header, PartHeader, check_counts},
    heights::Heights,
    links::Links,
    preset::Preset,
};

/// Where bytes come from.
pub(crate) trait Source {
    /// Why there are no more bytes.
    type Error: From<ProofError>;

    /// The next `count` bytes, which are of `place`.
    fn take(&mut self, place: &'static str, count: usize) -> Result<&[u8], Self::Error>;

    /// The next `N` bytes.
    fn array<const N: usize>(&mut self, place: &'static str) -> Result<[u8; N], Self::Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(place, N)?);
        Ok(array)
    }
}

impl Source for &[u8] {
    type Error = ProofError;

    fn take(&mut self, place: &'static str, count: usize) -> Result<&[u8], ProofError> {
        self.split_off(..count)
            .ok_or(ProofError::Truncated { place })
    }
}

/// Reads a header. Lists grow as their entries are read, so that a length by itself takes no memory.
pub(crate) fn read<S: Source>(source: &mut S) -> Result<Header, S::Error> {
    let place = "header";
    if source.array(place)? != *MAGIC {
        return Err(ProofError::Magic.into());
    }
    let got = u16::from_le_bytes(source.array(place)?);
    if got != VERSION {
        let expected = VERSION;
        return Err(ProofError::Version { expected, got }.into());
    }
    let [got] = source.array(place)?;
    let preset = Preset::from_byte(got).ok_or(ProofError::Preset { got })?;
    let claim = claim(source)?;
    let shards = u32::from_le_bytes(source.array(place)?);
    let count = u32::from_le_bytes(source.array(place)?);
    check_counts(shards, count as usize).map_err(ProofError::Header)?;
    let mut parts = Vec::new();
    for _ in 0..count {
        parts.push(PartHeader {
            heights: heights(source)?,
            boundary_root: source.array("boundary roots")?,
            links: Links::from_bytes(&source.array("links")?).ok_or(ProofError::Links)?,
        });
    }
    Ok(Header {
        preset,
        claim,
        shards,
        parts,
        global_nonce: u64::from_le_bytes(source.array(place)?),
    })
}

fn claim<S: Source>(source: &mut S) -> Result<Claim, S::Error> {
    let place = "claim";
    Ok(Claim {
        program_id: source.array(place)?,
        key_digest: source.array(place)?,
        exit_code: u32::from_le_bytes(source.array(place)?),
        output_length: u32::from_le_bytes(source.array(place)?),
        output_digest: source.array(place)?,
    })
}

/// Reads the length of a part.
pub(crate) fn part_length<S: Source>(source: &mut S) -> Result<usize, S::Error> {
    let place = "parts";
    let got = u32::from_le_bytes(source.array(place)?) as usize;
    let most = MAX_PART_BYTES;
    if got > most {
        return Err(ProofError::Length { place, most, got }.into());
    }
    Ok(got)
}

fn heights<S: Source>(source: &mut S) -> Result<Heights, S::Error> {
    let mut heights = [0; Table::ALL.len()];
    for height in &mut heights {
        *height = u32::from_le_bytes(source.array("heights")?);
    }
    Ok(Heights::from(heights))
}

impl Header {
    /// The header's bytes: those with which the proof's begin.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::from(*MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.push(self.preset.byte());
        let Claim {
            program_id,
            key_digest,
            exit_code,
            output_length,
            output_digest,
        } = &self.claim;
        bytes.extend(program_id.iter().chain(key_digest));
        bytes.extend(exit_code.to_le_bytes());
        bytes.extend(output_length.to_le_bytes());
        bytes.extend(output_digest);
        bytes.extend(self.shards.to_le_bytes());
        bytes.extend((self.parts.len() as u32).to_le_bytes());
        for part in &self.parts {
            bytes.extend(part.heights.to_bytes());
            bytes.extend(part.boundary_root);
            bytes.extend(part.links.to_bytes());
        }
        bytes.extend(self.global_nonce.to_le_bytes());
        bytes
    }
}
