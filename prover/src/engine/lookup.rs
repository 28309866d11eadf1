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

/// The lookup challenges (PROTOCOL, section 8.3).
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

/// A table's messages, prepared for one pair of lookup challenges.
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
    pub fn new<E: Challenge>(plan: &Plan, challenges: &Fingerprints<E>) -> Self {
        let mut messages = Self {
            denominators: Vec::new(),
            terms: Vec::new(),
        };
        for message in &plan.messages {
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

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.denominators.len()
    }

    /// How many columns they take.
    pub fn pairs(&self) -> usize {
        self.len().div_ceil(2)
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

    /// Numerator and denominator of pair `index`: the sum of its messages' fractions.
    #[inline(always)]
    pub fn pair<L: Lanes, P: Packed<L>>(&self, index: usize, counts: &[L], fields: &[L]) -> (P, P) {
        let first = 2 * index;
        let a: P = self.denominator(first, fields);
        let Some(count) = counts.get(first + 1) else {
            return (P::from_base(counts[first]), a);
        };
        let b: P = self.denominator(first + 1, fields);
        (b * counts[first] + a * *count, a * b)
    }

    /// `step` times the denominator of pair `index`, less its numerator.
    #[inline(always)]
    pub fn constraint<L: Lanes, P: Packed<L>>(
        &self,
        index: usize,
        step: P,
        counts: &[L],
        fields: &[L],
    ) -> P {
        let first = 2 * index;
        let a: P = self.denominator(first, fields);
        let rest = (step * a).sub_lanes(counts[first]);
        let Some(count) = counts.get(first + 1) else {
            return rest;
        };
        let b: P = self.denominator(first + 1, fields);
        rest * b - a * *count
    }
}

/// The canonical coordinates of a challenge.
pub fn coordinates<E: Challenge>(element: &E) -> impl Iterator<Item = u32> + '_ {
    use p3_field::PrimeField32;
    (0..E::DEGREE).map(|index| element.coordinate(index).as_canonical_u32())
}
