//! Forgeries that several attacks use.

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::Matrix;
use zonda_circuits::{F, machine::Table};

use super::harness::Forger;

impl Forger<'_> {
    /// The last row of a table.
    pub fn last_row(&self, table: Table) -> usize {
        let height = self.traces[table as usize].height();
        height.checked_sub(1).expect("the table has rows")
    }

    /// Appends a row of zeros to a table. Returns its number.
    pub fn append(&mut self, table: Table) -> usize {
        let trace = &mut self.traces[table as usize];
        let cells = trace.values.len() + table.trace_width();
        trace.values.resize(cells, F::ZERO);
        self.last_row(table)
    }

    /// Takes the last row of a table away.
    pub fn shorten(&mut self, table: Table) -> &mut Self {
        let trace = &mut self.traces[table as usize];
        trace.values.truncate(trace.values.len() - trace.width);
        self
    }

    pub fn copy_row(&mut self, table: Table, from: usize, to: usize) -> &mut Self {
        let width = table.trace_width();
        let values = &mut self.traces[table as usize].values;
        values.copy_within(from * width..(from + 1) * width, to * width);
        self
    }

    /// Takes a marked instruction's row away.
    pub fn clear(&mut self, mark: &str) -> &mut Self {
        let (table, row) = self.row(mark);
        let width = table.trace_width();
        let values = &mut self.traces[table as usize].values;
        values.drain(row * width..(row + 1) * width);
        self
    }

    /// Runs a marked instruction twice at once.
    pub fn repeat(&mut self, mark: &str) -> &mut Self {
        let (table, row) = self.row(mark);
        let copy = self.append(table);
        self.copy_row(table, row, copy)
    }

    /// Sets byte columns of a marked instruction's row.
    pub fn bytes(&mut self, mark: &str, column: &str, bytes: &[u8]) -> &mut Self {
        let (table, row) = self.row(mark);
        for (i, byte) in bytes.iter().enumerate() {
            *self.cell(table, row, &format!("{column}[{i}]")) = F::from_u8(*byte);
        }
        self
    }

    /// Pretends that a store of a byte or half-word leaves another (first) word.
    pub fn stored(&mut self, mark: &str, change: fn(u32) -> u32) -> &mut Self {
        let pc = self.pc(mark);
        let records = &mut self.records;
        let subword = records.load_store_subword.iter_mut();
        let misaligned = records.load_store_misaligned.iter_mut();
        let mut words = subword
            .map(|m| (m.step, &mut m.words[0]))
            .chain(misaligned.map(|m| (m.step, &mut m.words[0])));
        let (step, word) = words.find(|(step, _)| step.pc == pc).unwrap();
        let old = word.after;
        let new = change(old);
        word.after = new;
        drop(words);
        self.spread(step.clk + 2, old, new).fill()
    }

    /// Pretends that an LW finds `value`; returns where and what it found, and when.
    pub fn loaded(&mut self, mark: &str, value: u32) -> (u32, u32, u32) {
        let pc = self.pc(mark);
        let loads = &mut self.records.load_store_word;
        let load = loads.iter_mut().find(|load| load.step.pc == pc).unwrap();
        let word = &mut load.words[0];
        let (clk, old, previous) = (load.step.clk, word.before, word.previous_clk);
        (word.before, word.after, load.step.result) = (value, value, value);
        self.spread(clk + 2, old, value);
        self.spread(clk + 3, old, value).fill();
        (clk, old, previous)
    }

    /// Pretends that an LW finds `value`, written at the clk that `previous` gives for its own, and
    /// that it is the last access if `is_last`.
    pub fn loaded_from(&mut self, mark: &str, value: u32, previous: fn(u32) -> u32, is_last: bool) {
        let (clk, old, before) = self.loaded(mark, value);
        let loads = &mut self.records.load_store_word;
        let load = loads.iter_mut().find(|load| load.step.clk == clk).unwrap();
        let word = &mut load.words[0];
        word.previous_clk = previous(clk + 2);
        let address = word.address;
        if !is_last {
            let memory = &mut self.records.memory;
            let last = memory.iter_mut().find(|word| word.address == address);
            let last = last.unwrap();
            assert_eq!(last.clk, clk + 2, "the last access");
            (last.value, last.clk) = (old, before);
        }
        self.fill();
    }

    /// Opens a word once more, as zero, for an LW that nobody accesses it after.
    pub fn open_twice(&mut self, mark: &str, address: u32) {
        let (clk, old, previous) = self.loaded(mark, 0);
        let loads = &mut self.records.load_store_word;
        let load = loads.iter_mut().find(|load| load.step.clk == clk).unwrap();
        load.words[0].previous_clk = 0;
        let memory = &mut self.records.memory;
        let last = memory.iter_mut().find(|word| word.address == address);
        let last = last.unwrap();
        assert_eq!(last.clk, clk + 2, "the last access");
        (last.value, last.clk) = (old, previous);
        self.fill();

        let (lo, hi) = (address & 0xffff, address >> 16);
        let row = self.row_of(Table::Boundary, [("space", 1), ("address", address)]);
        self.add_row(
            Table::Boundary,
            row.expect("the shard holds the word"),
            &[
                ("before.lo", 0),
                ("before.hi", 0),
                ("owner", 0),
                ("after.lo", 0),
                ("after.hi", 0),
                ("last_clk", clk + 2),
            ],
        );
        let row = self.row_of(Table::Zeroed, [("address.lo", lo), ("address.hi", hi)]);
        self.add_row(
            Table::Zeroed,
            row.unwrap_or_default(),
            &[
                ("address.lo", lo),
                ("address.hi", hi),
                ("from.lo", lo + 1),
                ("from.hi", hi),
                ("borrow_from", 1),
                ("last.lo", 0),
                ("last.hi", 0),
                ("owner", 1),
            ],
        );
    }

    /// The first row with these cells.
    pub fn row_of(&mut self, table: Table, cells: [(&str, u32); 2]) -> Option<usize> {
        let end = self.traces[table as usize].height();
        let is =
            |f: &mut Self, row, (name, value)| f.cell(table, row, name).as_canonical_u32() == value;
        (0..end).find(|row| cells.into_iter().all(|cell| is(self, *row, cell)))
    }

    /// Adds a row that differs from another in some cells.
    fn add_row(&mut self, table: Table, from: usize, cells: &[(&str, u32)]) {
        let own = self.append(table);
        self.copy_row(table, from, own);
        for (name, value) in cells {
            *self.cell(table, own, name) = F::from_u32(*value);
        }
    }

    /// Makes an instruction whose destination is x0 write it.
    pub fn x0(&mut self, mark: &str) {
        let (table, _) = self.row(mark);
        let destination = match table {
            Table::LoadStoreWord => "register",
            _ => "rd",
        };
        self.set(mark, [(destination, 0)]);
    }

    /// Pretends that the word that `read` put at `index` of the request was another one.
    pub fn requested(&mut self, index: usize, new: u32) -> &mut Self {
        let word = &mut self.records.transfers[index].word;
        let old = std::mem::replace(&mut word.after, new);
        let clk = self.records.transfers[index].clk;
        self.spread(clk + 2, old, new).fill()
    }
}
