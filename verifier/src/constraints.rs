//! All constraints of a proof at the out-of-domain point.
//!
//! Sections 6 and 7 of the protocol.

use alloc::vec::Vec;

use p3_air::{AirBuilder, RowWindow};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::{Count, InteractionBuilder};
use zonda_circuits::{F, builder::Circuit, bus::Bus, machine::Table};

use crate::{challenge::Challenge, cost::Operations};

/// The challenges of the lookup argument.
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

    /// The fingerprint of a message: `z + bus + sum_j beta^(j + 1) field_j`.
    pub fn fingerprint(&self, bus: Bus, fields: impl Iterator<Item = E>) -> E {
        let start = self.z + E::from_u8(bus as u8);
        let terms = self.powers.iter().zip(fields);
        terms.fold(start, |sum, (power, field)| sum + *power * field)
    }
}

/// What an instance's columns are at the out-of-domain points.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a, E> {
    /// The preprocessed columns.
    pub fixed: &'a [E],
    /// The columns that the statement makes.
    pub periodic: &'a [E],
    /// The public values.
    pub public: &'a [E],
    /// The committed columns.
    pub main: &'a [E],
    /// The coordinate columns of the sums.
    pub sums: &'a [E],
    /// The coordinate columns of the last sum, one row before.
    pub before: &'a [E],
    /// The claimed sum of all messages, divided by the number of rows.
    pub share: E,
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
    /// messages.
    pub fn add_instance(
        &mut self,
        table: Table,
        row: &Row<'_, E>,
        lookup: &Lookup<E>,
        operations: &mut Operations,
    ) {
        let mut evaluation = Evaluation {
            row,
            fixed: RowWindow::from_two_rows(row.fixed, row.fixed),
            lookup,
            messages: Vec::new(),
            combination: self,
            operations,
        };
        table.eval(&mut Circuit::new(&mut evaluation));
        let messages = evaluation.messages;
        self.add_pairs(&messages, row, operations);
    }

    fn add(&mut self, constraint: E, operations: &mut Operations) {
        operations.multiply(1);
        self.sum = self.sum * self.alpha + constraint;
    }

    /// With u the fraction that a pair adds: `u d_a d_b = c_a d_b + c_b d_a`, or `u d_a = c_a` for
    /// a message alone.
    fn add_pairs(&mut self, messages: &[(E, E)], row: &Row<'_, E>, operations: &mut Operations) {
        let last = messages.len().div_ceil(2).saturating_sub(1);
        let mut before = E::ZERO;
        let sums = row.sums.chunks_exact(E::DEGREE).map(combine);
        for (index, (pair, sum)) in messages.chunks(2).zip(sums).enumerate() {
            operations.multiply(E::DEGREE);
            let mut added = sum - before;
            if index == last {
                operations.multiply(E::DEGREE);
                added += row.share - combine(row.before);
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

/// One instance's row, as an AIR builder over the challenge field.
struct Evaluation<'a, E> {
    row: &'a Row<'a, E>,
    fixed: RowWindow<'a, E>,
    lookup: &'a Lookup<E>,
    /// Signed count and fingerprint of each message.
    messages: Vec<(E, E)>,
    combination: &'a mut Combination<E>,
    operations: &'a mut Operations,
}

impl<'a, E: Challenge> AirBuilder for Evaluation<'a, E> {
    type F = E;
    type Expr = E;
    type Var = E;
    type PreprocessedWindow = RowWindow<'a, E>;
    type MainWindow = RowWindow<'a, E>;
    type PublicVar = E;
    type PeriodicVar = E;

    fn main(&self) -> Self::MainWindow {
        RowWindow::from_two_rows(self.row.main, self.row.main)
    }

    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.fixed
    }

    // No table of this machine looks at its position or at another row. If one did, these values
    // would make its constraints fail.
    fn is_first_row(&self) -> E {
        E::ONE
    }

    fn is_last_row(&self) -> E {
        E::ONE
    }

    fn is_transition(&self) -> E {
        E::ONE
    }

    fn assert_zero<I: Into<E>>(&mut self, x: I) {
        self.combination.add(x.into(), self.operations);
    }

    fn public_values(&self) -> &[E] {
        self.row.public
    }

    fn periodic_values(&self) -> &[E] {
        self.row.periodic
    }
}

impl<E: Challenge> InteractionBuilder for Evaluation<'_, E> {
    fn push_interaction<I: Into<E>>(
        &mut self,
        bus_name: &str,
        fields: impl IntoIterator<Item = I>,
        count: impl Into<Count<E>>,
    ) {
        let Some(bus) = Bus::from_name(bus_name) else {
            // Tables speak on the machine's buses only. If one did not, no sum would hold this.
            self.messages.push((E::ONE, E::ZERO));
            return;
        };
        let (count, _) = count.into().into_parts();
        let mut products = 0_usize;
        let fields = fields.into_iter().map(Into::into);
        let fields = fields.inspect(|_| products = products.saturating_add(1));
        let fingerprint = self.lookup.fingerprint(bus, fields);
        self.operations.multiply(products);
        self.messages.push((count, fingerprint));
    }

    fn push_local_interaction(&mut self, _tuples: impl IntoIterator<Item = (Vec<E>, Count<E>)>) {
        // As above.
        self.messages.push((E::ONE, E::ZERO));
    }
}
