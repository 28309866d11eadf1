//! One sum over all rows: that the constraints of all tables hold, and that the claim on the leaves of the tree of
//! fractions is that of the tables' messages; down to the values of all columns at one point.
//!
//! Section 5.3 of the protocol's draft.

use alloc::{vec, vec::Vec};

use p3_field::{Field, PrimeCharacteristicRing};
use zonda_circuits::{
    F,
    builder::{Builder, Weight},
    bus::Bus,
    columns::Columns,
    machine::{Part, Table},
};

use super::{
    given::given,
    multilinear::{is_set, table as eq_table},
    pages::{BOUNDARY, FIXED_GAPS, FIXED_PROGRAM, Layout, MAIN, committed},
    point::{INNER_BITS, LANE_BITS, RowPoint, SKIPPED_BITS},
};
use crate::{
    challenge::Challenge,
    constraints::Lookups,
    cost::Operations,
    counts::{Machine, Scope},
    fractions::Claim,
    lengths::{self, LengthError},
    steps::Steps,
};

/// The labels under which things are sent and drawn.
pub mod label {
    /// The challenge that combines everything that is stated of rows.
    pub const ALPHA: &str = "alpha";
    /// The round that binds three bits at once.
    pub const SKIP: &str = "skip";
    /// A round.
    pub const ROW: &str = "row";
}

/// The degree of constraints, and of counts and fields of messages, in columns.
pub const DEGREE: usize = 3;

/// How many nodes the skipped bits number.
pub const NODES: usize = 1 << SKIPPED_BITS;

/// How many values fix the polynomial of the first round: it has degree `DEGREE (NODES - 1)`.
pub const SKIP_VALUES: usize = DEGREE * (NODES - 1) + 1;

/// All that is sent of the sum over rows, but for the values of columns.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RowsProof<E> {
    /// The polynomial of the first round at the points of [`node`].
    pub skip: Vec<E>,
    /// The polynomials of the other rounds: the difference of the values at 1 and 0, and the coefficients `e` and `f`
    /// of section 5.3.
    pub rounds: Vec<[E; 3]>,
}

/// Why a sum over rows is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RowsError {
    /// Lists of what belongs together are not equally long.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// The first round does not have the claimed sum.
    #[error("the first round over rows does not have the claimed sum")]
    Skip,
    /// The values of columns do not have the sum that is left.
    #[error("the constraints and messages of rows do not have the claimed sum")]
    Values,
}

/// Point `index` of the first round: 1, -1, 2, -2, and so on. The first eight stand for the skipped bits.
pub fn node(index: usize) -> F {
    let magnitude = F::from_usize(index.wrapping_shr(1).saturating_add(1));
    if is_set(index, 0) {
        -magnitude
    } else {
        magnitude
    }
}

/// The values at `x` of the Lagrange polynomials of the first `count` nodes.
pub fn lagrange<E: Challenge>(count: usize, x: E) -> Vec<E> {
    let factors: Vec<E> = (0..count)
        .map(|index| x - E::from_base(node(index)))
        .collect();
    let product = |skipped: usize| -> E {
        let others = factors.iter().enumerate();
        let others = others.filter(|(index, _)| *index != skipped);
        others.map(|(_, factor)| *factor).product()
    };
    let scale = |own: usize| -> F {
        let others = (0..count).filter(|index| *index != own);
        // Nodes differ: a constant other than zero.
        let product: F = others.map(|index| node(own) - node(index)).product();
        product.try_inverse().unwrap_or_default()
    };
    (0..count)
        .map(|index| product(index).mul_base(scale(index)))
        .collect()
}

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

    /// `eq` of a slot's number in its scope, and of the scope.
    pub fn slot(&self, scope: Scope, number: usize) -> E {
        let of_scope = match scope {
            Scope::Local => E::ONE - self.scope,
            Scope::Global => self.scope,
        };
        of_scope * self.slots.get(number).copied().unwrap_or_default()
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

impl<E: Challenge> Combination<'_, E> {
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
        let before = Table::ALL.into_iter().take_while(|other| *other != table);
        let before = before.map(|table| self.machine.counts(table));
        let [mut constraints, mut local, mut global] = [0_usize; 3];
        for counts in before {
            constraints = constraints.saturating_add(counts.constraints);
            local = local.saturating_add(counts.local);
            global = global.saturating_add(counts.global);
        }
        let mut evaluation = Evaluation {
            combination: self,
            row,
            power: self.alpha.exp_u64(constraints.saturating_add(2) as u64),
            next: [local, global],
            sum: E::ZERO,
            widest: Ok(()),
            operations,
        };
        table.evaluate(&mut evaluation);
        let Evaluation { sum, widest, .. } = evaluation;
        widest?;
        Ok(sum)
    }

    /// [`Self::row`] of a row of zeros.
    ///
    /// # Errors
    /// As [`Self::row`].
    pub fn zeros(
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

/// One row, as a builder over the challenge field.
struct Evaluation<'a, 'b, E> {
    combination: &'a Combination<'b, E>,
    row: &'a Row<'a, E>,
    /// The power of alpha of the next constraint.
    power: E,
    /// The slots of the next local and the next global message.
    next: [usize; 2],
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
        let Combination {
            leaf,
            lookups,
            alpha,
            ..
        } = self.combination;
        let scope = Scope::of(bus);
        let [local, global] = &mut self.next;
        let (lookup, next) = match scope {
            Scope::Local => (lookups.local, local),
            Scope::Global => (lookups.global, global),
        };
        let slot = leaf.slot(scope, *next);
        *next = next.saturating_add(1);
        match lookup.fingerprint(bus, &fields) {
            Some(denominator) => self.sum += slot * (count + *alpha * (denominator - E::ONE)),
            None => self.widest = lengths::check("fields of a message", 0, N),
        }
        self.operations.multiply(N.saturating_add(3));
    }
}

/// What is known before the sum.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a, E> {
    /// The layout of the part.
    pub layout: &'a Layout,
    /// The machine.
    pub machine: &'a Machine,
    /// The statement of the part.
    pub part: &'a Part,
    /// The challenges of the messages.
    pub lookups: Lookups<'a, E>,
    /// The claim on the leaves.
    pub claim: &'a Claim<E>,
}

/// Checks that the constraints of all tables hold on all rows, and that a claim on leaves is that of their messages,
/// if the committed columns have these values at the point that is returned. The values are sent after this.
///
/// # Soundness
/// If the values are right, what is stated is true, but for `J + 1 + n + 21 + 3 (n - 3)` of all challenges, J the
/// number of constraints of the machine and n that of row variables.
///
/// # Errors
/// The first check that failed.
pub fn check<E: Challenge>(
    known: &Known<'_, E>,
    proof: &RowsProof<E>,
    values: &[E],
    transcript: &mut Steps,
    operations: &mut Operations,
) -> Result<RowPoint<E>, RowsError> {
    let heights = &known.layout.heights;
    let log_rows = heights.log_rows();
    let rounds = (log_rows as usize).saturating_sub(SKIPPED_BITS);
    lengths::check("values of the first round", SKIP_VALUES, proof.skip.len())?;
    lengths::check("rounds over rows", rounds, proof.rounds.len())?;
    lengths::check("values of columns", known.layout.values(), values.len())?;
    let leaf = LeafPoint::new(known.claim, log_rows, slot_bits(known.machine))?;
    operations.multiply(leaf.slots.len());

    let alpha: E = transcript.challenge(label::ALPHA);
    let combination = Combination {
        machine: known.machine,
        leaf: &leaf,
        lookups: known.lookups,
        alpha,
    };
    let public = |table: Table| -> Vec<E> {
        let public = table.public(known.part);
        public.into_iter().map(E::from_base).collect()
    };
    let fraction = known.claim.value;
    let mut sum = fraction.numerator + alpha * (fraction.denominator - E::ONE);
    let mut of_zeros = E::ZERO;
    for (table, height) in heights.tables() {
        let zeros = combination.zeros(table, &public(table), operations)?;
        sum -= below(&leaf.rows, height as usize) * zeros;
        of_zeros += zeros;
    }
    let (point, sum) = check_rounds(&leaf.rows, proof, sum, transcript, operations)?;

    // All columns at the point.
    let mut total = -of_zeros;
    let mut values = values;
    for (table, height) in heights.tables() {
        let mut take = |phases: &[usize]| -> Vec<E> {
            let widths = phases.iter().map(|phase| committed(table, *phase));
            let count = widths.fold(0, usize::saturating_add);
            let (own, rest) = values.split_at_checked(count).unwrap_or_default();
            values = rest;
            own.to_vec()
        };
        let mut fixed = take(&[FIXED_PROGRAM, FIXED_GAPS]);
        let mut trace = take(&[BOUNDARY, MAIN]);
        let given = given(table, height as usize, known.part, &point, operations);
        let is_statement = table == Table::Statement;
        (if is_statement { &mut trace } else { &mut fixed }).extend(&given);
        let row = Row {
            fixed: &fixed,
            trace: &trace,
            periodic: if is_statement { &given } else { &[] },
            public: &public(table),
        };
        total += combination.row(table, &row, operations)?;
    }
    if total == sum {
        Ok(point)
    } else {
        Err(RowsError::Values)
    }
}

/// The rounds: from the claimed sum to the point where they end, and what is left of the sum there.
fn check_rounds<E: Challenge>(
    rows: &[E],
    proof: &RowsProof<E>,
    mut sum: E,
    transcript: &mut Steps,
    operations: &mut Operations,
) -> Result<(RowPoint<E>, E), RowsError> {
    let (lanes, rest) = rows.split_at_checked(LANE_BITS).unwrap_or_default();
    let (skipped, rest) = rest.split_at_checked(SKIPPED_BITS).unwrap_or_default();
    let weights = eq_table(skipped);
    let terms = weights.iter().zip(&proof.skip);
    if terms.map(|(weight, value)| *weight * *value).sum::<E>() != sum {
        return Err(RowsError::Skip);
    }
    let xi: E = transcript.exchange(label::SKIP, &proof.skip);
    let terms = lagrange(SKIP_VALUES, xi).into_iter().zip(&proof.skip);
    sum = terms.map(|(weight, value)| weight * *value).sum();
    operations.multiply(SKIP_VALUES.saturating_mul(SKIP_VALUES));

    let mut challenges = Vec::new();
    for ([m, e, f], coordinate) in proof.rounds.iter().zip(rest.iter().chain(lanes)) {
        let r: E = transcript.exchange(label::ROW, &[*m, *e, *f]);
        sum += *m * (r - *coordinate) + r * (r - E::ONE) * (*e + *f * r);
        operations.multiply(4);
        challenges.push(r);
    }
    let (rest, lanes) = challenges.split_at_checked(rest.len()).unwrap_or_default();
    let at = |values: &[E], index: usize| values.get(index).copied().unwrap_or_default();
    let nodes = lagrange(NODES, xi);
    debug_assert!(rest.len() >= INNER_BITS);
    let point = RowPoint {
        lanes: core::array::from_fn(|index| at(lanes, index)),
        skipped: core::array::from_fn(|index| at(&nodes, index)),
        rest: rest.to_vec(),
    };
    Ok((point, sum))
}

#[cfg(test)]
mod tests;
