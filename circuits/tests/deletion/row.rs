//! What one row says, and what of it nobody answers.

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{
    F,
    bus::Bus,
    evaluate::{Listener, Row},
    machine::{Table, TableAir},
};

/// The most fields of a message.
const WIDEST: usize = 10;

/// Something that a table says of each row: its place among the table's constraints or messages.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Part {
    Constraint(usize),
    Message(usize),
}

/// A message, sent `count` times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message {
    pub bus: Bus,
    pub count: F,
    fields: [F; WIDEST],
    width: usize,
}

impl Message {
    pub fn fields(&self) -> &[F] {
        &self.fields[..self.width]
    }

    pub fn numbers(&self) -> Vec<u32> {
        self.fields()
            .iter()
            .map(PrimeField32::as_canonical_u32)
            .collect()
    }
}

/// All that a row says.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub constraints: Vec<F>,
    pub messages: Vec<Message>,
}

impl Listener for &mut Said {
    fn constraint(&mut self, value: F) {
        self.constraints.push(value);
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        let mut all = [F::ZERO; WIDEST];
        all[..N].copy_from_slice(&fields);
        self.messages.push(Message {
            bus,
            count,
            fields: all,
            width: N,
        });
    }
}

/// What a row says.
pub fn say(air: &TableAir, row: usize, cells: &[F]) -> Said {
    let mut said = Said::default();
    say_into(air, row, cells, &mut said);
    said
}

/// [`say`], into what is at hand.
pub fn say_into(air: &TableAir, row: usize, cells: &[F], said: &mut Said) {
    said.constraints.clear();
    said.messages.clear();
    let width = air.table.fixed_width();
    let fixed = match &air.fixed {
        Some(fixed) => &fixed.values[row * width..(row + 1) * width],
        None => &[],
    };
    let periodic: Vec<F> = air.periodic.iter().map(|column| column[row]).collect();
    let mut row = Row::new(cells, fixed, &periodic, &air.public, &mut *said);
    air.table.tell(&mut row);
}

/// The name of a message, as lists have it.
pub fn full(bus: Bus, name: &str) -> String {
    format!("{name} on {}", bus.name())
}

/// Whether a bus is one of lookups in tables that do not depend on the run.
pub const fn is_lookup(bus: Bus) -> bool {
    matches!(
        bus,
        Bus::Program | Bus::Range16 | Bus::BytePair | Bus::And | Bus::PowerOfTwo | Bus::Gap
    )
}

/// Which columns each part depends on, as bits: the fields of messages, not their counts.
pub struct Dependencies {
    pub constraints: Vec<u64>,
    /// By message and field.
    pub fields: Vec<Vec<u64>>,
}

impl Dependencies {
    /// Those of a table: found at a point where no polynomial vanishes by chance.
    pub fn of(air: &TableAir) -> Self {
        let width = air.table.trace_width();
        assert!(width <= 64);
        let mut seed = 0x1357_9bdf_u64;
        let mut random = || {
            seed = seed
                .wrapping_mul(0x5851_f42d_4c95_7f2d)
                .wrapping_add(0x1405_7b7e_f767_814f);
            F::from_u32((seed >> 33) as u32)
        };
        let mut cells: Vec<F> = (0..width).map(|_| random()).collect();
        let before = say(air, 0, &cells);
        let mut all = Self {
            constraints: vec![0; before.constraints.len()],
            fields: before.messages.iter().map(|m| vec![0; m.width]).collect(),
        };
        for column in 0..width {
            let old = cells[column];
            cells[column] = random();
            let after = say(air, 0, &cells);
            cells[column] = old;
            let bit = 1 << column;
            for (index, columns) in all.constraints.iter_mut().enumerate() {
                if before.constraints[index] != after.constraints[index] {
                    *columns |= bit;
                }
            }
            for (index, fields) in all.fields.iter_mut().enumerate() {
                for (field, columns) in fields.iter_mut().enumerate() {
                    if before.messages[index].fields[field] != after.messages[index].fields[field] {
                        *columns |= bit;
                    }
                }
            }
        }
        all
    }
}

/// The number of a column.
pub fn column(table: Table, name: &str) -> usize {
    let names = table.column_names();
    names
        .iter()
        .position(|n| n == name)
        .unwrap_or_else(|| panic!("{table:?} has no column {name}"))
}
