//! Values that an honest prover computes from the other tables: how often rows are looked up, and
//! the last values of memory. A wrong prover computes it too.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    bus::Bus,
    checker::visit,
    evaluate::Listener,
    machine::{Image, Part, Role, Table, TableAir, airs},
    witness::TableTrace,
};

use super::run::{Run, column_of};

impl Run<'_> {
    /// Counts all lookups anew, so that a lookup fails only if there is no such row.
    pub fn recount(&mut self) -> &mut Self {
        let mut global = Said::default();
        for part in 0..self.parts.len() {
            let airs = self.airs(part);
            let tables = &mut self.parts[part].tables;
            for filled in tables.iter_mut() {
                for (_, column) in multiplicities(filled.table) {
                    let width = filled.table.trace_width();
                    let rows = filled.trace.values.chunks_exact_mut(width);
                    rows.for_each(|row| row[column] = F::ZERO);
                }
            }
            let mut said = Said::default();
            said.listen(part, &airs, tables);
            for (air, filled) in airs.iter().zip(tables) {
                if filled.table != Table::Program {
                    answer(air, filled, &said);
                }
            }
            global.add(said);
        }
        for part in 0..self.parts.len() {
            let airs = self.airs(part);
            for (air, filled) in airs.iter().zip(&mut self.parts[part].tables) {
                if filled.table == Table::Program {
                    answer(air, filled, &global);
                }
            }
        }
        self
    }

    /// Makes the last values of memory, of each shard and of the run, those that are left over.
    pub fn settle(&mut self) -> &mut Self {
        for part in 0..self.parts.len() {
            let mut said = Said::default();
            said.listen(part, &self.airs(part), &self.parts[part].tables);
            self.settle_bus(&said, Bus::Memory, &["after.lo", "after.hi", "last_clk"]);
        }
        let mut said = Said::default();
        for part in 0..self.parts.len() {
            said.listen(part, &self.airs(part), &self.parts[part].tables);
        }
        self.settle_bus(&said, Bus::Boundary, &["last.lo", "last.hi", "owner"]);
        self
    }

    /// Where a row takes a tuple that nobody leaves, and is the place of a last value, it takes what
    /// is left there.
    fn settle_bus(&mut self, said: &Said, bus: Bus, columns: &[&str; 3]) {
        let left = said.of(bus, F::ONE).map(|(fields, _)| fields);
        let left: BTreeMap<[u32; 2], &[u32]> = left
            .map(|fields| ([fields[0], fields[1]], fields))
            .collect();
        for (fields, place) in said.of(bus, -F::ONE) {
            let Place { part, table, row } = place;
            let is_last = match bus {
                Bus::Memory => table == Table::Boundary,
                _ => matches!(table, Table::Image | Table::Zeroed),
            };
            if let (true, Some(left)) = (is_last, left.get(&[fields[0], fields[1]])) {
                for (column, value) in columns.iter().zip(&left[2..]) {
                    *self.cell(part, table, row, column) = F::from_u32(*value);
                }
            }
        }
    }
}

/// The buses on which a table answers lookups, and the columns that count the answers.
fn multiplicities(table: Table) -> Vec<(Bus, usize)> {
    let column = |name| column_of(table, name);
    match table {
        Table::Bytes => vec![
            (Bus::BytePair, column("pair_multiplicity")),
            (Bus::And, column("and_multiplicity")),
        ],
        Table::Instructions => vec![(Bus::Program, column("multiplicity"))],
        Table::Program => vec![(Bus::Instruction, column("multiplicity"))],
        Table::Gaps => vec![(Bus::Gap, column("multiplicity"))],
        Table::Range16 => vec![(Bus::Range16, column("multiplicity"))],
        Table::PowersOfTwo => vec![(Bus::PowerOfTwo, column("multiplicity"))],
        _ => Vec::new(),
    }
}

/// The cells that count the answers of the tables that every part has.
static LOOKUPS: LazyLock<HashMap<Message, (Table, usize)>> = LazyLock::new(|| {
    let airs = airs(&Image::default(), &Part::default(), true).into_iter();
    let mut cells = HashMap::new();
    for air in airs.filter(|air| air.table.role() == Role::Lookup) {
        let (table, width) = (air.table, air.table.trace_width());
        let height = air.fixed.as_ref().map_or(0, |fixed| fixed.height());
        let mut trace = RowMajorMatrix::new(F::zero_vec(height * width), width);
        for (bus, column) in multiplicities(table) {
            for row in 0..height {
                let cell = row * width + column;
                let message = message(&air, &mut trace, row, (bus, cell));
                cells.entry(message).or_insert((table, cell));
                trace.values[cell] = F::ZERO;
            }
        }
    }
    cells
});

/// The message that a row provides on a bus. The cell with its count is 1 afterwards.
fn message(
    air: &TableAir,
    trace: &mut RowMajorMatrix<F>,
    row: usize,
    (bus, cell): (Bus, usize),
) -> Message {
    trace.values[cell] = F::ONE;
    let mut own = Said::default();
    let place = Place {
        part: 0,
        table: air.table,
        row,
    };
    let said = &mut own;
    visit(air, trace, row, &mut Row { said, place });
    let mut answers = own.messages.into_keys().filter(|message| message.0 == bus);
    answers.next().expect("the row says it")
}

/// Sets multiplicities, all of them zero, to how often each row's messages are looked up.
fn answer(air: &TableAir, filled: &mut TableTrace, said: &Said) {
    if filled.trace.values.is_empty() {
        return;
    }
    if filled.table.role() == Role::Lookup {
        for (message, (count, _)) in &said.messages {
            match LOOKUPS.get(message) {
                Some((table, cell)) if *table == filled.table => {
                    filled.trace.values[*cell] = *count;
                }
                _ => {}
            }
        }
        return;
    }
    let width = filled.table.trace_width();
    for (bus, column) in multiplicities(filled.table) {
        // Two rows of a wrong prover may hold the same.
        let mut seen = BTreeSet::new();
        for row in 0..filled.trace.height() {
            let cell = row * width + column;
            let message = message(air, &mut filled.trace, row, (bus, cell));
            let count = said.messages.get(&message).map(|(count, _)| *count);
            let is_first = seen.insert(message);
            filled.trace.values[cell] = count.filter(|_| is_first).unwrap_or_default();
        }
    }
}

/// A bus and a message on it.
type Message = (Bus, Vec<u32>);

/// Where a message is emitted.
#[derive(Clone, Copy)]
struct Place {
    part: usize,
    table: Table,
    row: usize,
}

/// All messages, added up, with a place that emits each.
#[derive(Default)]
struct Said {
    messages: HashMap<Message, (F, Place)>,
}

/// Adds the messages of one row up.
struct Row<'a> {
    said: &'a mut Said,
    place: Place,
}

impl Said {
    /// Listens to the tables of a part, but for those that only answer.
    fn listen(&mut self, part: usize, airs: &[TableAir], tables: &[TableTrace]) {
        let tables = airs.iter().zip(tables);
        for (air, filled) in tables.filter(|(air, _)| air.table.role() != Role::Lookup) {
            for row in 0..filled.trace.height() {
                let table = air.table;
                let place = Place { part, table, row };
                visit(air, &filled.trace, row, &mut Row { said: self, place });
            }
        }
    }

    fn add(&mut self, other: Self) {
        for (message, (count, place)) in other.messages {
            let entry = self.messages.entry(message);
            entry.or_insert((F::ZERO, place)).0 += count;
        }
    }

    /// The messages on a bus that are emitted so often.
    fn of(&self, bus: Bus, count: F) -> impl Iterator<Item = (&[u32], Place)> {
        let said = self.messages.iter();
        let said = said.filter(move |((on, _), (sum, _))| *on == bus && *sum == count);
        said.map(|((_, fields), (_, place))| (&fields[..], *place))
    }
}

impl Listener for Row<'_> {
    fn constraint(&mut self, _value: F) {}

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        if count != F::ZERO {
            let fields = fields.iter().map(PrimeField32::as_canonical_u32).collect();
            let entry = self.said.messages.entry((bus, fields));
            entry.or_insert((F::ZERO, self.place)).0 += count;
        }
    }
}
