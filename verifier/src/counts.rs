//! How many constraints and messages the tables state, and the digest of the machine.

use alloc::{vec, vec::Vec};

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    builder::{Builder, Circuit, Weight},
    bus::Bus,
    columns::Columns,
    machine::Table,
};

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
        let mut counter = Counter(Self::default());
        table.eval(&mut Circuit::new(&mut counter));
        counter.0
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

/// Hears a row of zeros.
struct Counter(Counts);

impl Builder for Counter {
    type Var = F;
    type Expr = F;

    fn row<C: Columns<F>>(&self) -> C {
        C::from_row(&vec![F::ZERO; C::WIDTH])
    }

    fn fixed<C: Columns<F>>(&self) -> C {
        C::from_row(&vec![F::ZERO; C::WIDTH])
    }

    fn periodic(&self, _column: usize) -> F {
        F::ZERO
    }

    fn public(&self, _index: usize) -> F {
        F::ZERO
    }

    fn zero(&mut self, _x: F) {
        self.0.constraints = self.0.constraints.saturating_add(1);
    }

    fn message<const N: usize>(&mut self, _bus: Bus, _count: F, _weight: Weight, _fields: [F; N]) {
        self.0.messages = self.0.messages.saturating_add(1);
        self.0.fields = self.0.fields.saturating_add(N);
        self.0.widest = self.0.widest.max(N);
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
