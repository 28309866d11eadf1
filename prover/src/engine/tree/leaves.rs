//! The leaves in memory, and the fractions of level 1, which are made from them wherever they are needed.
//!
//! A group is stored as small as it can be. Most groups have one count on all rows: their kind says it. Of a
//! message with one field that varies, this field is stored: its denominators are on a line.

use zonda_circuits::F;
use zonda_kernels::{Buffer, LINE, Lanes, P as ORDER, Packed};
use zonda_verifier::Challenge;

use super::{
    blocks::{Fractions, load},
    levels::{GROUP, GROUP_ROWS, Segments},
    memory::group_words,
};
use crate::engine::{
    challenge::{Sum, Weight, weight},
    lookup::Messages,
};

/// The counts of a group of leaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// They differ: they are in memory, as those of the group of this number there.
    General(u32),
    /// All are 1.
    One,
    /// All are -1.
    MinusOne,
    /// All are 0.
    Zero,
}

impl Kind {
    /// The kind of these counts, which would be in memory as those of group `number`.
    pub fn of(counts: &[u32], number: u32) -> Self {
        let first = counts[0];
        if counts.iter().any(|count| *count != first) {
            return Self::General(number);
        }
        match first {
            0 => Self::Zero,
            1 => Self::One,
            _ if first == ORDER - 1 => Self::MinusOne,
            _ => Self::General(number),
        }
    }

    /// The count, where it is one.
    pub const fn count(self) -> Option<u32> {
        match self {
            Self::General(_) => None,
            Self::One => Some(1),
            Self::MinusOne => Some(ORDER - 1),
            Self::Zero => Some(0),
        }
    }
}

/// Words of a group's counts, or of one field.
pub const LANE_WORDS: usize = GROUP * LINE;

/// Denominators `constant + power * field`.
#[derive(Clone, Debug)]
pub struct Line {
    /// The field's slot in the tape.
    pub field: usize,
    constant: Weight,
    power: Weight,
    /// Twice the constant, and minus that.
    twice: [Weight; 2],
    /// The constant's square.
    square: Weight,
    /// The constant times the power.
    mixed: Weight,
    /// The power's square.
    power_square: Weight,
}

impl Line {
    /// The line of a message's denominators, if one field varies.
    pub fn of<E: Challenge>(messages: &Messages, message: usize) -> Option<Self> {
        let (constant, field, power) = messages.line(message)?;
        let element = |words: &Weight| E::from_coordinates_fn(|k| F::new(words[k]));
        let [c, b] = [constant, power].map(element);
        Some(Self {
            field,
            constant: *constant,
            power: *power,
            twice: [weight(&(c + c)), weight(&-(c + c))],
            square: weight(&(c * c)),
            mixed: weight(&(c * b)),
            power_square: weight(&(b * b)),
        })
    }
}

/// Where the leaves of a slot are.
#[derive(Clone, Debug)]
pub struct Place {
    /// The first word.
    start: usize,
    /// So many groups, the first ones, are stored as fields: those without rows beyond the height, if the slot has
    /// a line.
    fields: usize,
    /// The line of the slot's denominators.
    line: Option<Line>,
}

impl Place {
    /// From `start` on, the leaves of a slot of so many rows.
    pub fn new(start: usize, height: usize, line: Option<Line>) -> Self {
        let fields = line.as_ref().map_or(0, |_| height / GROUP_ROWS);
        Self {
            start,
            fields,
            line,
        }
    }

    /// A challenge times the power of the slot's line, if it has one.
    pub fn turned<E: Challenge>(&self, r: E) -> Weight {
        let power = self.line.as_ref().map_or([0; _], |line| line.power);
        weight(&(r * E::from_coordinates_fn(|k| F::new(power[k]))))
    }

    /// The line of a group's denominators, if it is stored as fields.
    #[inline(always)]
    pub fn line(&self, group: usize) -> Option<&Line> {
        self.line.as_ref().filter(|_| group < self.fields)
    }

    /// The first word of a group.
    #[inline(always)]
    pub fn word(&self, group: usize, degree: usize) -> usize {
        self.start + value_words(self.fields.min(group), group, degree)
    }
}

/// Words of so many groups, the first of which are fields.
#[inline(always)]
pub const fn value_words(fields: usize, groups: usize, degree: usize) -> usize {
    LANE_WORDS * fields + group_words(degree) * (groups - fields)
}

/// All leaves: groups of blocks, by slot.
pub struct Leaves {
    /// Denominators, or fields that they are made of.
    pub(super) values: Buffer,
    /// Counts of groups of the general kind.
    pub(super) counts: Vec<u32>,
    pub(super) kinds: Vec<Kind>,
    pub(super) places: Vec<Place>,
    pub(super) segments: Segments,
}

impl Leaves {
    /// The kinds of all groups.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// A challenge times the power of each slot's line.
    pub fn turned<E: Challenge>(&self, r: E) -> Vec<Weight> {
        self.places.iter().map(|place| place.turned(r)).collect()
    }

    /// The groups of each slot.
    pub const fn segments(&self) -> &Segments {
        &self.segments
    }

    /// A group of a slot, if there is one.
    #[inline(always)]
    pub fn group(&self, slot: usize, index: usize, degree: usize) -> Option<Group<'_>> {
        let group = self.segments.starts[slot] + index;
        if group >= self.segments.starts[slot + 1] {
            return None;
        }
        let place = &self.places[slot];
        let kind = self.kinds[group];
        Some(Group {
            kind,
            counts: match kind {
                Kind::General(number) => &self.counts[LANE_WORDS * number as usize..],
                _ => &[],
            },
            line: place.line(index),
            values: &self.values[place.word(index, degree)..],
        })
    }
}

/// A group of leaves.
#[derive(Clone, Copy)]
pub struct Group<'a> {
    /// The kind of its counts.
    pub kind: Kind,
    /// The counts, if they are general.
    pub counts: &'a [u32],
    /// The line of its denominators, if the values are a field.
    pub line: Option<&'a Line>,
    /// The denominators, or the field.
    pub values: &'a [u32],
}

impl Group<'_> {
    /// The counts of a block.
    #[inline(always)]
    pub fn counts<L: Lanes>(&self, block: usize, part: usize) -> L {
        match self.kind.count() {
            Some(count) => L::splat(count),
            None => L::load(&self.counts[LINE * block + L::WIDTH * part..]),
        }
    }

    /// The field that makes the denominators of a block.
    #[inline(always)]
    fn field<L: Lanes>(&self, block: usize, part: usize) -> L {
        L::load(&self.values[LINE * block + L::WIDTH * part..])
    }

    /// The denominators of a block.
    #[inline(always)]
    pub fn denominators<L: Lanes, P: Packed<L>>(&self, block: usize, part: usize) -> P {
        let Some(line) = self.line else {
            return load(self.values, block, part);
        };
        let mut sum = Sum::<L>::splat::<P>(&line.constant);
        sum.add::<P>(self.field(block, part), &line.power);
        sum.reduce::<P>()
    }

    /// The product of the differences of the denominators of two pairs of blocks: of the third one and the first one
    /// of a quad, and of the fourth one and the second one.
    #[inline(always)]
    pub fn square<L: Lanes, P: Packed<L>>(&self, first: usize, part: usize) -> P {
        if let Some(line) = self.line {
            let f0: L = self.field(first, part);
            let f1: L = self.field(first + 1, part);
            let f2: L = self.field(first + 2, part);
            let f3: L = self.field(first + 3, part);
            let mut product = Sum::<L>::new();
            product.add::<P>((f2 - f0) * (f3 - f1), &line.power_square);
            return product.reduce::<P>();
        }
        let q0: P = load(self.values, first, part);
        let q1: P = load(self.values, first + 1, part);
        let q2: P = load(self.values, first + 2, part);
        let q3: P = load(self.values, first + 3, part);
        (q2 - q0) * (q3 - q1)
    }

    /// The denominators of a block, folded with those of the second one after it. `turned` is the challenge times the
    /// power of the line, if there is one.
    #[inline(always)]
    pub fn folded<L: Lanes, P: Packed<L>>(
        &self,
        block: usize,
        part: usize,
        r: &P::Scalar,
        turned: &Weight,
    ) -> P {
        let Some(line) = self.line else {
            let a: P = load(self.values, block, part);
            return a.line(load(self.values, block + 2, part), r);
        };
        let f: L = self.field(block, part);
        let g: L = self.field(block + 2, part);
        let mut sum = Sum::<L>::splat::<P>(&line.constant);
        sum.add::<P>(f, &line.power);
        sum.add::<P>(g - f, turned);
        sum.reduce::<P>()
    }

    /// Block `pair` of level 1: the sums of the leaves of two blocks.
    #[inline(always)]
    pub fn pair<L: Lanes, P: Packed<L>>(&self, pair: usize, part: usize) -> Fractions<P> {
        match self.line {
            Some(line) => self.pair_of_fields(line, pair, part),
            None => self.pair_of_denominators(pair, part),
        }
    }

    /// Block `index` of level 2: the sums of two pairs.
    #[inline(always)]
    pub fn four<L: Lanes, P: Packed<L>>(&self, index: usize, part: usize) -> Fractions<P> {
        let first: Fractions<P> = self.pair(2 * index, part);
        first.join(self.pair(2 * index + 1, part))
    }

    /// The group's block of level 3: the sums of all its blocks.
    #[inline(always)]
    pub fn sum<L: Lanes, P: Packed<L>>(&self, part: usize) -> Fractions<P> {
        let first: Fractions<P> = self.four(0, part);
        first.join(self.four(1, part))
    }

    #[inline(always)]
    fn pair_of_denominators<L: Lanes, P: Packed<L>>(
        &self,
        pair: usize,
        part: usize,
    ) -> Fractions<P> {
        let q0: P = load(self.values, 2 * pair, part);
        let q1: P = load(self.values, 2 * pair + 1, part);
        let p = match self.kind {
            Kind::One => q0 + q1,
            Kind::MinusOne => -(q0 + q1),
            Kind::Zero => P::ZERO,
            Kind::General(_) => {
                let c0: L = self.counts(2 * pair, part);
                let c1: L = self.counts(2 * pair + 1, part);
                q1 * c0 + q0 * c1
            }
        };
        Fractions { p, q: q0 * q1 }
    }

    /// With constant `c` and power `b`: of `c + b f` and `c + b g`, the product is `c^2 + c b (f + g) + b^2 f g`.
    #[inline(always)]
    fn pair_of_fields<L: Lanes, P: Packed<L>>(
        &self,
        line: &Line,
        pair: usize,
        part: usize,
    ) -> Fractions<P> {
        let f: L = self.field(2 * pair, part);
        let g: L = self.field(2 * pair + 1, part);
        let mut q = Sum::<L>::splat::<P>(&line.square);
        q.add::<P>(f + g, &line.mixed);
        q.add::<P>(f * g, &line.power_square);
        let p = match self.kind {
            Kind::One => {
                let mut p = Sum::<L>::splat::<P>(&line.twice[0]);
                p.add::<P>(f + g, &line.power);
                p.reduce::<P>()
            }
            Kind::MinusOne => {
                let mut p = Sum::<L>::splat::<P>(&line.twice[1]);
                p.add::<P>(-(f + g), &line.power);
                p.reduce::<P>()
            }
            Kind::Zero => P::ZERO,
            Kind::General(_) => {
                let c: L = self.counts(2 * pair, part);
                let d: L = self.counts(2 * pair + 1, part);
                let mut p = Sum::<L>::new();
                p.add::<P>(c + d, &line.constant);
                p.add::<P>(c * g + d * f, &line.power);
                p.reduce::<P>()
            }
        };
        let q = q.reduce::<P>();
        Fractions { p, q }
    }
}
