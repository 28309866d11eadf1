//! Changes of one row: a cell is changed, what then refuses the row is repaired by changing other
//! cells, until one thing refuses it at most.

use std::collections::HashSet;

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{F, bus::Bus, machine::Table};

use crate::{
    Masked,
    row::{Dependencies, Evaluation, Part, evaluate_into, is_lookup},
    world::{Balance, World},
};

/// A row under attack.
pub struct Search<'a> {
    pub world: &'a World,
    pub table: Table,
    pub row: usize,
    pub dependencies: &'a Dependencies,
    pub masked: &'a Masked,
    /// The evaluation of the honest row.
    pub honest: Evaluation,
    /// The row from which changes start.
    pub start: Vec<F>,
    evaluation: Evaluation,
    seen: HashSet<Vec<F>>,
    /// How many rows may still be looked at.
    budget: usize,
}

/// A part that refuses a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Refusal {
    /// A constraint, or a lookup without an answer.
    Part(Part),
    /// A message that the rest of the machine does not send.
    Unsent(usize),
}

impl<'a> Search<'a> {
    pub fn new(
        world: &'a World,
        (table, row): (Table, usize),
        start: Vec<F>,
        dependencies: &'a Dependencies,
        masked: &'a Masked,
        budget: usize,
    ) -> Self {
        Self {
            world,
            table,
            row,
            dependencies,
            masked,
            honest: world.evaluate(table, row),
            start,
            evaluation: Evaluation::default(),
            seen: HashSet::new(),
            budget,
        }
    }

    /// Calls `found` with every row that one part refuses, or none, until it returns true.
    pub fn run(&mut self, depth: usize, found: &mut dyn FnMut(Option<Part>, &[F]) -> bool) {
        let mut cells = self.start.clone();
        if self.run_start(depth, found) {
            return;
        }
        for column in 0..cells.len() {
            let old = cells[column];
            for value in values(old) {
                cells[column] = value;
                if self.repair(&mut cells, 1 << column, depth, found) {
                    return;
                }
            }
            cells[column] = old;
        }
    }

    /// [`Self::run`] without a first change.
    pub fn run_start(
        &mut self,
        depth: usize,
        found: &mut dyn FnMut(Option<Part>, &[F]) -> bool,
    ) -> bool {
        self.seen.clear();
        self.repair(&mut self.start.clone(), 0, depth, found)
    }

    /// Looks at a row, and at those that repair it. Returns whether to stop.
    fn repair(
        &mut self,
        cells: &mut Vec<F>,
        changed: u64,
        depth: usize,
        found: &mut dyn FnMut(Option<Part>, &[F]) -> bool,
    ) -> bool {
        if self.budget == 0 {
            return true;
        }
        self.budget -= 1;
        let refusals = self.refusals(cells, 2 * depth + 2);
        let stop = match refusals[..] {
            [] => found(None, cells),
            [Refusal::Part(part)] => found(Some(part), cells),
            _ => false,
        };
        if stop {
            return true;
        }
        if depth == 0 || refusals.len() > 2 * depth + 1 || !self.seen.insert(cells.clone()) {
            return false;
        }
        for refusal in refusals.into_iter().take(2) {
            for (column, value) in self.repairs(cells, changed, refusal) {
                let old = std::mem::replace(&mut cells[column], value);
                if self.repair(cells, changed | 1 << column, depth - 1, found) {
                    return true;
                }
                cells[column] = old;
            }
        }
        false
    }

    /// Up to `most` parts that refuse a row.
    fn refusals(&mut self, cells: &[F], most: usize) -> Vec<Refusal> {
        evaluate_into(
            self.world.air(self.table),
            self.row,
            cells,
            &mut self.evaluation,
        );
        let mut refusals = Vec::new();
        let is_masked = |part| self.masked.contains(&(self.table, part));
        for (index, value) in self.evaluation.constraints.iter().enumerate() {
            let part = Part::Constraint(index);
            if *value != F::ZERO && !is_masked(part) {
                refusals.push(Refusal::Part(part));
                if refusals.len() == most {
                    return refusals;
                }
            }
        }
        for (index, message) in self.evaluation.messages.iter().enumerate() {
            let part = Part::Message(index);
            if message.count == F::ZERO || is_masked(part) {
                continue;
            }
            let refusal = if is_lookup(message.bus) {
                (!self.world.is_answered(message)).then_some(Refusal::Part(part))
            } else if message.count == -F::ONE {
                (self.sent(index).as_deref() != Some(message.fields()))
                    .then_some(Refusal::Unsent(index))
            } else {
                None
            };
            refusals.extend(refusal);
            if refusals.len() == most {
                return refusals;
            }
        }
        refusals
    }

    /// The message that the rest of the machine sends where the row receives one.
    fn sent(&self, index: usize) -> Option<Vec<F>> {
        let (evaluation, honest) = (
            &self.evaluation.messages[index],
            &self.honest.messages[index],
        );
        if evaluation.bus != Bus::Memory {
            return Some(honest.fields().to_vec());
        }
        let place = |fields: &[F]| [fields[0], fields[1]].map(|field| field.as_canonical_u32());
        let at = place(evaluation.fields());
        // The tuple that the honest row reads there, with the same message or another.
        let reads = |m: &&crate::row::Message| {
            m.bus == Bus::Memory && m.count == -F::ONE && place(m.fields()) == at
        };
        if let Some(read) = self.honest.messages.iter().find(reads) {
            return Some(read.fields().to_vec());
        }
        let tuple = self.world.memory.get(&at)?;
        let fields = at.into_iter().chain(*tuple);
        Some(fields.map(F::from_u32).collect())
    }

    /// Changes of one cell after which something refuses no longer.
    fn repairs(&mut self, cells: &mut [F], changed: u64, refusal: Refusal) -> Vec<(usize, F)> {
        // The values to change, their targets, and the columns that they depend on.
        let air = self.world.air(self.table);
        evaluate_into(air, self.row, cells, &mut self.evaluation);
        let mut goals: Vec<(Option<usize>, F, u64)> = Vec::new();
        let index = match refusal {
            Refusal::Part(Part::Constraint(index)) => {
                goals.push((None, F::ZERO, self.dependencies.constraints[index]));
                index
            }
            Refusal::Part(Part::Message(index)) | Refusal::Unsent(index) => {
                let message = self.evaluation.messages[index];
                let wanted = match refusal {
                    Refusal::Unsent(_) => self.sent(index),
                    _ => None,
                };
                for (field, value) in message.fields().iter().enumerate() {
                    let columns = self.dependencies.fields[index][field];
                    let number = value.as_canonical_u32();
                    let wanted: Vec<F> = match (&wanted, message.bus) {
                        (Some(wanted), _) => vec![wanted[field]],
                        (None, Bus::Range16) => within(number, 1 << 16),
                        (None, Bus::BytePair) if number < 1 << 8 => vec![],
                        (None, Bus::BytePair) => within(number, 1 << 8),
                        (None, Bus::And) if field == 2 => {
                            let [a, b, _] = message.numbers()[..] else {
                                unreachable!()
                            };
                            vec![F::from_u32(a & b)]
                        }
                        (None, Bus::And) if number < 1 << 8 => vec![],
                        (None, Bus::And) => within(number, 1 << 8),
                        (None, Bus::PowerOfTwo) if field == 1 => {
                            let exponent = message.numbers()[0];
                            vec![F::from_u32(1 << exponent.min(7))]
                        }
                        (None, Bus::PowerOfTwo) => within(number, 8),
                        (None, Bus::Program) => {
                            let row = self.world.text.get(&message.numbers()[0]);
                            row.map(|row| F::from_u32(row[field])).into_iter().collect()
                        }
                        _ => vec![],
                    };
                    let wanted = wanted.into_iter().filter(|wanted| wanted != value);
                    goals.extend(wanted.map(|wanted| (Some(field), wanted, columns)));
                }
                index
            }
        };
        let mut repairs = Vec::new();
        for (field, wanted, columns) in goals {
            let value = |evaluation: &Evaluation| match field {
                Some(field) => evaluation.messages[index].fields()[field],
                None => evaluation.constraints[index],
            };
            for (column, bit) in (0..cells.len()).map(|column| (column, 1 << column)) {
                if columns & bit == 0 || changed & bit != 0 {
                    continue;
                }
                let old = cells[column];
                let mut at = |cell: F| {
                    cells[column] = cell;
                    evaluate_into(air, self.row, cells, &mut self.evaluation);
                    cells[column] = old;
                    value(&self.evaluation) - wanted
                };
                let [here, there] = [at(old), at(old + F::ONE)];
                // The root of an affine function, and small ones of any other.
                let slope = (there - here).try_inverse();
                let root = slope.map_or(F::ZERO, |slope| old - here * slope);
                let small = [F::ZERO, F::ONE, -F::ONE, F::TWO];
                let more = if at(root) == F::ZERO && root != old {
                    &[][..]
                } else {
                    &small
                };
                for new in [root].iter().chain(more) {
                    if *new != old && at(*new) == F::ZERO {
                        repairs.push((column, *new));
                    }
                }
            }
        }
        repairs
    }
}

/// Values of `[0, end)` that a number outside of it may be taken for.
fn within(number: u32, end: u32) -> Vec<F> {
    let signed = i64::from(number);
    let signed = if number > F::ORDER_U32 / 2 {
        signed - i64::from(F::ORDER_U32)
    } else {
        signed
    };
    let same = signed.rem_euclid(end.into()) as u32;
    let mut values = vec![same, 0, end - 1, 1];
    values.dedup();
    values.into_iter().map(F::from_u32).collect()
}

/// Other values of a cell.
fn values(old: F) -> Vec<F> {
    let powers =
        [0, 1, 2, 5, 7, 8, 13, 14, 15, 16, 23, 24, 29, 30].map(|bits| F::from_u32(1 << bits));
    let mut values = vec![F::ZERO, F::ONE, F::TWO, F::from_u32(3), -F::ONE];
    values.extend(
        powers
            .into_iter()
            .flat_map(|power| [old + power, old - power]),
    );
    values.retain(|value| *value != old);
    values
}

/// The messages of a row, other than lookups.
pub fn effect(world: &World, (table, row): (Table, usize), cells: &[F]) -> Balance {
    let mut balance = Balance::default();
    balance.add(&world.evaluate_cells(table, row, cells), F::ONE, |_| false);
    balance
}

/// Whether a row emits the messages of the honest one, lookups aside.
pub fn has_same_effect(
    world: &World,
    (table, row): (Table, usize),
    cells: &[F],
    masked: &Masked,
) -> bool {
    let is_masked = |index| masked.contains(&(table, Part::Message(index)));
    let mut difference = Balance::default();
    difference.add(&world.evaluate(table, row), -F::ONE, is_masked);
    difference.add(&world.evaluate_cells(table, row, cells), F::ONE, is_masked);
    difference.is_empty()
}
