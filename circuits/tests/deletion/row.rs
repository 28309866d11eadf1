//! The evaluation of one row, and its lookups without an answer.

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{
    F,
    bus::Bus,
    evaluate::{Listener, Row},
    machine::{Table, TableAir},
};

/// The most fields of a message.
const WIDEST: usize = 10;

/// A constraint or message of a table: its place among the table's constraints or messages.
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

/// The values of a row's constraints, and its messages.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    pub constraints: Vec<F>,
    pub messages: Vec<Message>,
}

impl Listener for &mut Evaluation {
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

/// Evaluates a row.
pub fn evaluate(air: &TableAir, row: usize, cells: &[F]) -> Evaluation {
    let mut evaluation = Evaluation::default();
    evaluate_into(air, row, cells, &mut evaluation);
    evaluation
}

/// [`evaluate`], reusing memory.
pub fn evaluate_into(air: &TableAir, row: usize, cells: &[F], evaluation: &mut Evaluation) {
    evaluation.constraints.clear();
    evaluation.messages.clear();
    let width = air.table.fixed_width();
    let fixed = match &air.fixed {
        Some(fixed) => &fixed.values[row * width..(row + 1) * width],
        None => &[],
    };
    let periodic: Vec<F> = air.periodic.iter().map(|column| column[row]).collect();
    let mut row = Row::new(cells, fixed, &periodic, &air.public, &mut *evaluation);
    air.table.evaluate(&mut row);
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
        let before = evaluate(air, 0, &cells);
        let mut all = Self {
            constraints: vec![0; before.constraints.len()],
            fields: before.messages.iter().map(|m| vec![0; m.width]).collect(),
        };
        for column in 0..width {
            let old = cells[column];
            cells[column] = random();
            let after = evaluate(air, 0, &cells);
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
