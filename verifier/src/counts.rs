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

/// The range over which messages balance, which decides the challenges that combine them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// Over the tables of one part.
    Local,
    /// Over all parts of a run.
    Global,
}

impl Scope {
    /// Both, in the order in which a table's messages stand.
    pub const ALL: [Self; 2] = [Self::Local, Self::Global];

    /// The scope of a bus.
    pub const fn of(bus: Bus) -> Self {
        if bus.is_global() {
            Self::Global
        } else {
            Self::Local
        }
    }
}

/// A table's constraints and messages for one row, counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// How many constraints.
    pub constraints: usize,
    /// How many messages on buses of a part.
    pub local: usize,
    /// How many messages on buses of the run. They stand after the local ones.
    pub global: usize,
    /// The number of fields of the widest message.
    pub widest: usize,
    /// The number of fields of all messages.
    pub fields: usize,
}

impl Counts {
    /// Counts a table's constraints and messages.
    pub fn of(table: Table) -> Self {
        let mut counter = Counter(Self::default());
        table.eval(&mut Circuit::new(&mut counter));
        counter.0
    }

    /// How many messages of a scope there are.
    pub const fn messages(&self, scope: Scope) -> usize {
        match scope {
            Scope::Local => self.local,
            Scope::Global => self.global,
        }
    }
}

/// BLAKE3 of the constraints and messages of all tables, as polynomials: section 10 of the protocol.
///
/// It is a constant, so that a verifier need not record the tables; `tests/machine.rs` computes it, so that
/// no constraint changes without it.
pub const STATEMENTS_DIGEST: [u8; 32] = [
    0x90, 0x2c, 0x99, 0x26, 0x61, 0x08, 0xfc, 0xdf, 0x08, 0x27, 0x09, 0x2f, 0xa1, 0x02, 0x2e, 0x4e,
    0x9f, 0xcf, 0xba, 0xc8, 0x5d, 0x5d, 0x79, 0x31, 0x8d, 0x9b, 0x2d, 0x26, 0x2d, 0xf5, 0xa5, 0x39,
];

/// The counts of all tables, computed once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Machine([Counts; Table::ALL.len()]);

impl Machine {
    /// Counts the constraints and messages of all tables.
    pub fn new() -> Self {
        Self(Table::ALL.map(Counts::of))
    }

    /// The counts of a table.
    pub fn counts(&self, table: Table) -> Counts {
        self.0.get(table as usize).copied().unwrap_or_default()
    }

    /// The number of fields of the widest message.
    pub fn widest(&self) -> usize {
        let widest = self.0.iter().map(|counts| counts.widest);
        widest.max().unwrap_or(0)
    }

    /// The digest of the machine: names, widths and counts of all tables, and [`STATEMENTS_DIGEST`].
    pub fn digest(&self) -> [u8; 32] {
        let mut bytes = Vec::new();
        for (table, counts) in Table::ALL.into_iter().zip(&self.0) {
            bytes.push(table.name().len() as u8);
            bytes.extend(table.name().bytes());
            let numbers = [
                table.fixed_width(),
                table.boundary_width(),
                table.width(),
                counts.constraints,
                counts.local,
                counts.global,
                counts.fields,
            ];
            bytes.extend(numbers.into_iter().flat_map(|n| (n as u32).to_le_bytes()));
        }
        bytes.extend(STATEMENTS_DIGEST);
        *blake3::hash(&bytes).as_bytes()
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

/// A builder that evaluates a row of zeros.
struct Counter(Counts);

impl Builder for Counter {
    type Var = F;
    type Expr = F;

    fn row<C: Columns<F>>(&self) -> C {
        C::from_row(&vec![F::ZERO; C::WIDTH])
    }

    fn boundary<C: Columns<F>>(&self) -> C {
        self.row()
    }

    fn fixed<C: Columns<F>>(&self) -> C {
        self.row()
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

    fn message<const N: usize>(&mut self, bus: Bus, _count: F, _weight: Weight, _fields: [F; N]) {
        let messages = match Scope::of(bus) {
            Scope::Local => &mut self.0.local,
            Scope::Global => &mut self.0.global,
        };
        *messages = messages.saturating_add(1);
        self.0.fields = self.0.fields.saturating_add(N);
        self.0.widest = self.0.widest.max(N);
    }
}

#[cfg(test)]
mod tests {
    use zonda_circuits::machine::Part;

    use super::*;

    #[test]
    fn every_table_speaks() {
        let machine = Machine::new();
        for table in Table::ALL {
            let counts = machine.counts(table);
            assert_eq!(counts, Counts::of(table));
            assert!(counts.local + counts.global > 0, "{}", table.name());
            assert!(counts.widest <= machine.widest());
        }
        assert_eq!(machine.widest(), 9);
        let statement = machine.counts(Table::Statement);
        assert_eq!((statement.constraints, statement.local), (4, 4));
        let boundary = machine.counts(Table::Boundary);
        assert_eq!((boundary.local, boundary.global), (3, 2));
        assert_eq!(boundary.widest, 5);
        let program = machine.counts(Table::Program);
        assert_eq!((program.local, program.global), (0, 1));
    }

    /// Hears a row of which all cells that are committed after the global challenge, and all that
    /// the statement makes, are `late`.
    struct Late {
        late: F,
        messages: Vec<(Scope, F, Vec<F>)>,
    }

    impl Builder for Late {
        type Var = F;
        type Expr = F;

        fn row<C: Columns<F>>(&self) -> C {
            C::from_row(&vec![self.late; C::WIDTH])
        }

        fn boundary<C: Columns<F>>(&self) -> C {
            C::from_row(&(3..).map(F::from_usize).take(C::WIDTH).collect::<Vec<_>>())
        }

        fn fixed<C: Columns<F>>(&self) -> C {
            C::from_row(&(50..).map(F::from_usize).take(C::WIDTH).collect::<Vec<_>>())
        }

        fn periodic(&self, _column: usize) -> F {
            self.late
        }

        fn public(&self, index: usize) -> F {
            F::from_usize(index + 100)
        }

        fn zero(&mut self, _x: F) {}

        fn message<const N: usize>(&mut self, bus: Bus, count: F, _: Weight, fields: [F; N]) {
            let message = (Scope::of(bus), count, fields.to_vec());
            self.messages.push(message);
        }
    }

    /// The content of a global message is decided before the global challenge: SOUNDNESS.md, lemma H.
    #[test]
    fn global_messages_are_of_early_columns() {
        for table in Table::ALL {
            let [a, b] = [7, 1 << 20].map(|late| {
                let late = F::from_u32(late);
                let mut listener = Late {
                    late,
                    messages: Vec::new(),
                };
                table.eval(&mut Circuit::new(&mut listener));
                listener.messages
            });
            let global = |messages: &[(Scope, F, Vec<F>)]| -> Vec<(F, Vec<F>)> {
                let messages = messages
                    .iter()
                    .filter(|(scope, ..)| *scope == Scope::Global);
                messages
                    .map(|(_, count, fields)| (*count, fields.clone()))
                    .collect()
            };
            assert_eq!(global(&a), global(&b), "{}", table.name());
            assert_eq!(global(&a).len(), Counts::of(table).global);
            // They stand last.
            assert!(a.is_sorted_by_key(|(scope, ..)| *scope == Scope::Global));
            assert_eq!(a != b, table.width() > 0, "{}", table.name());
        }
        // Public values of global messages are the position, which the verifier gives.
        let public = Table::Boundary.public(&Part::default());
        assert!(public.is_empty());
    }
}
