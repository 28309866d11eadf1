//! The challenges of the lookup argument, and the fingerprints of messages.
//!
//! Section 8.3 of the protocol.

use alloc::vec::Vec;

use zonda_circuits::bus::Bus;

use crate::challenge::Challenge;

/// The challenges of the lookup argument in one scope.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lookup<E> {
    z: E,
    /// beta, beta^2, ...: one per field of the widest message.
    powers: Vec<E>,
}

impl<E: Challenge> Lookup<E> {
    /// The challenges, for messages of at most `widest` fields.
    pub fn new(z: E, beta: E, widest: usize) -> Self {
        Self {
            z,
            powers: beta.powers().skip(1).take(widest).collect(),
        }
    }

    /// The fingerprint of a message: `z + bus + sum_j beta^(j + 1) field_j`. A message that is wider than
    /// the widest has none.
    pub fn fingerprint(&self, bus: Bus, fields: &[E]) -> Option<E> {
        let start = self.z + E::from_u8(bus as u8);
        let terms = self.powers.get(..fields.len())?.iter().zip(fields);
        Some(terms.fold(start, |sum, (power, field)| sum + *power * *field))
    }
}

/// The challenges of the lookup argument in both scopes.
#[derive(Clone, Copy, Debug)]
pub struct Lookups<'a, E> {
    /// Of the part.
    pub local: &'a Lookup<E>,
    /// Of the run.
    pub global: &'a Lookup<E>,
}
