//! The rest of the machine follows a wrong row, as far as an honest machine could: lookups are
//! counted anew, the last tuple of a place in memory is what was written last, the exit stands
//! where the thread leads, and the statement follows from the tables.

use std::collections::BTreeMap;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{
    F,
    bus::Bus,
    checker::{Failure, check},
    machine::{Statement, Table, airs},
};

use crate::{
    Masked,
    row::{Part, column, evaluate, full, is_lookup},
    world::{Balance, World},
};

/// Rows that are not as the world has them.
#[derive(Clone, Debug, Default)]
pub struct Lie {
    pub rows: BTreeMap<(Table, usize), Vec<F>>,
    pub statement: Statement,
}

impl Lie {
    /// Everything is as the world has it.
    pub fn nowhere(world: &World) -> Self {
        Self {
            statement: world.statement.clone(),
            ..Self::default()
        }
    }

    /// One row is another.
    pub fn of(world: &World, place: (Table, usize), cells: Vec<F>) -> Self {
        Self {
            rows: BTreeMap::from([(place, cells)]),
            ..Self::nowhere(world)
        }
    }

    pub fn cells<'a>(&'a self, world: &'a World, table: Table, row: usize) -> &'a [F] {
        match self.rows.get(&(table, row)) {
            Some(cells) => cells,
            None => world.cells(table, row),
        }
    }

    /// Changes cells of a row.
    pub fn edit(&mut self, world: &World, table: Table, row: usize, cells: &[(&str, F)]) {
        let mut new = self.cells(world, table, row).to_vec();
        for (name, value) in cells {
            new[column(table, name)] = *value;
        }
        self.rows.insert((table, row), new);
    }

    /// The messages that do not balance, other than lookups.
    pub fn balance(&self, world: &World, masked: &Masked) -> Balance {
        let mut balance = world.imbalance.clone();
        for ((table, row), cells) in &self.rows {
            let is_masked = |index| masked.contains(&(*table, Part::Message(index)));
            balance.add(&world.evaluate(*table, *row), -F::ONE, is_masked);
            balance.add(
                &world.evaluate_cells(*table, *row, cells),
                F::ONE,
                is_masked,
            );
        }
        // Another statement is stated in every row.
        if self.statement != world.statement {
            let stated = &airs(&world.image, &world.part_of(&self.statement), false)
                [Table::Statement as usize];
            for row in 0..world.height(Table::Statement) {
                let place = (Table::Statement, row);
                let is_masked = |index| masked.contains(&(place.0, Part::Message(index)));
                let cells = self.cells(world, place.0, row);
                balance.add(
                    &world.evaluate_cells(place.0, row, cells),
                    -F::ONE,
                    is_masked,
                );
                balance.add(&evaluate(stated, row, cells), F::ONE, is_masked);
            }
        }
        // A masked message is masked in every row.
        let mut tables: Vec<Table> = masked.iter().map(|(table, _)| *table).collect();
        tables.dedup();
        for table in tables {
            let kept = |index| !masked.contains(&(table, Part::Message(index)));
            for row in 0..world.height(table) {
                balance.add(&world.evaluate(table, row), -F::ONE, kept);
            }
        }
        balance
    }

    /// Makes the rest of the machine follow. Returns whether all buses but those of lookups balance.
    pub fn settle(&mut self, world: &World, masked: &Masked) -> bool {
        let balance = self.balance(world, masked);
        if balance.is_empty() {
            return true;
        }
        self.move_exit(world, &balance) && {
            let balance = self.balance(world, masked);
            self.end_memory(world, &balance);
            self.state_anew(world, &balance);
            self.balance(world, masked).is_empty()
        }
    }

    /// The exit is where the thread leads, with the code that it finds.
    fn move_exit(&mut self, world: &World, balance: &Balance) -> bool {
        let Some(row) = world.exit_row else {
            return true;
        };
        let cell = |name: &str| self.cells(world, Table::Ecall, row)[column(Table::Ecall, name)];
        let found = |names: &[&str]| -> Vec<u32> {
            names
                .iter()
                .map(|name| cell(name).as_canonical_u32())
                .collect()
        };
        let thread = found(&["thread.pc", "thread.clk"]);
        let argument = found(&[
            "argument.value.lo",
            "argument.value.hi",
            "argument.previous_clk",
        ]);
        let argument = [vec![0, 10], argument].concat();
        let instead = |bus: Bus, had: &[u32], fixed: usize| {
            let missing = balance.0.get(&(bus, had.to_vec())) == Some(&-F::ONE);
            let mut others = balance.0.iter().filter(|((b, fields), count)| {
                *b == bus && fields[..fixed] == had[..fixed] && **count == F::ONE
            });
            let other = others.next().map(|((_, fields), _)| fields.clone());
            other.filter(|_| missing && others.next().is_none())
        };
        let (next, read) = (
            instead(Bus::State, &thread, 0),
            instead(Bus::Memory, &argument, 2),
        );
        if next.is_none() && read.is_none() {
            return true;
        }
        let (next, read) = (next.unwrap_or(thread), read.unwrap_or(argument));
        let clk = F::from_u32(next[1]);
        let value = |index: usize| F::from_u32(read[index]);
        let mut cells = vec![
            ("thread.pc", F::from_u32(next[0])),
            ("thread.clk", clk),
            ("argument.value.lo", value(2)),
            ("argument.value.hi", value(3)),
            ("argument.previous_clk", value(4)),
            ("result", value(2)),
        ];
        for (low, previous, slot) in [
            ("number.difference_low", cell("number.previous_clk"), 0),
            ("pointer.difference_low", cell("pointer.previous_clk"), 0),
            ("length.difference_low", cell("length.previous_clk"), 0),
            ("argument.difference_low", value(4), 3),
        ] {
            let difference = clk + F::from_u32(slot) - F::ONE - previous;
            let low_bits = F::from_u32(difference.as_canonical_u32() & 0xffff);
            cells.push((low, low_bits));
        }
        self.edit(world, Table::Ecall, row, &cells);
        let evaluation =
            world.evaluate_cells(Table::Ecall, row, self.cells(world, Table::Ecall, row));
        let mut lookups = evaluation
            .messages
            .iter()
            .filter(|m| is_lookup(m.bus) && m.count != F::ZERO);
        evaluation.constraints.iter().all(|value| *value == F::ZERO)
            && lookups.all(|message| world.is_answered(message))
    }

    /// Places in memory end with the tuple that nobody read.
    fn end_memory(&mut self, world: &World, balance: &Balance) {
        let mut places: BTreeMap<[u32; 2], Vec<([u32; 3], F)>> = BTreeMap::new();
        for ((bus, fields), count) in &balance.0 {
            if let (Bus::Memory, [space, address, lo, hi, clk]) = (bus, &fields[..]) {
                let tuples = places.entry([*space, *address]).or_default();
                tuples.push(([*lo, *hi, *clk], *count));
            }
        }
        for (place, tuples) in places {
            let Some(row) = held_in(world, place) else {
                continue;
            };
            let cell =
                |name| self.cells(world, Table::Boundary, row)[column(Table::Boundary, name)];
            // The tuples left over without the boundary's last one.
            let mut left: BTreeMap<[u32; 3], F> = tuples.into_iter().collect();
            let last =
                ["after.lo", "after.hi", "last_clk"].map(|name| cell(name).as_canonical_u32());
            *left.entry(last).or_default() += F::ONE;
            left.retain(|_, count| *count != F::ZERO);
            let mut left = left.into_iter();
            if let (Some(([lo, hi, clk], count)), None) = (left.next(), left.next())
                && count == F::ONE
            {
                let [lo, hi, clk] = [lo, hi, clk].map(F::from_u32);
                let cells = [("after.lo", lo), ("after.hi", hi), ("last_clk", clk)];
                self.edit(world, Table::Boundary, row, &cells);
                let (table, row) = left_in(world, place);
                self.edit(world, table, row, &[("last.lo", lo), ("last.hi", hi)]);
            }
        }
    }

    /// Takes the statement from the tables.
    fn state_anew(&mut self, world: &World, balance: &Balance) {
        for ((bus, fields), count) in &balance.0 {
            if *count != F::ONE {
                continue;
            }
            match (bus, &fields[..]) {
                (Bus::Exit, [lo, hi]) if *lo < 1 << 16 && *hi < 1 << 16 => {
                    self.statement.exit_code = lo | hi << 16;
                }
                (Bus::Output, [index, byte]) => {
                    if let Some(stated) = self.statement.output.get_mut(*index as usize) {
                        *stated = *byte as u8;
                    }
                }
                _ => {}
            }
        }
        if self.statement != world.statement {
            for (row, byte) in self.statement.output.clone().into_iter().enumerate() {
                self.edit(world, Table::Statement, row, &[("byte", F::from_u8(byte))]);
            }
        }
    }

    /// The failures that the debug checker finds in all tables, once lookups are counted anew, with
    /// names.
    pub fn checked(&self, world: &World) -> Vec<String> {
        let mut tables = world.tables.clone();
        for ((table, row), cells) in &self.rows {
            let honest = world.evaluate(*table, *row);
            let evaluation = world.evaluate_cells(*table, *row, cells);
            for (evaluation, sign) in [(honest, -F::ONE), (evaluation, F::ONE)] {
                for message in evaluation.messages.iter().filter(|m| is_lookup(m.bus)) {
                    let number = |index: usize| message.fields()[index].as_canonical_u32() as usize;
                    let pair = || (number(0) << 8 | number(1)) * 2;
                    let (counts, index) = match message.bus {
                        _ if !world.is_answered(message) => continue,
                        Bus::Gap => (Table::Gaps, world.gap(message).expect("it is answered")),
                        Bus::Range16 => (Table::Range16, number(0)),
                        Bus::BytePair => (Table::Bytes, pair()),
                        Bus::And => (Table::Bytes, pair() + 1),
                        Bus::PowerOfTwo => (Table::PowersOfTwo, number(0)),
                        _ => {
                            let pc = number(0) as u32;
                            let text = &world.image.text;
                            let index = text.binary_search_by_key(&pc, |(pc, _)| *pc);
                            let index = index.expect("it is answered");
                            let width = Table::Instructions.trace_width();
                            (Table::Instructions, index * width + width - 1)
                        }
                    };
                    tables[counts as usize].trace.values[index] += sign * message.count;
                }
            }
            let width = table.trace_width();
            tables[*table as usize].trace.values[row * width..(row + 1) * width]
                .copy_from_slice(cells);
        }
        let stated = airs(&world.image, &world.part_of(&self.statement), false);
        let pairs = world.airs.iter().zip(&stated).zip(&tables);
        let pairs = pairs.map(|((air, stated), rows)| {
            let air = if air.table == Table::Statement {
                stated
            } else {
                air
            };
            (air, &rows.trace)
        });
        let name = |failure| match failure {
            Failure::Constraint {
                table, constraint, ..
            } => format!("{} {constraint}", table.name()),
            Failure::Unbalanced { bus, place, .. } => {
                format!("{} {}", place.0.name(), full(bus, &place.2))
            }
            failure => failure.to_string(),
        };
        check(pairs, 20).into_iter().map(name).collect()
    }
}

/// The row of what the shard holds of a place in memory.
pub fn held_in(world: &World, place: [u32; 2]) -> Option<usize> {
    let at = ["space", "address"].map(|name| column(Table::Boundary, name));
    (0..world.height(Table::Boundary)).find(|row| {
        let cells = world.cells(Table::Boundary, *row);
        at.map(|at| cells[at].as_canonical_u32()) == place
    })
}

/// The row of what the run leaves of a place that the shard holds.
pub fn left_in(world: &World, [space, address]: [u32; 2]) -> (Table, usize) {
    let row = match space {
        0 => address as usize,
        2 => 33,
        _ => {
            let words = &world.image.words;
            match words.binary_search_by_key(&address, |(address, _)| *address) {
                Ok(index) => 34 + index,
                Err(_) => {
                    let names = ["address.lo", "address.hi"];
                    let at = names.map(|name| column(Table::Zeroed, name));
                    let opened = (0..world.height(Table::Zeroed)).find(|row| {
                        let cells = world.cells(Table::Zeroed, *row);
                        let [lo, hi] = at.map(|at| cells[at].as_canonical_u32());
                        lo + (hi << 16) == address
                    });
                    return (Table::Zeroed, opened.expect("all that is held is opened"));
                }
            }
        }
    };
    (Table::Image, row)
}
