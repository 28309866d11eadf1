//! The function whose low degree shows that all columns have the opened values.
//!
//! Section 8.6 of the protocol: `F(P) = [sum_j gamma^j (f_j(P) - line_j(P))] / V_Z(P)`, and the same
//! for W. Lines go through an opened value and its conjugate, over the y of the points.

use alloc::{vec, vec::Vec};

use zonda_circuits::F;

use crate::{
    challenge::Challenge,
    circle::{Point, point_at},
    cost::Operations,
    error::PartError,
    layout::Layout,
    lengths,
    merkle::distinct,
    proof::{Opened, PhaseOpening},
};

/// An out-of-domain point with the combination of all columns opened there.
#[derive(Clone, Copy, Debug)]
struct Opening<E> {
    at: Point<E>,
    /// `conj x - x` and `conj y - y`.
    chord: Point<E>,
    /// The sum of all lines: `slope * y + offset`.
    slope: E,
    offset: E,
}

impl<E: Challenge> Opening<E> {
    /// With the weights of the values opened at the point.
    fn new(
        at: Point<E>,
        weights: &[E],
        values: &[E],
        operations: &mut Operations,
    ) -> Result<Self, PartError> {
        let conjugate = at.conjugate();
        let chord = Point {
            x: conjugate.x - at.x,
            y: conjugate.y - at.y,
        };
        lengths::check("opened values", weights.len(), values.len())?;
        let inverse = chord.y.try_inverse().ok_or(PartError::Point)?;
        let (mut rise, mut start) = (E::ZERO, E::ZERO);
        for (weight, value) in weights.iter().zip(values) {
            rise += *weight * (value.conjugate() - *value);
            start += *weight * *value;
        }
        operations.multiply(weights.len().saturating_mul(2));
        operations.invert(1);
        let slope = rise * inverse;
        Ok(Self {
            at,
            chord,
            slope,
            offset: start - slope * at.y,
        })
    }

    /// The sum of all lines at a point of the domain.
    fn lines(&self, at: Point<F>) -> E {
        self.slope.mul_base(at.y) + self.offset
    }

    /// The function with zeros at the out-of-domain point and its conjugate.
    fn vanishing(&self, at: Point<F>) -> E {
        let [x, y] = [E::from_base(at.x), E::from_base(at.y)];
        (x - self.at.x) * self.chord.y - (y - self.at.y) * self.chord.x
    }
}

/// The data to compute F.
#[derive(Clone, Debug)]
pub struct Batch<E> {
    point: Opening<E>,
    before: Opening<E>,
    /// gamma^j, per column.
    weights: Vec<E>,
    /// Column and weight, for those opened at W.
    weights_before: Vec<(usize, E)>,
}

impl<E: Challenge> Batch<E> {
    /// Combines the values opened at Z = `point` and W = `before` with powers of gamma.
    ///
    /// # Errors
    /// If the y of a point is its own conjugate, or there are more or fewer values than columns.
    pub fn new(
        layout: &Layout,
        point: Point<E>,
        before: Point<E>,
        opened: &Opened<E>,
        gamma: E,
        operations: &mut Operations,
    ) -> Result<Self, PartError> {
        let mut powers = gamma.powers();
        let weights: Vec<E> = powers.by_ref().take(layout.columns()).collect();
        let columns_before: Vec<usize> = layout.opened_before().collect();
        let later: Vec<E> = powers.take(columns_before.len()).collect();
        operations.multiply(weights.len().saturating_add(later.len()));
        Ok(Self {
            point: Opening::new(point, &weights, &opened.at_point, operations)?,
            before: Opening::new(before, &later, &opened.before, operations)?,
            weights_before: columns_before.into_iter().zip(later).collect(),
            weights,
        })
    }

    /// F at each of `positions`, distinct and ascending, from the rows opened there.
    ///
    /// # Errors
    /// If rows are missing, or there are more.
    pub fn values(
        &self,
        layout: &Layout,
        openings: &[PhaseOpening],
        positions: &[usize],
        operations: &mut Operations,
    ) -> Result<Vec<E>, PartError> {
        let mut sums = vec![(E::ZERO, E::ZERO); positions.len()];
        lengths::check("opened phases", layout.phases.len(), openings.len())?;
        for (phase, opening) in layout.phases.iter().zip(openings) {
            lengths::check("groups of rows", phase.groups.len(), opening.rows.len())?;
            for (group, rows) in phase.groups.iter().zip(&opening.rows) {
                let columns = group.columns();
                let weights = self.weights.get(columns.clone()).unwrap_or_default();
                lengths::check("weights of columns", group.width, weights.len())?;
                let weights_before: Vec<_> = self
                    .weights_before
                    .iter()
                    .filter(|(column, _)| columns.contains(column))
                    .map(|(column, weight)| (column.saturating_sub(group.first), *weight))
                    .collect();
                let shift = layout.log_size().saturating_sub(group.log_size());
                let places = distinct(positions, shift);
                let cells = places.len().saturating_mul(group.width);
                lengths::check("opened cells", cells, rows.len())?;
                let partial: Vec<(E, E)> = rows
                    .chunks_exact(group.width)
                    .map(|row| {
                        let cell = |column: &usize| row.get(*column).copied();
                        let at_point = weights.iter().zip(row).map(|(w, cell)| w.mul_base(*cell));
                        let before = weights_before
                            .iter()
                            .filter_map(|(column, w)| Some(w.mul_base(cell(column)?)));
                        (at_point.sum(), before.sum())
                    })
                    .collect();
                let scalings = weights.len().saturating_add(weights_before.len());
                operations.scale(scalings.saturating_mul(partial.len()));
                for (position, sum) in positions.iter().zip(&mut sums) {
                    let place = position.checked_shr(shift).unwrap_or(0);
                    let found = places.binary_search(&place).ok();
                    let found = found.and_then(|index| partial.get(index));
                    let (at_point, before) = found.copied().unwrap_or_default();
                    sum.0 += at_point;
                    sum.1 += before;
                }
            }
        }
        let quotient = |(position, (at_point, before)): (&usize, (E, E))| {
            let at = point_at(layout.log_size(), *position);
            let [v_point, v_before] = [self.point.vanishing(at), self.before.vanishing(at)];
            let point = (at_point - self.point.lines(at)) * v_before;
            let before = (before - self.before.lines(at)) * v_point;
            // Neither point is over the base field, so neither line has a zero there.
            let inverse = (v_point * v_before).try_inverse();
            Ok((point + before) * inverse.ok_or(PartError::Point)?)
        };
        operations.multiply(positions.len().saturating_mul(8));
        operations.scale(positions.len().saturating_mul(2));
        operations.invert(positions.len());
        positions.iter().zip(sums).map(quotient).collect()
    }
}
