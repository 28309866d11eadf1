//! Where the rows of the tables come from, and when: what each table's `fill` reads.

use alloc::vec::Vec;
use core::ops::DerefMut;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use rayon::prelude::*;
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::Instruction,
    record::{EcallStep, Family, MemoryStep, Records, Service, Step},
};

use super::{Boundary, Filled, comes_at_once};
use crate::{
    F,
    columns::Columns,
    lookups::{Counts, Lookups},
    machine::{Image, Part},
};

/// How much there is of all that rows are made of, before it is known what is in them.
#[derive(Clone, Debug)]
pub struct Extent<'a> {
    /// The program's image.
    pub image: &'a Image,
    /// How many instructions of each family the part's shard executes.
    pub instructions: [usize; Family::ALL.len()],
    /// How many records each service leaves.
    pub services: [usize; Service::ALL.len()],
    /// How many distinct instructions it executes.
    pub pcs: usize,
    /// How many places it holds.
    pub held: usize,
    /// How many bytes it makes public.
    pub output: usize,
    /// How many zeroed words the part opens.
    pub zeroed: usize,
}

impl<'a> Extent<'a> {
    /// Of a part that does nothing.
    pub const fn of_nothing(image: &'a Image) -> Self {
        Self {
            image,
            instructions: [0; Family::ALL.len()],
            services: [0; Service::ALL.len()],
            pcs: 0,
            held: 0,
            output: 0,
            zeroed: 0,
        }
    }

    /// How many instructions of a family there are.
    pub const fn instructions(&self, family: Family) -> usize {
        self.instructions[family as usize]
    }

    /// How many records a service leaves.
    pub const fn served(&self, service: Service) -> usize {
        self.services[service as usize]
    }
}

/// The instruction at a pc.
pub trait At: Fn(u32) -> Instruction + Sync {}

impl<I: Fn(u32) -> Instruction + Sync> At for I {}

/// What has become known: rows are added as soon as they can be made.
#[derive(Clone, Copy)]
pub(crate) enum Moment<'a> {
    /// Some instructions have been executed, the next ones.
    Executed(&'a Records),
    /// The shard has ended: its registers and its memory.
    Ended(&'a Records),
    /// The lookups of all other tables are counted.
    Counted(&'a Counts),
}

/// Everything that rows are made of at one moment.
pub struct Source<'a, I> {
    pub(crate) image: &'a Image,
    pub(crate) part: &'a Part,
    pub(crate) boundary: &'a Boundary<'a>,
    pub(crate) instruction_at: &'a I,
    pub(crate) moment: Option<Moment<'a>>,
}

impl<'a, I: At> Source<'a, I> {
    /// The instruction at a pc that the shard executes.
    #[inline]
    pub fn instruction_at(&self, pc: u32) -> Instruction {
        (self.instruction_at)(pc)
    }

    /// The records of the instructions that have just been executed.
    pub fn executed(&self) -> Option<&'a Records> {
        match self.moment {
            Some(Moment::Executed(records)) => Some(records),
            _ => None,
        }
    }

    /// Adds the rows of the instructions of a family that have just been executed: `row` makes a row of a record and
    /// its instruction.
    ///
    /// # Errors
    /// If the system refuses memory.
    pub fn add_executed<R: Record, C: Columns<F>>(
        &self,
        family: Family,
        rows: &mut impl Sink,
        row: impl Fn(&R, &Instruction) -> C + Sync,
    ) -> Result<(), OutOfMemory> {
        let records = self.executed();
        let records = records.map_or(&[][..], |records| R::of(records, family));
        rows.add(records, |record| {
            row(record, &self.instruction_at(record.pc()))
        })
    }

    /// The registers and the memory at the shard's end, when it has ended.
    pub fn ended(&self) -> Option<&'a Records> {
        match self.moment {
            Some(Moment::Ended(records)) => Some(records),
            _ => None,
        }
    }

    /// How often rows are looked up, when that is known.
    pub(crate) fn counted(&self) -> Option<&'a Counts> {
        match self.moment {
            Some(Moment::Counted(counts)) => Some(counts),
            _ => None,
        }
    }
}

/// The record of an executed instruction.
pub trait Record: Sized + Sync {
    /// All of a family, of those whose records are of this type.
    fn of(records: &Records, family: Family) -> &[Self];

    /// The pc of the instruction.
    fn pc(&self) -> u32;
}

impl Record for Step {
    fn of(records: &Records, family: Family) -> &[Self] {
        &records.steps[family as usize]
    }

    fn pc(&self) -> u32 {
        self.pc
    }
}

impl Record for MemoryStep<1> {
    fn of(records: &Records, family: Family) -> &[Self] {
        match family {
            Family::LoadStoreWord => &records.load_store_word,
            Family::LoadStoreSubword => &records.load_store_subword,
            _ => &[],
        }
    }

    fn pc(&self) -> u32 {
        self.step.pc
    }
}

impl Record for MemoryStep<2> {
    fn of(records: &Records, _: Family) -> &[Self] {
        &records.load_store_misaligned
    }

    fn pc(&self) -> u32 {
        self.step.pc
    }
}

impl Record for EcallStep {
    fn of(records: &Records, _: Family) -> &[Self] {
        &records.ecalls
    }

    fn pc(&self) -> u32 {
        self.pc
    }
}

/// Takes the rows of one table.
pub trait Sink {
    /// Adds a row for each record, in order.
    ///
    /// # Errors
    /// If the system refuses memory.
    fn add<R: Sync, C: Columns<F>>(
        &mut self,
        records: &[R],
        row: impl Fn(&R) -> C + Sync,
    ) -> Result<(), OutOfMemory>;
}

/// A table while it is being filled.
pub(super) struct Rows<'a, 'b, M, A> {
    pub(super) filled: &'a mut Filled<M>,
    /// Counts what the rows look up.
    pub(super) lookups: Option<&'a Lookups<'b>>,
    /// Memory for the rows of a table that all come at once.
    pub(super) cells: &'a mut A,
}

impl<M, A> Sink for Rows<'_, '_, M, A>
where
    M: DerefMut<Target = [u32]>,
    A: FnMut(usize) -> Result<M, OutOfMemory>,
{
    fn add<R: Sync, C: Columns<F>>(
        &mut self,
        records: &[R],
        row: impl Fn(&R) -> C + Sync,
    ) -> Result<(), OutOfMemory> {
        if comes_at_once(self.filled.table) {
            self.filled.cells = (self.cells)(records.len() * C::WIDTH)?;
        }
        append(self.filled, self.lookups, records, row)
    }
}

/// Adds rows of records, in order, and counts the rows' lookups while they are at hand.
fn append<R: Sync, C: Columns<F>, M: DerefMut<Target = [u32]>>(
    filled: &mut Filled<M>,
    lookups: Option<&Lookups<'_>>,
    records: &[R],
    row: impl Fn(&R) -> C + Sync,
) -> Result<(), OutOfMemory> {
    // Enough rows for a task to be worth its while, few enough to stay in the cache.
    const ROWS_PER_TASK: usize = 1 << 9;
    let (table, room) = (filled.table, filled.unfilled());
    assert!(
        records.len() <= room.len() / C::WIDTH,
        "a table has too few rows"
    );
    room[..records.len() * C::WIDTH]
        .par_chunks_mut(C::WIDTH * ROWS_PER_TASK)
        .zip(records.par_chunks(ROWS_PER_TASK))
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
    filled.rows += records.len();
    Ok(())
}
