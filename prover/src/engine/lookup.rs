//! The messages of a table as fractions: how a tape becomes denominators and counts.

use std::ops::Range;

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    tape::{Field, MessagePlan, Plan},
};
use zonda_kernels::{Lanes, Packed};
use zonda_verifier::Challenge;

use super::challenge::{Sum, Weight, weight};

/// The challenges of one lookup argument (PROTOCOL, section 8.3).
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

/// Messages that share a column: two, or one that is left over.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// The first message.
    first: usize,
    /// Whether there is a second one, after the first.
    is_full: bool,
    /// Whether the chain of columns ends here: the column is a running sum.
    pub is_last: bool,
}

/// A table's messages, prepared for the challenges of both lookup arguments: the chain of columns of
/// its local messages, if it has any, and then that of its global ones.
///
/// A denominator is a constant and a combination of fields of the tape.
pub struct Messages {
    /// The columns.
    pub pairs: Vec<Pair>,
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
            pairs: pairs(plan),
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

    /// How many chains of columns there are: running sums, claims.
    pub fn chains(&self) -> usize {
        self.pairs.iter().filter(|pair| pair.is_last).count()
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

    /// Numerator and denominator of a pair: the sum of its messages' fractions.
    #[inline(always)]
    pub fn pair<L: Lanes, P: Packed<L>>(&self, pair: Pair, counts: &[L], fields: &[L]) -> (P, P) {
        let Pair { first, is_full, .. } = pair;
        let a: P = self.denominator(first, fields);
        if !is_full {
            return (P::from_base(counts[first]), a);
        }
        let b: P = self.denominator(first + 1, fields);
        (b * counts[first] + a * counts[first + 1], a * b)
    }

    /// `step` times the denominator of a pair, less its numerator.
    #[inline(always)]
    pub fn constraint<L: Lanes, P: Packed<L>>(
        &self,
        pair: Pair,
        step: P,
        counts: &[L],
        fields: &[L],
    ) -> P {
        let Pair { first, is_full, .. } = pair;
        let a: P = self.denominator(first, fields);
        let rest = (step * a).sub_lanes(counts[first]);
        if !is_full {
            return rest;
        }
        let b: P = self.denominator(first + 1, fields);
        rest * b - a * counts[first + 1]
    }
}

/// The columns of a table's messages: those of the local ones, then those of the global ones.
fn pairs(plan: &Plan) -> Vec<Pair> {
    let messages = plan.messages.len();
    let is_local = |message: &MessagePlan| !message.bus.is_global();
    let local = plan.messages.iter().take_while(|m| is_local(m)).count();
    debug_assert!(!plan.messages[local..].iter().any(is_local));
    let chain = |first: usize, end: usize| {
        (first..end).step_by(2).map(move |first| Pair {
            first,
            is_full: first + 1 < end,
            is_last: first + 2 >= end,
        })
    };
    chain(0, local).chain(chain(local, messages)).collect()
}

/// The canonical coordinates of a challenge.
pub fn coordinates<E: Challenge>(element: &E) -> impl Iterator<Item = u32> + '_ {
    use p3_field::PrimeField32;
    (0..E::DEGREE).map(|index| element.coordinate(index).as_canonical_u32())
}
