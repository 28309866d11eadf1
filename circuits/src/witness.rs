//! Filling all tables of a part of a run: the boundary first, from the results of a fast execution; the
//! rest from the records of a shard.

mod one_shard;
pub mod source;

use alloc::vec::Vec;
use core::ops::DerefMut;

use p3_matrix::dense::RowMajorMatrix;
use zonda_riscv_emu::{
    allocate::{self, OutOfMemory},
    instruction::Instruction,
    program::Program,
    record::{Family, Records},
};

use crate::{
    F,
    lookups::Lookups,
    machine::{Image, Part, Table},
    system::{
        boundary::{Held, Left},
        zeroed::Opening,
    },
};

pub use one_shard::OneShard;
pub use source::Extent;
use source::{Moment, Rows, Source};

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
    let source = Source {
        image,
        part: &Part::default(),
        boundary,
        instruction_at: &instruction_at,
        moment: None,
    };
    let extent = boundary.extent(image);
    let cells = &mut |count| allocate::filled(0, count);
    let mut columns = Vec::new();
    for table in Table::ALL {
        let width = table.boundary_width();
        if width == 0 {
            continue;
        }
        let mut instances = Vec::new();
        if !table.is_fixed() {
            let heights = heights(table, table.rows(&extent));
            instances = empty(table, width, heights, cells)?;
        }
        table.fill_boundary(
            &source,
            &mut Rows {
                table,
                instances: &mut instances,
                lookups: None,
                cells,
            },
        )?;
        finish(table, &mut instances);
        columns.extend(instances);
    }
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
    let mut extent = boundary.extent(image);
    extent.instructions = Family::ALL.map(|family| records.count(family));
    extent.transferred_words = records.transfers.len();
    let cells = |count| allocate::filled(0, count);
    let filled = || {
        let mut filling = Filling::new(
            image,
            part,
            boundary,
            &extent,
            heights,
            instruction_at,
            cells,
        )?;
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
    /// `extent` says how much there will be of all that rows are made of. `cells` gives memory for so many
    /// cells, with any contents.
    ///
    /// # Errors
    /// If `cells` has none, or the system refuses memory.
    pub fn new(
        image: &'a Image,
        part: &'a Part,
        boundary: &'a Boundary<'a>,
        extent: &Extent<'_>,
        heights: impl Fn(Table, usize) -> Vec<usize>,
        instruction_at: I,
        mut cells: A,
    ) -> Result<Self, OutOfMemory> {
        let mut tables = [const { Vec::new() }; Table::ALL.len()];
        for (table, place) in Table::ALL.into_iter().zip(&mut tables) {
            // Others have memory for just their rows, when they are filled.
            if !table.is_fixed() {
                let heights = heights(table, table.rows(extent));
                *place = empty(table, table.trace_width(), heights, &mut cells)?;
            }
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
    /// If there are more of them than the extent announced.
    pub fn add(&mut self, records: &Records) -> Result<(), OutOfMemory> {
        self.fill(Moment::Executed(records))
    }

    /// Fills the remaining tables: from the registers and the memory in `last`, the records of the
    /// shard's end, and from how often the rows of each table are looked up.
    ///
    /// # Errors
    /// If `cells` has no memory, or the system refuses some.
    pub fn finish(mut self, last: &Records) -> Result<Vec<Filled<M>>, OutOfMemory> {
        self.fill(Moment::Ended(last))?;
        let counts = self.lookups.counts()?;
        self.fill(Moment::Counted(&counts))?;
        for (table, instances) in Table::ALL.into_iter().zip(&mut self.tables) {
            finish(table, instances);
        }
        Ok(self.tables.into_iter().flatten().collect())
    }

    /// Adds the rows of all tables that this moment makes known.
    fn fill(&mut self, moment: Moment<'_>) -> Result<(), OutOfMemory> {
        let Self {
            image,
            part,
            boundary,
            instruction_at,
            lookups,
            tables,
            cells,
        } = self;
        let source = Source {
            image,
            part,
            boundary,
            instruction_at,
            moment: Some(moment),
        };
        // Those that are filled from counts look nothing up.
        let lookups = (!matches!(moment, Moment::Counted(_))).then_some(&*lookups);
        for (table, instances) in Table::ALL.into_iter().zip(tables) {
            table.fill(
                &source,
                &mut Rows {
                    table,
                    instances,
                    lookups,
                    cells,
                },
            )?;
        }
        Ok(())
    }
}

impl Boundary<'_> {
    /// The extent of a part, as far as the boundary tells it.
    fn extent<'a>(&self, image: &'a Image) -> Extent<'a> {
        Extent {
            pcs: self.pcs.len(),
            held: self.held.len(),
            zeroed: self.zeroed.len(),
            ..Extent::of_nothing(image)
        }
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

/// Fills up the instances of a table. Every row of the table of instructions is one of the program: the unused ones
/// are the first, not executed. Those of other tables are zero.
fn finish<M: DerefMut<Target = [u32]>>(table: Table, instances: &mut [Filled<M>]) {
    let mut first = Vec::new();
    if let (Table::Instructions, Some(instance)) = (table, instances.first()) {
        first.extend(&instance.cells[..table.boundary_width()]);
    }
    for instance in instances {
        let width = instance.width;
        instance.unused().fill(0);
        if !first.is_empty() {
            for row in instance.unused().chunks_exact_mut(width) {
                row[..first.len()].copy_from_slice(&first);
            }
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
