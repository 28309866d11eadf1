//! The messages of a table as fractions: how a tape becomes denominators and counts.

use std::ops::Range;

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    tape::{Field, Plan},
};
use zonda_kernels::{Lanes, Packed};
use zonda_verifier::Challenge;

use super::challenge::{Sum, Weight, weight};

/// The challenges of one lookup argument (PROTOCOL.md, section 8.3).
#[derive(Clone)]
pub struct Fingerprints<E> {
    /// z.
    pub offset: E,
    /// Powers of beta, from beta to the power 1 on.
    pub powers: Vec<E>,
}

impl<E: Challenge> Fingerprints<E> {
    /// The challenges, ready for messages of up to `widest` fields.
    pub fn new(offset: E, beta: E, widest: usize) -> Self {
        let powers = core::iter::successors(Some(beta), |power| Some(*power * beta));
        Self {
            offset,
            powers: powers.take(widest).collect(),
        }
    }
}

/// The challenges of both lookup arguments.
#[derive(Clone)]
pub struct Lookups<E> {
    /// Those of messages that balance within a part.
    pub local: Fingerprints<E>,
    /// Those of messages that balance over a run.
    pub global: Fingerprints<E>,
}

/// A table's messages, prepared for the challenges of both lookup arguments.
///
/// A denominator is a constant and a combination of fields of the tape.
pub struct Messages {
    /// Each message's constant and its terms.
    denominators: Vec<(Weight, Range<usize>)>,
    /// Slots in the tape, each with a power of beta: those of the first message first.
    terms: Vec<(usize, Weight)>,
}

impl Messages {
    /// Prepares the messages of `plan`. Fields that the program of the table fixes become part of
    /// the constant.
    pub fn new<E: Challenge>(plan: &Plan, lookups: &Lookups<E>) -> Self {
        let mut messages = Self {
            denominators: Vec::new(),
            terms: Vec::new(),
        };
        for message in &plan.messages {
            let challenges = if message.bus.is_global() {
                &lookups.global
            } else {
                &lookups.local
            };
            assert!(message.fields.len() <= challenges.powers.len());
            let mut constant = challenges.offset + E::from_base(F::from_u32(message.bus as u32));
            let first = messages.terms.len();
            for (power, field) in challenges.powers.iter().zip(&message.fields) {
                match field {
                    Field::Constant(value) => constant += power.mul_base(F::from_u32(*value)),
                    Field::Slot(slot) => messages.terms.push((*slot, weight(power))),
                }
            }
            let terms = first..messages.terms.len();
            messages.denominators.push((weight(&constant), terms));
        }
        messages
    }

    /// Of message `index`, if one field of it varies: the constant, the field's slot and its power of beta.
    pub fn line(&self, index: usize) -> Option<(&Weight, usize, &Weight)> {
        let (constant, terms) = &self.denominators[index];
        let [(slot, power)] = &self.terms[terms.clone()] else {
            return None;
        };
        Some((constant, *slot, power))
    }

    /// The denominator of message `index`.
    #[inline(always)]
    pub fn denominator<L: Lanes, P: Packed<L>>(&self, index: usize, fields: &[L]) -> P {
        let (constant, terms) = &self.denominators[index];
        let mut sum = Sum::<L>::splat::<P>(constant);
        for (slot, power) in &self.terms[terms.clone()] {
            sum.add::<P>(fields[*slot], power);
        }
        sum.reduce::<P>()
    }
}
