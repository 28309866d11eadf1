//! Metered runs: how much of everything.

use crate::record::{Family, Service};

/// Counts of what a run did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Meter {
    /// Executed instructions, indexed by `Family as usize`.
    pub instructions: [u64; Family::ALL.len()],
    /// Distinct words of RAM read or written; those of debug text do not count.
    pub touched_words: u64,
    /// Records that services leave, indexed by `Service as usize`.
    pub services: [u64; Service::ALL.len()],
    /// Bytes made public.
    pub output_bytes: u64,
    /// Stores to words of text, which change what loads see and not what is executed.
    pub stores_to_text: u64,
}

impl Meter {
    /// Executed instructions of a family.
    pub fn count(&self, family: Family) -> u64 {
        self.instructions[family as usize]
    }

    /// Records that a service leaves.
    pub fn served(&self, service: Service) -> u64 {
        self.services[service as usize]
    }

    /// Loads and stores that were not aligned.
    pub fn misaligned(&self) -> u64 {
        self.count(Family::LoadStoreMisaligned)
    }

    /// All executed instructions.
    pub fn cycles(&self) -> u64 {
        self.instructions.iter().sum()
    }
}
