//! Filling all tables of a part of a run: the boundary first, from the results of a fast execution; the
//! rest from the records of a shard.

mod one_shard;

use alloc::vec::Vec;
use core::ops::DerefMut;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;
use zonda_riscv_emu::{
    allocate::{self, OutOfMemory},
    instruction::Instruction,
    program::Program,
    record::{Family, Records},
};

use crate::{
    F,
    columns::Columns,
    families::{
        add_immediate, add_sub, bitwise, bitwise_immediate, branch, divide, ecall, jump,
        load_store_misaligned, load_store_subword, load_store_word, multiply, set_less_than,
        set_less_than_immediate, shift, shift_immediate,
    },
    lookups::Lookups,
    machine::{Image, Part, Table, height},
    system::{
        boundary::{self, Held, LastClks, Left},
        image, instructions, program, statement, transfer,
        zeroed::{self, Opening},
    },
};

pub use one_shard::OneShard;

/// One instance of a table, filled.
#[derive(Clone, Debug)]
pub struct InstanceTrace {
    /// Which table.
    pub table: Table,
    /// Its committed columns: those committed before the global challenge, then the others.
    pub trace: RowMajorMatrix<F>,
    /// How many rows are in use; those after them are zero, or emit no other message.
    pub used: usize,
}

/// The data of a part that exist before the global challenge: with the part's statement, everything
/// that its boundary columns are made from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Boundary<'a> {
    /// The places that the shard holds, by ascending space and address, if the part executes one.
    pub held: &'a [Held],
    /// The distinct instructions that it executes: their pcs, ascending.
    pub pcs: &'a [u32],
    /// The run's program and image, if the part has them.
    pub program: Option<ProgramUse<'a>>,
    /// The zeroed words that the part opens.
    pub zeroed: &'a [Opening],
}

/// How a run uses what is in its program file.
#[derive(Clone, Copy, Debug)]
pub struct ProgramUse<'a> {
    /// How many rows of the shards' tables of instructions hold each instruction of the image's
    /// text: see [`count_uses`].
    pub uses: &'a [u32],
    /// The final state of all that the run touches, by ascending space and address.
    pub left: &'a [Left],
}

impl Image {
    /// The image of a program.
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub fn of(program: &Program) -> Result<Self, OutOfMemory> {
        let instruction = |(pc, word): (u32, Result<_, _>)| Some((pc, word.ok()?));
        let mut text = allocate::with_capacity(program.text().count())?;
        text.extend(program.text().filter_map(instruction));
        let mut words = allocate::with_capacity(program.image_words().count())?;
        words.extend(program.image_words());
        Ok(Self {
            entry: program.entry(),
            text,
            words,
            holes: program.holes().iter().map(|hole| hole.words()).collect(),
        })
    }
}

impl From<&Program> for Image {
    /// [`Image::of`], for tests and tools.
    ///
    /// # Panics
    /// If the system refuses the memory.
    fn from(program: &Program) -> Self {
        Self::of(program).expect("memory for the image")
    }
}

/// The boundary columns of a part, in the order of the instances of [`traces`] that have any.
///
/// `heights` and `instruction_at` are as for [`traces`].
///
/// # Errors
/// If the system refuses the memory.
pub fn boundary_columns(
    image: &Image,
    boundary: &Boundary<'_>,
    heights: impl Fn(Table, usize) -> Vec<usize>,
    instruction_at: impl Fn(u32) -> Instruction + Sync,
) -> Result<Vec<Filled<Vec<u32>>>, OutOfMemory> {
    let held = |held: &Held| boundary::row(held, 0).0;
    let instruction = |pc: &u32| instructions::row(*pc, &instruction_at(*pc));
    let word = |opening: &Opening| zeroed::row(opening).0;
    let cells = &mut |count| allocate::filled(0, count);

    let (table, pcs) = (Table::Instructions, boundary.pcs);
    let mut columns = filled(table, heights(table, pcs.len()), pcs, instruction, cells)?;
    fill_up(&mut columns);
    let (table, places) = (Table::Boundary, boundary.held);
    let more = filled(table, heights(table, places.len()), places, held, cells)?;
    columns.extend(more);
    if let Some(used) = &boundary.program {
        let uses = |uses: &u32| program::row(*uses);
        columns.extend(whole(Table::Program, used.uses, uses, cells)?);
        let left = image::rows(image, used.left)?;
        columns.extend(whole(Table::Image, &left, |row| *row, cells)?);
    }
    let (table, words) = (Table::Zeroed, boundary.zeroed);
    let more = filled(table, heights(table, words.len()), words, word, cells)?;
    columns.extend(more);
    Ok(columns)
}

/// The instances of all tables of a part of a run, in the order of [`Table::ALL`] and then of
/// descending height: of the part as it is stated, whose boundary is `boundary`, and whose shard, if
/// it executes one, left `records`.
///
/// `heights` gives the number of instances of a table and their heights, given how many rows it uses:
/// [`several`](crate::instances::several) or [`single`](crate::instances::single).
///
/// `instruction_at` is the instruction at a pc: it is called for pcs that the shard executes. Arguments
/// that do not describe a part of a run of this image give tables that do not hold.
///
/// # Panics
/// If the system refuses the memory, which [`Filling`] reports.
pub fn traces(
    image: &Image,
    part: &Part,
    boundary: &Boundary<'_>,
    records: &Records,
    heights: impl Fn(Table, usize) -> Vec<usize>,
    instruction_at: impl Fn(u32) -> Instruction + Sync,
) -> Vec<InstanceTrace> {
    let rows = |table| match table {
        Table::Transfer => records.transfers.len(),
        family => {
            let family = Family::ALL.get(family as usize);
            family.map_or(0, |family| records.count(*family))
        }
    };
    let cells = |count| allocate::filled(0, count);
    let filled = || {
        let mut filling =
            Filling::new(image, part, boundary, rows, heights, instruction_at, cells)?;
        filling.add(records)?;
        filling.finish(records)
    };
    let instances = filled().expect("memory for the tables").into_iter();
    instances.map(InstanceTrace::from).collect()
}

/// All tables of a part of a run while they are being filled: [`traces`], with records that come
/// piece by piece, and cells in the caller's memory.
pub struct Filling<'a, M, I, A> {
    image: &'a Image,
    part: &'a Part,
    boundary: &'a Boundary<'a>,
    instruction_at: I,
    cells: A,
    lookups: Lookups<'a>,
    /// Of each table its instances.
    tables: [Vec<Filled<M>>; Table::ALL.len()],
}

/// One instance of a table, filled in the caller's memory.
#[derive(Clone, Debug)]
pub struct Filled<M> {
    /// Which table.
    pub table: Table,
    /// Its committed cells, row-major, canonical: in each row the columns committed before the
    /// global challenge, then the others.
    pub cells: M,
    /// How many cells a row has.
    pub width: usize,
    /// How many rows are in use; those after them are zero, or emit no other message.
    pub used: usize,
}

impl From<Filled<Vec<u32>>> for InstanceTrace {
    fn from(filled: Filled<Vec<u32>>) -> Self {
        let values = filled.cells.into_iter().map(F::new).collect();
        Self {
            table: filled.table,
            trace: RowMajorMatrix::new(values, filled.width),
            used: filled.used,
        }
    }
}

impl<'a, M, I, A> Filling<'a, M, I, A>
where
    M: DerefMut<Target = [u32]>,
    I: Fn(u32) -> Instruction + Sync,
    A: FnMut(usize) -> Result<M, OutOfMemory>,
{
    /// Nothing is filled yet.
    ///
    /// `rows` is how many records there will be for a table that has a row for each of some records.
    /// `cells` gives memory for so many cells, with any contents.
    ///
    /// # Errors
    /// If `cells` has none, or the system refuses memory.
    pub fn new(
        image: &'a Image,
        part: &'a Part,
        boundary: &'a Boundary<'a>,
        rows: impl Fn(Table) -> usize,
        heights: impl Fn(Table, usize) -> Vec<usize>,
        instruction_at: I,
        mut cells: A,
    ) -> Result<Self, OutOfMemory> {
        let mut instances = |table: Table| {
            let rows = match table {
                Table::Boundary => boundary.held.len(),
                Table::Instructions => boundary.pcs.len(),
                Table::Zeroed => boundary.zeroed.len(),
                // They are filled at once, in the end.
                table if table.is_fixed() => return Ok(Vec::new()),
                table => rows(table),
            };
            empty(table, table.trace_width(), heights(table, rows), &mut cells)
        };
        let mut tables = [const { Vec::new() }; Table::ALL.len()];
        for (table, place) in Table::ALL.into_iter().zip(&mut tables) {
            *place = instances(table)?;
        }
        Ok(Self {
            image,
            part,
            boundary,
            instruction_at,
            lookups: Lookups::new(image, part, boundary.pcs)?,
            tables,
            cells,
        })
    }

    /// Adds a row for each instruction, and each transfer, in the order in which they come.
    ///
    /// # Errors
    /// If the system refuses memory for counts of lookups.
    ///
    /// # Panics
    /// If there are more of them than `rows` announced.
    pub fn add(&mut self, records: &Records) -> Result<(), OutOfMemory> {
        let Self {
            instruction_at,
            lookups,
            tables,
            ..
        } = self;
        // One instruction family: its records, and its function from a record to a row.
        macro_rules! family {
            ($table:ident, $module:ident) => {
                family!($table, records.steps[Family::$table as usize], $module, pc)
            };
            ($table:ident, $records:expr, $module:ident, $($pc:ident).+) => {{
                let instances = &mut tables[Table::$table as usize];
                append(instances, Some(lookups), &$records, |record| {
                    $module::row(record, &instruction_at(record.$($pc).+))
                })?;
            }};
        }
        family!(AddSub, add_sub);
        family!(AddImmediate, add_immediate);
        family!(Bitwise, bitwise);
        family!(BitwiseImmediate, bitwise_immediate);
        family!(Shift, shift);
        family!(ShiftImmediate, shift_immediate);
        family!(SetLessThan, set_less_than);
        family!(SetLessThanImmediate, set_less_than_immediate);
        family!(Branch, branch);
        family!(Jump, jump);
        family!(
            LoadStoreWord,
            records.load_store_word,
            load_store_word,
            step.pc
        );
        family!(
            LoadStoreSubword,
            records.load_store_subword,
            load_store_subword,
            step.pc
        );
        family!(
            LoadStoreMisaligned,
            records.load_store_misaligned,
            load_store_misaligned,
            step.pc
        );
        family!(Multiply, multiply);
        family!(Divide, divide);
        family!(Ecall, records.ecalls, ecall, pc);
        let instances = &mut tables[Table::Transfer as usize];
        append(instances, Some(lookups), &records.transfers, transfer::row)
    }

    /// Fills the remaining tables: from the registers and the memory in `last`, the records of the
    /// shard's end, and from how often the rows of each table are looked up.
    ///
    /// # Errors
    /// If `cells` has no memory, or the system refuses some.
    pub fn finish(mut self, last: &Records) -> Result<Vec<Filled<M>>, OutOfMemory> {
        let (part, boundary) = (self.part, self.boundary);
        let last_clks = LastClks(last);
        let held = |held: &Held| boundary::row(held, last_clks.of(held.space, held.address));
        let instances = &mut self.tables[Table::Boundary as usize];
        append(instances, Some(&self.lookups), boundary.held, held)?;
        let instances = &mut self.tables[Table::Zeroed as usize];
        append(instances, Some(&self.lookups), boundary.zeroed, zeroed::row)?;
        if let Some(execution) = &part.execution {
            self.whole(Table::Statement, &statement::rows(execution)?, |row| *row)?;
        }
        if let Some(used) = &boundary.program {
            self.whole(Table::Program, used.uses, |uses| program::row(*uses))?;
            let rows = image::rows(self.image, used.left)?;
            self.whole(Table::Image, &rows, |row| *row)?;
        }

        let counts = self.lookups.counts()?;
        let times = counts.instructions().iter().copied();
        assert_eq!(boundary.pcs.len(), times.len(), "an instruction, a count");
        let executed = boundary.pcs.iter().copied().zip(times);
        let executed: Vec<(u32, u32)> = allocate::collect(executed)?;
        let instruction_at = &self.instruction_at;
        let instruction = |(pc, times): &(u32, u32)| {
            let row = instructions::row(*pc, &instruction_at(*pc));
            (row, F::from_u32(*times))
        };
        let instances = &mut self.tables[Table::Instructions as usize];
        append(instances, None, &executed, instruction)?;
        if part.zeroed.is_some() {
            self.whole(Table::Gaps, &counts.gaps(), |row| *row)?;
        }
        self.whole(Table::Range16, &counts.range16(), |row| *row)?;
        self.whole(Table::Bytes, &counts.bytes(), |row| *row)?;
        self.whole(Table::PowersOfTwo, &counts.powers_of_two(), |row| *row)?;

        for instance in self.tables.iter_mut().flatten() {
            instance.unused().fill(0);
        }
        fill_up(&mut self.tables[Table::Instructions as usize]);
        Ok(self.tables.into_iter().flatten().collect())
    }

    fn whole<R: Sync, C: Columns<F>>(
        &mut self,
        table: Table,
        records: &[R],
        row: impl Fn(&R) -> C + Sync,
    ) -> Result<(), OutOfMemory> {
        self.tables[table as usize] = whole(table, records, row, &mut self.cells)?;
        Ok(())
    }
}

/// Adds to `uses`, which has a place for each instruction of the image's text, how many rows of the
/// table of instructions hold it, for a shard that executes those at `pcs`, ascending.
pub fn count_uses(
    image: &Image,
    pcs: &[u32],
    heights: impl Fn(Table, usize) -> Vec<usize>,
    uses: &mut [u32],
) {
    let mut add = |pc: &u32, rows: usize| {
        let found = image.text.binary_search_by_key(pc, |(pc, _)| *pc);
        if let Some(uses) = found.ok().and_then(|index| uses.get_mut(index)) {
            *uses += rows as u32;
        }
    };
    pcs.iter().for_each(|pc| add(pc, 1));
    let rows: usize = heights(Table::Instructions, pcs.len()).iter().sum();
    if let Some(first) = pcs.first() {
        add(first, rows - pcs.len());
    }
}

impl<M: DerefMut<Target = [u32]>> Filled<M> {
    fn unused(&mut self) -> &mut [u32] {
        &mut self.cells[self.used * self.width..]
    }
}

/// Every row of the table of instructions is one of the program: the unused ones are the first, not
/// executed.
fn fill_up<M: DerefMut<Target = [u32]>>(instances: &mut [Filled<M>]) {
    let Some(first) = instances.first() else {
        return;
    };
    let boundary = first.cells[..Table::Instructions.boundary_width()].to_vec();
    for instance in instances {
        let width = instance.width;
        for row in instance.unused().chunks_exact_mut(width) {
            row[..boundary.len()].copy_from_slice(&boundary);
        }
    }
}

/// Instances of these heights, with nothing in them.
fn empty<M>(
    table: Table,
    width: usize,
    heights: Vec<usize>,
    cells: &mut impl FnMut(usize) -> Result<M, OutOfMemory>,
) -> Result<Vec<Filled<M>>, OutOfMemory> {
    let instance = |height| {
        Ok(Filled {
            table,
            cells: cells(height * width)?,
            width,
            used: 0,
        })
    };
    heights.into_iter().map(instance).collect()
}

/// One instance of exactly these rows.
fn whole<R: Sync, C: Columns<F>, M: DerefMut<Target = [u32]>>(
    table: Table,
    records: &[R],
    row: impl Fn(&R) -> C + Sync,
    cells: &mut impl FnMut(usize) -> Result<M, OutOfMemory>,
) -> Result<Vec<Filled<M>>, OutOfMemory> {
    let heights = alloc::vec![height(records.len())];
    filled(table, heights, records, row, cells)
}

/// Instances of these heights, with all their rows; nothing is looked up.
fn filled<R: Sync, C: Columns<F>, M: DerefMut<Target = [u32]>>(
    table: Table,
    heights: Vec<usize>,
    records: &[R],
    row: impl Fn(&R) -> C + Sync,
    cells: &mut impl FnMut(usize) -> Result<M, OutOfMemory>,
) -> Result<Vec<Filled<M>>, OutOfMemory> {
    let mut instances = empty(table, C::WIDTH, heights, cells)?;
    append(&mut instances, None, records, row)?;
    for instance in &mut instances {
        instance.unused().fill(0);
    }
    Ok(instances)
}

/// Adds rows of records, in order, to instances that have room for them, and counts the rows' lookups
/// while they are at hand.
fn append<R: Sync, C: Columns<F>, M: DerefMut<Target = [u32]>>(
    instances: &mut [Filled<M>],
    lookups: Option<&Lookups<'_>>,
    mut records: &[R],
    row: impl Fn(&R) -> C + Sync,
) -> Result<(), OutOfMemory> {
    // Enough rows for a task to be worth its while, few enough to stay in the cache.
    const ROWS_PER_TASK: usize = 1 << 9;
    for instance in instances {
        let table = instance.table;
        let room = instance.unused();
        let count = records.len().min(room.len() / C::WIDTH);
        let (now, later) = records.split_at(count);
        room[..count * C::WIDTH]
            .par_chunks_mut(C::WIDTH * ROWS_PER_TASK)
            .zip(now.par_chunks(ROWS_PER_TASK))
            .try_for_each_init(Vec::new, |rows, (cells, records)| {
                rows.resize(cells.len(), F::ZERO);
                for (cells, record) in rows.chunks_exact_mut(C::WIDTH).zip(records) {
                    row(record).write_row(cells);
                }
                if let Some(lookups) = lookups {
                    lookups.count(table, rows)?;
                }
                for (cell, value) in cells.iter_mut().zip(rows) {
                    *cell = value.as_canonical_u32();
                }
                Ok(())
            })?;
        instance.used += count;
        records = later;
    }
    assert!(records.is_empty(), "a table has too few rows");
    Ok(())
}
