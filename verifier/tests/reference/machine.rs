//! What the protocol says about the machine's tables: their slots, the powers of alpha that their
//! constraints have, and the combination of all statements about a row.

use zonda_circuits::{
    F,
    builder::{Builder, Circuit, Weight},
    bus::Bus,
    columns::Columns,
    machine::Table,
};
use zonda_verifier::Challenge;

use crate::multilinear::eq_table;

/// Messages of a part, and messages of the run.
pub const SCOPES: usize = 2;

/// A message: its count, negative if it is received, its bus and its fields.
#[derive(Clone, Debug)]
pub struct Message<E> {
    pub count: E,
    pub bus: Bus,
    pub fields: Vec<E>,
}

/// The constraints and messages of one row.
#[derive(Clone, Debug, Default)]
pub struct Said<E> {
    pub constraints: Vec<E>,
    /// Local, then global.
    pub messages: [Vec<Message<E>>; SCOPES],
}

/// All cells of a row: preprocessed, boundary, main.
struct Row<'a, E> {
    table: Table,
    cells: &'a [E],
    public: &'a [F],
    said: Said<E>,
}

impl<E: Challenge> Builder for Row<'_, E> {
    type Var = E;
    type Expr = E;

    fn row<C: Columns<E>>(&self) -> C {
        C::from_row(&self.cells[self.table.fixed_width() + self.table.boundary_width()..])
    }

    fn boundary<C: Columns<E>>(&self) -> C {
        C::from_row(&self.cells[self.table.fixed_width()..])
    }

    fn fixed<C: Columns<E>>(&self) -> C {
        C::from_row(self.cells)
    }

    fn periodic(&self, column: usize) -> E {
        // The statement's columns are given: they are what they must be.
        assert_eq!(self.table, Table::Statement);
        self.cells[column]
    }

    fn public(&self, index: usize) -> E {
        self.public.get(index).map_or(E::ZERO, |x| E::from_base(*x))
    }

    fn zero(&mut self, x: E) {
        self.said.constraints.push(x);
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: E, _: Weight, fields: [E; N]) {
        let scope = usize::from(matches!(bus, Bus::Boundary | Bus::Instruction));
        let fields = fields.to_vec();
        self.said.messages[scope].push(Message { count, bus, fields });
    }
}

/// How many columns a table has.
pub const fn width(table: Table) -> usize {
    table.fixed_width() + table.boundary_width() + table.width()
}

/// Evaluates a row.
pub fn say<E: Challenge>(table: Table, cells: &[E], public: &[F]) -> Said<E> {
    assert_eq!(cells.len(), width(table));
    let mut row = Row {
        table,
        cells,
        public,
        said: Said::default(),
    };
    table.eval(&mut Circuit::new(&mut row));
    row.said
}

/// Where a table's messages and constraints stand among those of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places {
    /// The first slots: of local messages, of global ones.
    pub slots: [usize; SCOPES],
    /// How many constraints the tables before it have.
    pub constraints: usize,
}

/// Of all tables.
pub struct Machine {
    places: Vec<Places>,
    /// How many bits number the slots: B.
    pub slot_bits: u32,
}

impl Machine {
    pub fn new<E: Challenge>() -> Self {
        let mut next = Places::default();
        let mut places = Vec::new();
        for table in Table::ALL {
            places.push(next);
            let said: Said<E> = say(table, &vec![E::ZERO; width(table)], &[]);
            next.constraints += said.constraints.len();
            for (slots, messages) in next.slots.iter_mut().zip(&said.messages) {
                *slots += messages.len();
            }
        }
        let most = next.slots.into_iter().max().unwrap();
        Self {
            places,
            slot_bits: (0..).find(|bits| most <= 1 << bits).unwrap(),
        }
    }

    pub fn places(&self, table: Table) -> Places {
        self.places[table as usize]
    }
}

/// The challenges z and beta, of local and of global messages.
pub type Lookups<E> = [(E, E); SCOPES];

/// The denominator of a message.
pub fn denominator<E: Challenge>((z, beta): (E, E), message: &Message<E>) -> E {
    let mut sum = z + E::from_u32(message.bus as u32);
    let mut power = beta;
    for field in &message.fields {
        sum += power * *field;
        power *= beta;
    }
    sum
}

/// `G_T`: everything that is stated of a row, in one number.
pub struct Combination<'a, E> {
    machine: &'a Machine,
    lookups: Lookups<E>,
    alpha: E,
    /// Of each scope, `eq(u, slot)`.
    slots: [Vec<E>; SCOPES],
}

impl<'a, E: Challenge> Combination<'a, E> {
    /// `u` has a coordinate for each bit of a slot, from the lowest, and then that of the scope.
    pub fn new(machine: &'a Machine, lookups: Lookups<E>, alpha: E, u: &[E]) -> Self {
        let mut local = eq_table(u);
        let global = local.split_off(1 << machine.slot_bits);
        Self {
            machine,
            lookups,
            alpha,
            slots: [local, global],
        }
    }

    /// Of a row.
    pub fn of(&self, table: Table, cells: &[E], public: &[F]) -> E {
        let said = say(table, cells, public);
        let Places { slots, constraints } = self.machine.places(table);
        let mut sum = E::ZERO;
        for (scope, messages) in said.messages.iter().enumerate() {
            let weights = &self.slots[scope][slots[scope]..];
            for (message, weight) in messages.iter().zip(weights) {
                let d = denominator(self.lookups[scope], message);
                sum += *weight * (message.count + self.alpha * (d - E::ONE));
            }
        }
        let mut power = self.alpha.exp_u64(2 + constraints as u64);
        for constraint in said.constraints {
            sum += power * constraint;
            power *= self.alpha;
        }
        sum
    }

    /// Of a row of zeros.
    pub fn of_zeros(&self, table: Table, public: &[F]) -> E {
        self.of(table, &vec![E::ZERO; width(table)], public)
    }
}
