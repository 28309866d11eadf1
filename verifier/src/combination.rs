//! All that the tables state, as one polynomial in the cells of a row of each table.
//!
//! Section 8.4 of the protocol. A message enters with `eq` of its slot, a constraint with a power of alpha
//! that no other constraint of the machine has.

use alloc::{vec, vec::Vec};

use zonda_circuits::{
    builder::{Builder, Weight},
    bus::Bus,
    columns::Columns,
    machine::{Part, Table},
};

use crate::{
    challenge::Challenge,
    cost::Operations,
    counts::{Counts, Machine, Scope},
    fractions::{Claim, Fraction},
    lengths::{self, LengthError},
    lookup::Lookups,
};
use crate::{
    heights::Heights,
    multilinear::{is_set, table as eq_table},
    point::LANE_BITS,
};

/// `lt_h~`: the weight, at a point of rows, of the rows below `height`.
pub fn below<E: Challenge>(point: &[E], height: usize) -> E {
    if point.len() < usize::BITS as usize && height.wrapping_shr(point.len() as u32) > 0 {
        return E::ONE;
    }
    let (mut sum, mut above) = (E::ZERO, E::ONE);
    for (bit, coordinate) in point.iter().enumerate().rev() {
        let zero = E::ONE - *coordinate;
        if is_set(height, bit) {
            sum += above * zero;
            above *= *coordinate;
        } else {
            above *= zero;
        }
    }
    sum
}

/// The point of a claim on leaves, taken apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LeafPoint<E> {
    /// The coordinate of the bit that says local or global.
    pub scope: E,
    /// `eq` of each slot's number in its scope.
    pub slots: Vec<E>,
    /// The coordinates of a row, lowest bit first.
    pub rows: Vec<E>,
}

impl<E: Challenge> LeafPoint<E> {
    /// Takes the point of a claim apart, whose coordinates are in the order from the root down: one of the scope, four
    /// of the lane, `slot_bits` of the slot, and the other ones of the row.
    ///
    /// # Errors
    /// If there are more or fewer.
    pub fn new(claim: &Claim<E>, log_rows: u32, slot_bits: u32) -> Result<Self, LengthError> {
        let length = log_rows.saturating_add(slot_bits).saturating_add(1);
        let point = &claim.point;
        lengths::check("coordinates of a leaf", length as usize, point.len())?;
        let (scope, rest) = point.split_at_checked(1).unwrap_or_default();
        let (lanes, rest) = rest.split_at_checked(LANE_BITS).unwrap_or_default();
        let (slots, above) = rest
            .split_at_checked(slot_bits as usize)
            .unwrap_or_default();
        let slots: Vec<E> = slots.iter().rev().copied().collect();
        Ok(Self {
            scope: scope.first().copied().unwrap_or_default(),
            slots: eq_table(&slots),
            rows: lanes
                .iter()
                .rev()
                .chain(above.iter().rev())
                .copied()
                .collect(),
        })
    }

    /// `eq` of the bit that says local or global.
    pub fn of_scope(&self, scope: Scope) -> E {
        match scope {
            Scope::Local => E::ONE - self.scope,
            Scope::Global => self.scope,
        }
    }
}

/// How many bits number the slots of either scope.
pub fn slot_bits(machine: &Machine) -> u32 {
    let slots = |scope| -> usize {
        let counts = Table::ALL.map(|table| machine.counts(table).messages(scope));
        counts.into_iter().fold(0, usize::saturating_add)
    };
    let most = Scope::ALL.map(slots).into_iter().max().unwrap_or(0);
    most.checked_next_power_of_two().map_or(0, usize::ilog2)
}

/// What is combined, and how: the facts about rows that do not depend on their cells.
#[derive(Clone, Debug)]
pub struct Combination<'a, E> {
    /// The machine.
    pub machine: &'a Machine,
    /// Where the claim on leaves is.
    pub leaf: &'a LeafPoint<E>,
    /// The challenges of the messages.
    pub lookups: Lookups<'a, E>,
    /// The challenge that combines all.
    pub alpha: E,
}

/// What a table's statements are multiplied with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Weights<E> {
    /// The power of alpha of the table's first constraint.
    pub first: E,
    /// `eq` of the slot of each message, those of local messages and those of global ones.
    pub messages: [Vec<E>; Scope::ALL.len()],
}

impl<E: Challenge> Combination<'_, E> {
    /// The weights of a table's statements.
    pub fn weights(&self, table: Table) -> Weights<E> {
        let before = Table::ALL.into_iter().take_while(|other| *other != table);
        let before: Vec<Counts> = before.map(|table| self.machine.counts(table)).collect();
        let constraints = before.iter().map(|counts| counts.constraints);
        let first = constraints.fold(2, usize::saturating_add);
        let own = self.machine.counts(table);
        let messages = Scope::ALL.map(|scope| {
            let first = before.iter().map(|counts| counts.messages(scope));
            let first = first.fold(0, usize::saturating_add);
            let slots = self.leaf.slots.iter().skip(first);
            let of_scope = self.leaf.of_scope(scope);
            let own = slots.take(own.messages(scope));
            own.map(|slot| of_scope * *slot).collect()
        });
        Weights {
            first: self.alpha.exp_u64(first as u64),
            messages,
        }
    }

    /// `G` of a row of a table. The columns are the preprocessed ones, and those of the trace.
    ///
    /// # Errors
    /// If there are more or fewer columns than the table has.
    pub fn row(
        &self,
        table: Table,
        row: &Row<'_, E>,
        operations: &mut Operations,
    ) -> Result<E, LengthError> {
        lengths::check("fixed columns", table.fixed_width(), row.fixed.len())?;
        lengths::check("columns", table.trace_width(), row.trace.len())?;
        let weights = self.weights(table);
        operations.multiply(weights.messages.iter().flatten().count());
        let mut evaluation = Evaluation {
            combination: self,
            row,
            power: weights.first,
            messages: weights.messages.each_ref().map(|own| own.iter()),
            sum: E::ZERO,
            widest: Ok(()),
            operations,
        };
        table.evaluate(&mut evaluation);
        let Evaluation { sum, widest, .. } = evaluation;
        widest?;
        Ok(sum)
    }

    /// The claim on the rows of a part's tables that a claim on leaves, of value `fraction`, gives.
    ///
    /// # Errors
    /// If the challenges do not serve a table's messages.
    pub fn claim(
        &self,
        heights: &Heights,
        part: &Part,
        fraction: &Fraction<E>,
        operations: &mut Operations,
    ) -> Result<RowsClaim<E>, LengthError> {
        let mut claim = RowsClaim {
            sum: fraction.numerator + self.alpha * (fraction.denominator - E::ONE),
            of_zeros: E::ZERO,
        };
        for (table, height) in heights.tables() {
            let zeros = self.zeros(table, &public(table, part), operations)?;
            claim.sum -= below(&self.leaf.rows, height as usize) * zeros;
            claim.of_zeros += zeros;
            operations.multiply(self.leaf.rows.len().saturating_add(1));
        }
        Ok(claim)
    }

    /// [`Self::row`] of a row of zeros.
    ///
    /// # Errors
    /// As [`Self::row`].
    fn zeros(
        &self,
        table: Table,
        public: &[E],
        operations: &mut Operations,
    ) -> Result<E, LengthError> {
        let row = Row {
            fixed: &vec![E::ZERO; table.fixed_width()],
            trace: &vec![E::ZERO; table.trace_width()],
            periodic: &[],
            public,
        };
        self.row(table, &row, operations)
    }
}

/// What the sum over rows is, if the claim on leaves is right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RowsClaim<E> {
    /// `G`, less its value on a row of zeros, added up over all rows of all tables, each with `eq` of its index.
    pub sum: E,
    /// `G` of rows of zeros, added up over all tables.
    pub of_zeros: E,
}

/// The values of a table's columns.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a, E> {
    /// The preprocessed columns.
    pub fixed: &'a [E],
    /// The columns that are committed before the global challenge, then the others.
    pub trace: &'a [E],
    /// The columns that the statement makes; those that are not here are zero.
    pub periodic: &'a [E],
    /// The public values.
    pub public: &'a [E],
}

/// A table's public values.
pub fn public<E: Challenge>(table: Table, part: &Part) -> Vec<E> {
    let public = table.public(part);
    public.into_iter().map(E::from_base).collect()
}

/// One row, as a builder over the challenge field.
struct Evaluation<'a, 'b, E> {
    combination: &'a Combination<'b, E>,
    row: &'a Row<'a, E>,
    /// The power of alpha of the next constraint.
    power: E,
    /// The weights of the next local and of the next global message.
    messages: [core::slice::Iter<'a, E>; Scope::ALL.len()],
    sum: E,
    /// Whether the challenges have a power for each field of all messages.
    widest: Result<(), LengthError>,
    operations: &'a mut Operations,
}

impl<E: Challenge> Builder for Evaluation<'_, '_, E> {
    type Var = E;
    type Expr = E;

    fn row<C: Columns<E>>(&self) -> C {
        let first = self.row.trace.len().saturating_sub(C::WIDTH);
        C::from_row(self.row.trace.get(first..).unwrap_or_default())
    }

    fn boundary<C: Columns<E>>(&self) -> C {
        C::from_row(self.row.trace.get(..C::WIDTH).unwrap_or_default())
    }

    fn fixed<C: Columns<E>>(&self) -> C {
        C::from_row(self.row.fixed)
    }

    fn periodic(&self, column: usize) -> E {
        self.row.periodic.get(column).copied().unwrap_or_default()
    }

    fn public(&self, index: usize) -> E {
        self.row.public.get(index).copied().unwrap_or_default()
    }

    fn zero(&mut self, x: E) {
        self.operations.multiply(2);
        self.sum += self.power * x;
        self.power *= self.combination.alpha;
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: E, _weight: Weight, fields: [E; N]) {
        let Combination { lookups, alpha, .. } = self.combination;
        let [local, global] = &mut self.messages;
        let (lookup, next) = match Scope::of(bus) {
            Scope::Local => (lookups.local, local),
            Scope::Global => (lookups.global, global),
        };
        let slot = next.next().copied().unwrap_or_default();
        match lookup.fingerprint(bus, &fields) {
            Some(denominator) => {
                self.sum += slot * (count + *alpha * (denominator - E::ONE));
            }
            None => self.widest = lengths::check("fields of a message", 0, N),
        }
        self.operations.multiply(N.saturating_add(3));
    }
}

#[cfg(test)]
mod tests {
    use p3_field::PrimeCharacteristicRing;
    use p3_mersenne_31::QM31;
    use zonda_circuits::F;

    use super::*;
    use crate::multilinear::eq_index;

    fn point(length: usize) -> Vec<QM31> {
        let element = |i: usize| {
            QM31::from_coordinates_fn(|k| F::from_usize(1000 * i * i + 77 * i + 7 * k + 3))
        };
        (0..length).map(element).collect()
    }

    #[test]
    fn rows_below_a_height_are_weighed() {
        let point = point(5);
        let mut sum = QM31::ZERO;
        for height in 0..=32 {
            assert_eq!(below(&point, height), sum);
            sum += eq_index(&point, height % 32);
        }
        assert_eq!(below(&point, 1000), QM31::ONE);
        assert_eq!(below::<QM31>(&[], 0), QM31::ZERO);
        assert_eq!(below::<QM31>(&[], 1), QM31::ONE);
    }

    #[test]
    fn a_point_is_taken_apart() {
        let slot_bits = slot_bits(&Machine::new());
        assert_eq!(slot_bits, 9);
        let mut claim = Claim {
            value: Fraction::ZERO,
            point: point(26),
        };
        let all = &claim.point;
        let leaf = LeafPoint::new(&claim, 16, slot_bits).unwrap();
        assert_eq!(leaf.scope, all[0]);
        let lanes: Vec<_> = all[1..5].iter().rev().copied().collect();
        assert_eq!(leaf.rows[..4], lanes);
        let rest: Vec<_> = all[14..].iter().rev().copied().collect();
        assert_eq!(leaf.rows[4..], rest);
        let slots: Vec<_> = all[5..14].iter().rev().copied().collect();
        assert_eq!(leaf.slots[300], eq_index(&slots, 300));
        assert!(LeafPoint::new(&claim, 17, slot_bits).is_err());
        claim.point.truncate(4);
        assert!(LeafPoint::new(&claim, 16, slot_bits).is_err());
    }

    /// No slot and no power of alpha belongs to two tables.
    #[test]
    fn every_statement_has_its_own_weight() {
        let machine = Machine::new();
        let claim = Claim {
            value: Fraction::ZERO,
            point: point(26),
        };
        let leaf = LeafPoint::new(&claim, 16, 9).unwrap();
        let lookup = crate::lookup::Lookup::new(QM31::ONE, QM31::TWO, machine.widest());
        let combination = Combination {
            machine: &machine,
            leaf: &leaf,
            lookups: Lookups {
                local: &lookup,
                global: &lookup,
            },
            alpha: claim.point[3],
        };
        let (mut power, mut slots) = (combination.alpha.square(), [0; Scope::ALL.len()]);
        for table in Table::ALL {
            let weights = combination.weights(table);
            assert_eq!(weights.first, power);
            power *= combination
                .alpha
                .exp_u64(machine.counts(table).constraints as u64);
            let scopes = Scope::ALL.into_iter().zip(weights.messages).zip(&mut slots);
            for ((scope, messages), slot) in scopes {
                assert_eq!(messages.len(), machine.counts(table).messages(scope));
                for weight in messages {
                    assert_eq!(weight, leaf.of_scope(scope) * leaf.slots[*slot]);
                    *slot += 1;
                }
            }
        }
    }
}
