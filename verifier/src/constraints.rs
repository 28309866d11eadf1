//! All constraints of a part at the out-of-domain point.
//!
//! Sections 8.3 to 8.5 of the protocol.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    builder::{Builder, Circuit, Weight},
    bus::Bus,
    columns::Columns,
    machine::Table,
};

use crate::{
    challenge::Challenge,
    cost::Operations,
    counts::Scope,
    lengths::{self, LengthError},
};

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

/// The values of an instance's columns at the out-of-domain points.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a, E> {
    /// The preprocessed columns.
    pub fixed: &'a [E],
    /// The columns that are committed before the global challenge.
    pub boundary: &'a [E],
    /// The columns that are committed after it.
    pub main: &'a [E],
    /// The columns that the statement makes.
    pub periodic: &'a [E],
    /// The public values.
    pub public: &'a [E],
    /// The sums of the local messages.
    pub local: Sums<'a, E>,
    /// The sums of the global messages.
    pub global: Sums<'a, E>,
}

/// The sums of an instance's messages of one scope at the out-of-domain points.
#[derive(Clone, Copy, Debug)]
pub struct Sums<'a, E> {
    /// The coordinate columns of all sums.
    pub columns: &'a [E],
    /// The coordinate columns of the last sum, one row before.
    pub before: &'a [E],
    /// The claimed sum of all messages, divided by the number of rows.
    pub share: E,
}

impl<E: Challenge> Default for Sums<'_, E> {
    fn default() -> Self {
        Self {
            columns: &[],
            before: &[],
            share: E::ZERO,
        }
    }
}

/// The combination of all constraints: Horner's scheme in alpha.
#[derive(Clone, Copy, Debug)]
pub struct Combination<E> {
    alpha: E,
    sum: E,
}

impl<E: Challenge> Combination<E> {
    /// The combination of no constraints.
    pub const fn new(alpha: E) -> Self {
        Self {
            alpha,
            sum: E::ZERO,
        }
    }

    /// The sum.
    pub const fn value(&self) -> E {
        self.sum
    }

    /// Takes in the constraints of one instance: those of its table, then those of its pairs of
    /// local messages, then those of its pairs of global messages.
    ///
    /// # Errors
    /// If the row has more or fewer columns than the table, or sums than the messages need; or if a
    /// message is wider than the widest of the challenges.
    pub fn add_instance(
        &mut self,
        table: Table,
        row: &Row<'_, E>,
        lookups: Lookups<'_, E>,
        operations: &mut Operations,
    ) -> Result<(), LengthError> {
        lengths::check("fixed columns", table.fixed_width(), row.fixed.len())?;
        lengths::check(
            "boundary columns",
            table.boundary_width(),
            row.boundary.len(),
        )?;
        lengths::check("main columns", table.width(), row.main.len())?;
        let mut evaluation = Evaluation {
            row,
            lookups,
            local: Vec::new(),
            global: Vec::new(),
            widest: Ok(()),
            combination: self,
            operations,
        };
        table.eval(&mut Circuit::new(&mut evaluation));
        let Evaluation {
            local,
            global,
            widest,
            ..
        } = evaluation;
        widest?;
        self.add_pairs(&local, &row.local, operations)?;
        self.add_pairs(&global, &row.global, operations)
    }

    fn add(&mut self, constraint: E, operations: &mut Operations) {
        operations.multiply(1);
        self.sum = self.sum * self.alpha + constraint;
    }

    /// With u the fraction that a pair adds: `u d_a d_b = c_a d_b + c_b d_a`, or `u d_a = c_a` for
    /// a message alone.
    fn add_pairs(
        &mut self,
        messages: &[(E, E)],
        sums: &Sums<'_, E>,
        operations: &mut Operations,
    ) -> Result<(), LengthError> {
        let pairs = messages.len().div_ceil(2);
        let columns = pairs.saturating_mul(E::DEGREE);
        lengths::check("columns of sums", columns, sums.columns.len())?;
        let before = if pairs > 0 { E::DEGREE } else { 0 };
        lengths::check("columns of the running sum", before, sums.before.len())?;
        let last = pairs.saturating_sub(1);
        let mut before = E::ZERO;
        let columns = sums.columns.chunks_exact(E::DEGREE).map(combine);
        for (index, (pair, sum)) in messages.chunks(2).zip(columns).enumerate() {
            operations.multiply(E::DEGREE);
            let mut added = sum - before;
            if index == last {
                operations.multiply(E::DEGREE);
                added += sums.share - combine(sums.before);
            }
            before = sum;
            match pair {
                [(count_a, a), (count_b, b)] => {
                    operations.multiply(4);
                    let fractions = *count_a * *b + *count_b * *a;
                    self.add(added * *a * *b - fractions, operations);
                }
                [(count, a)] => {
                    operations.multiply(1);
                    self.add(added * *a - *count, operations);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The challenge-field value whose coordinates have these values.
pub fn combine<E: Challenge>(coordinates: &[E]) -> E {
    let terms = coordinates.iter().enumerate();
    terms.fold(E::ZERO, |sum, (index, coordinate)| {
        let basis = E::from_coordinates_fn(|i| F::from_bool(i == index));
        sum + basis * *coordinate
    })
}

/// One instance's row, as a builder over the challenge field.
struct Evaluation<'a, E> {
    row: &'a Row<'a, E>,
    lookups: Lookups<'a, E>,
    /// Signed count and fingerprint of each local message.
    local: Vec<(E, E)>,
    /// The same, of each global message.
    global: Vec<(E, E)>,
    /// Whether the challenges have a power for each field of all messages.
    widest: Result<(), LengthError>,
    combination: &'a mut Combination<E>,
    operations: &'a mut Operations,
}

impl<E: Challenge> Builder for Evaluation<'_, E> {
    type Var = E;
    type Expr = E;

    fn row<C: Columns<E>>(&self) -> C {
        C::from_row(self.row.main)
    }

    fn boundary<C: Columns<E>>(&self) -> C {
        C::from_row(self.row.boundary)
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
        self.combination.add(x, self.operations);
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: E, _weight: Weight, fields: [E; N]) {
        let (lookup, messages) = match Scope::of(bus) {
            Scope::Local => (self.lookups.local, &mut self.local),
            Scope::Global => (self.lookups.global, &mut self.global),
        };
        match lookup.fingerprint(bus, &fields) {
            Some(fingerprint) => messages.push((count, fingerprint)),
            None => self.widest = lengths::check("powers of beta", N, lookup.powers.len()),
        }
        self.operations.multiply(N);
    }
}
