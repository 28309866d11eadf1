//! One sum over all rows: that the constraints of all tables hold, and that the claim on the leaves of the tree of
//! fractions is that of the tables' messages; down to the values of all columns at one point.
//!
//! Section 8.4 of the protocol.

use alloc::vec::Vec;

use zonda_circuits::machine::{Part, Table};

use crate::{
    challenge::Challenge,
    combination::{Combination, LeafPoint, Row, public, slot_bits},
    cost::Operations,
    counts::Machine,
    fractions::Claim,
    given::given,
    layout::{BOUNDARY, FIXED_GAPS, FIXED_PROGRAM, Layout, MAIN, committed},
    lengths::{self, LengthError},
    lookup::Lookups,
    multilinear::table as eq_table,
    nodes::{NODES, SKIP_VALUES, lagrange},
    point::{INNER_BITS, LANE_BITS, RowPoint, SKIPPED_BITS},
    protocol::label,
    transcript::Transcript,
};

/// All that is sent of the sum over rows, but for the values of columns.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RowsProof<E> {
    /// The polynomial of the first round at the points of [`node`](crate::nodes::node).
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
    transcript: &mut Transcript,
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

    let combination = Combination {
        machine: known.machine,
        leaf: &leaf,
        lookups: known.lookups,
        alpha: transcript.challenge(label::ALPHA),
    };
    let claim = combination.claim(heights, known.part, &known.claim.value, operations)?;
    let (point, sum) = check_rounds(&leaf.rows, proof, claim.sum, transcript, operations)?;

    // All columns at the point.
    let mut total = -claim.of_zeros;
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
            public: &public(table, known.part),
        };
        total += combination.row(table, &row, operations)?;
    }
    if total == sum {
        Ok(point)
    } else {
        Err(RowsError::Values)
    }
}

/// The coordinates of a claim's row, by the rounds that bind their bits.
#[derive(Clone, Copy, Debug)]
pub struct Coordinates<'a, E> {
    /// Of bits 0 to 3.
    pub lanes: &'a [E],
    /// Of bits 4 to 6.
    pub skipped: &'a [E],
    /// Of the bits from 7 on.
    pub rest: &'a [E],
}

impl<'a, E: Challenge> Coordinates<'a, E> {
    /// Takes the coordinates apart; there are 7 at least.
    pub fn new(rows: &'a [E]) -> Self {
        let (lanes, rest) = rows.split_at_checked(LANE_BITS).unwrap_or_default();
        let (skipped, rest) = rest.split_at_checked(SKIPPED_BITS).unwrap_or_default();
        Self {
            lanes,
            skipped,
            rest,
        }
    }

    /// In the order of the rounds after the first: bits from 7 on, then lanes.
    pub fn order(self) -> impl Iterator<Item = E> + 'a {
        self.rest.iter().chain(self.lanes).copied()
    }
}

/// The claim after a round, whose polynomial `s` has `s(1) - s(0)`, `e` and `f` in `round`: it is `s(r)`. The claim
/// before is `sum = (1 - coordinate) s(0) + coordinate s(1)`.
///
/// Every `round` is a polynomial that agrees with the claim, and nothing is divided.
#[inline]
pub fn next<E: Challenge>(sum: E, round: [E; 3], coordinate: E, r: E) -> E {
    let [slope, e, f] = round;
    sum + slope * (r - coordinate) + r * (r - E::ONE) * (e + f * r)
}

/// The point at which the rounds end, given the challenges of all of them: `xi`, then those of the bits from 7 on and
/// of the lanes.
pub fn end<E: Challenge>(xi: E, challenges: &[E]) -> RowPoint<E> {
    let rest = challenges.len().saturating_sub(LANE_BITS);
    let (rest, lanes) = challenges.split_at_checked(rest).unwrap_or_default();
    let at = |values: &[E], index: usize| values.get(index).copied().unwrap_or_default();
    let nodes = lagrange(NODES, xi);
    debug_assert!(rest.len() >= INNER_BITS);
    RowPoint {
        lanes: core::array::from_fn(|index| at(lanes, index)),
        skipped: core::array::from_fn(|index| at(&nodes, index)),
        rest: rest.to_vec(),
    }
}

/// The rounds: from the claimed sum to the point where they end, and what is left of the sum there.
fn check_rounds<E: Challenge>(
    rows: &[E],
    proof: &RowsProof<E>,
    mut sum: E,
    transcript: &mut Transcript,
    operations: &mut Operations,
) -> Result<(RowPoint<E>, E), RowsError> {
    let rows = Coordinates::new(rows);
    let weights = eq_table(rows.skipped);
    let terms = weights.iter().zip(&proof.skip);
    if terms.map(|(weight, value)| *weight * *value).sum::<E>() != sum {
        return Err(RowsError::Skip);
    }
    let xi: E = transcript.exchange(label::SKIP, &proof.skip);
    let terms = lagrange(SKIP_VALUES, xi).into_iter().zip(&proof.skip);
    sum = terms.map(|(weight, value)| weight * *value).sum();
    operations.multiply(SKIP_VALUES.saturating_mul(3));

    let mut challenges = Vec::new();
    for (round, coordinate) in proof.rounds.iter().zip(rows.order()) {
        let r: E = transcript.exchange(label::ROW, round);
        sum = next(sum, *round, coordinate, r);
        operations.multiply(4);
        challenges.push(r);
    }
    Ok((end(xi, &challenges), sum))
}

#[cfg(test)]
mod tests;
