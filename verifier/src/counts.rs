//! How many constraints and messages the tables state, and the digest of the machine.

use alloc::{vec, vec::Vec};

use p3_air::{AirBuilder, RowWindow};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::{Count, InteractionBuilder};
use zonda_circuits::{F, builder::Circuit, machine::Table};

/// How many periodic columns and public values a table can ask for.
const STATED: usize = 8;

/// What a table states for one row.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// How many constraints.
    pub constraints: usize,
    /// How many messages.
    pub messages: usize,
    /// The number of fields of the widest message.
    pub widest: usize,
    /// The number of fields of all messages.
    pub fields: usize,
}

impl Counts {
    /// Counts what a table states.
    pub fn of(table: Table) -> Self {
        let main = vec![F::ZERO; table.width()];
        let fixed = vec![F::ZERO; table.fixed_width()];
        let mut counter = Counter {
            main: &main,
            fixed: RowWindow::from_two_rows(&fixed, &fixed),
            counts: Self::default(),
        };
        table.eval(&mut Circuit::new(&mut counter));
        counter.counts
    }

    /// How many challenge-field columns hold the sums of the messages: one per pair.
    pub const fn sums(&self) -> usize {
        self.messages.div_ceil(2)
    }
}

/// The digest of the machine: names, widths and counts of all tables.
pub fn machine_digest() -> [u8; 32] {
    let mut bytes = Vec::new();
    for table in Table::ALL {
        let counts = Counts::of(table);
        bytes.push(table.name().len() as u8);
        bytes.extend(table.name().bytes());
        let numbers = [
            table.width(),
            table.fixed_width(),
            counts.constraints,
            counts.messages,
            counts.fields,
        ];
        bytes.extend(numbers.into_iter().flat_map(|n| (n as u32).to_le_bytes()));
    }
    *blake3::hash(&bytes).as_bytes()
}

struct Counter<'a> {
    main: &'a [F],
    fixed: RowWindow<'a, F>,
    counts: Counts,
}

impl<'a> AirBuilder for Counter<'a> {
    type F = F;
    type Expr = F;
    type Var = F;
    type PreprocessedWindow = RowWindow<'a, F>;
    type MainWindow = RowWindow<'a, F>;
    type PublicVar = F;
    type PeriodicVar = F;

    fn main(&self) -> Self::MainWindow {
        RowWindow::from_two_rows(self.main, self.main)
    }

    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.fixed
    }

    fn is_first_row(&self) -> F {
        F::ZERO
    }

    fn is_last_row(&self) -> F {
        F::ZERO
    }

    fn is_transition(&self) -> F {
        F::ZERO
    }

    fn assert_zero<I: Into<F>>(&mut self, _x: I) {
        self.counts.constraints = self.counts.constraints.saturating_add(1);
    }

    fn public_values(&self) -> &[F] {
        &[F::ZERO; STATED]
    }

    fn periodic_values(&self) -> &[F] {
        &[F::ZERO; STATED]
    }
}

impl InteractionBuilder for Counter<'_> {
    fn push_interaction<E: Into<F>>(
        &mut self,
        _bus_name: &str,
        fields: impl IntoIterator<Item = E>,
        _count: impl Into<Count<F>>,
    ) {
        let fields = fields.into_iter().count();
        let Counts {
            messages,
            widest,
            fields: all,
            ..
        } = &mut self.counts;
        *messages = messages.saturating_add(1);
        *all = all.saturating_add(fields);
        *widest = (*widest).max(fields);
    }

    fn push_local_interaction(&mut self, _tuples: impl IntoIterator<Item = (Vec<F>, Count<F>)>) {
        // Tables speak on the machine's buses only.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_speaks() {
        for table in Table::ALL {
            let counts = Counts::of(table);
            assert!(counts.messages > 0, "{}", table.name());
            assert!(counts.widest <= 10);
        }
        let statement = Counts::of(Table::Statement);
        assert_eq!((statement.constraints, statement.messages), (6, 6));
        assert_eq!((statement.sums(), statement.widest), (3, 2));
    }
}
