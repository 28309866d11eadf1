//! A proof's header: the facts about all parts of a run that come before the parts.
//!
//! Sections 3, 6 and 8.1 of the protocol.

use alloc::vec::Vec;

use zonda_circuits::machine::Statement;

use crate::{
    assessment::global_terms,
    claim::{Claim, ClaimError},
    counts::Machine,
    heights::{Heights, HeightsError},
    key::VerifyingKey,
    layout::{BOUNDARY, Layout},
    links::{self, Links, LinksError},
    preset::Preset,
    proof::Digest,
    security::SettingError,
};

/// The most shards of a run.
pub const MAX_SHARDS: u32 = 1 << 16;

/// The most parts of a run that execute no shard.
pub const MAX_CLOSING_PARTS: u32 = 1 << 12;

/// The facts about all parts of a run that come before the parts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Header {
    /// Decides the challenge field.
    pub preset: Preset,
    /// The claim. It must equal the verifier's own, and is not used further.
    pub claim: Claim,
    /// How many shards the run is cut into: as many parts, the first ones, execute one each.
    pub shards: u32,
    /// The parts, in order.
    pub parts: Vec<PartHeader>,
    /// The proof of work before the global challenges.
    pub global_nonce: u64,
}

/// The facts about a part that come before it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PartHeader {
    /// The instances.
    pub heights: Heights,
    /// The root of the columns that are committed before the global challenge; zero without such
    /// columns.
    pub boundary_root: Digest,
    /// How the part is linked to others.
    pub links: Links,
}

/// A header that no honest proof of this program and statement has.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The proof is of something else, by its own account.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// A run of no shards, or of too many.
    #[error("{got} shards; 1 to {MAX_SHARDS} are possible")]
    Shards {
        /// How many.
        got: u32,
    },
    /// Fewer parts than shards, or too many.
    #[error("{got} parts; {shards} shards have {shards} to {most}")]
    Parts {
        /// How many shards there are.
        shards: u32,
        /// How many parts they can have.
        most: u32,
        /// How many there are.
        got: usize,
    },
    /// A part's tables, or their heights, are not those of a proof of this program and statement.
    #[error("part {part}: {error}")]
    Heights {
        /// The part.
        part: usize,
        /// The error.
        error: HeightsError,
    },
    /// A part without columns to commit to before the global challenge has a root of such columns.
    #[error("part {part} has no boundary columns, but a root of them")]
    Boundary {
        /// The part.
        part: usize,
    },
    /// The parts do not make one run.
    #[error(transparent)]
    Links(#[from] LinksError),
    /// A part, with the run that it is of, is outside of what the security analysis covers.
    #[error("no security is claimed for part {part}: {error}")]
    Security {
        /// The part.
        part: usize,
        /// The number that is out of bounds.
        error: SettingError,
    },
}

impl Header {
    /// Checks the header for a program and a statement, and so everything of a proof that can be
    /// checked without looking at its parts.
    ///
    /// # Errors
    /// The first bound or link that does not hold.
    pub fn check(&self, key: &VerifyingKey, statement: &Statement) -> Result<(), HeaderError> {
        let expected = Claim::new(key, statement);
        self.check_with(&Machine::new(), key, statement, &expected)
    }

    /// [`Self::check`], with the tables counted already, and the claim made that the header must have.
    pub(crate) fn check_with(
        &self,
        machine: &Machine,
        key: &VerifyingKey,
        statement: &Statement,
        expected: &Claim,
    ) -> Result<(), HeaderError> {
        self.claim.check(expected)?;
        check_counts(self.shards, self.parts.len())?;
        links::check(&self.parts, self.shards as usize, key.entry(), statement)?;
        self.each(|part| part.heights.check(key.heights(), part.output_length()))?;

        let global_terms = global_terms(machine, self);
        for (part, header) in self.parts.iter().enumerate() {
            let layout = Layout::new(&header.heights);
            let boundary = layout.phases.get(BOUNDARY);
            let is_committed = boundary.is_some_and(|matrix| !matrix.is_empty());
            if !is_committed && header.boundary_root != Digest::default() {
                return Err(HeaderError::Boundary { part });
            }
            let setting = key.setting(machine, &layout, global_terms);
            setting
                .check()
                .map_err(|error| HeaderError::Security { part, error })?;
        }
        Ok(())
    }

    fn each(
        &self,
        check: impl Fn(&PartHeader) -> Result<(), HeightsError>,
    ) -> Result<(), HeaderError> {
        for (part, header) in self.parts.iter().enumerate() {
            check(header).map_err(|error| HeaderError::Heights { part, error })?;
        }
        Ok(())
    }
}

impl PartHeader {
    /// How many bytes of output the part makes.
    fn output_length(&self) -> usize {
        let execution = self.links.execution.as_ref();
        execution.map_or(0, |links| links.output.len())
    }
}

/// Checks how many parts a run of so many shards has.
///
/// # Errors
/// If a run cannot have so many shards, or parts.
pub(crate) fn check_counts(shards: u32, parts: usize) -> Result<(), HeaderError> {
    if !(1..=MAX_SHARDS).contains(&shards) {
        return Err(HeaderError::Shards { got: shards });
    }
    let most = shards.saturating_add(MAX_CLOSING_PARTS);
    if !(shards as usize..=most as usize).contains(&parts) {
        return Err(HeaderError::Parts {
            shards,
            most,
            got: parts,
        });
    }
    Ok(())
}
