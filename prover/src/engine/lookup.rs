//! The messages of a table as fractions: how a tape becomes denominators and counts.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    tape::{Field, Plan},
};
use zonda_kernels::{Lanes, Packed};
use zonda_verifier::Challenge;

use super::challenge::{Sum, splat};

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

/// One message's denominator: a constant and a combination of fields of the tape.
struct Denominator {
    constant: Vec<u32>,
    /// Slot in the tape and index of the power of beta.
    terms: Vec<(usize, usize)>,
}

/// A table's messages, prepared for one pair of lookup challenges.
pub struct Messages {
    denominators: Vec<Denominator>,
    /// Coordinates of the powers of beta, one power after the other.
    powers: Vec<u32>,
}

impl Messages {
    /// Prepares the messages of `plan`. Fields that the program of the table fixes become part of
    /// the constant.
    pub fn new<E: Challenge>(plan: &Plan, challenges: &Fingerprints<E>) -> Self {
        let denominators = plan
            .messages
            .iter()
            .map(|message| {
                let mut constant =
                    challenges.offset + E::from_base(F::from_u32(message.bus as u32));
                let mut terms = Vec::new();
                for (power, field) in message.fields.iter().enumerate() {
                    match field {
                        Field::Constant(value) => {
                            constant += challenges.powers[power].mul_base(F::from_u32(*value));
                        }
                        Field::Slot(slot) => terms.push((*slot, power)),
                    }
                }
                Denominator {
                    constant: coordinates(&constant).collect(),
                    terms,
                }
            })
            .collect();
        Self {
            denominators,
            powers: challenges.powers.iter().flat_map(coordinates).collect(),
        }
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
        let Denominator { constant, terms } = &self.denominators[index];
        let mut sum = Sum::<L>::new();
        for (slot, power) in terms {
            let at = power * P::DEGREE;
            sum.add::<P>(fields[*slot], &self.powers[at..at + P::DEGREE]);
        }
        sum.reduce::<P>() + splat::<L, P>(constant)
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
}

/// The canonical coordinates of a challenge.
pub fn coordinates<E: Challenge>(element: &E) -> impl Iterator<Item = u32> + '_ {
    use p3_field::PrimeField32;
    (0..E::DEGREE).map(|index| element.coordinate(index).as_canonical_u32())
}
