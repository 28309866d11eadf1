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
    record::{Family, Records, Service},
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

/// A table, filled.
#[derive(Clone, Debug)]
pub struct TableTrace {
    /// Which table.
    pub table: Table,
    /// Its rows, of which there may be none: the columns committed before the global challenge, then
    /// the others.
    pub trace: RowMajorMatrix<F>,
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
    /// How many shards execute each instruction of the image's text: see [`count_uses`].
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

/// The boundary columns of a part: of all tables that have any, in order.
///
/// `instruction_at` is as for [`traces`].
///
/// # Errors
/// If the system refuses the memory.
pub fn boundary_columns(
    image: &Image,
    boundary: &Boundary<'_>,
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
    let tables = Table::ALL.into_iter();
    let mut columns = Vec::new();
    for table in tables.filter(|table| table.boundary_width() > 0) {
        let mut filled = Filled::new(table, table.boundary_width(), &extent, cells)?;
        table.fill_boundary(
            &source,
            &mut Rows {
                filled: &mut filled,
                lookups: None,
                cells,
            },
        )?;
        columns.push(filled);
    }
    Ok(columns)
}

/// All tables of a part of a run, in the order of [`Table::ALL`], those without rows included: of the
/// part as it is stated, whose boundary is `boundary`, and whose shard, if it executes one, left
/// `records`.
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
    instruction_at: impl Fn(u32) -> Instruction + Sync,
) -> Vec<TableTrace> {
    let mut extent = boundary.extent(image);
    extent.instructions = Family::ALL.map(|family| records.count(family));
    extent.services = Service::ALL.map(|service| records.served(service));
    let cells = |count| allocate::filled(0, count);
    let filled = || {
        let mut filling = Filling::new(image, part, boundary, &extent, instruction_at, cells)?;
        filling.add(records)?;
        filling.finish(records)
    };
    let tables = filled().expect("memory for the tables").into_iter();
    tables.map(TableTrace::from).collect()
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
    /// The tables, in order.
    tables: Vec<Filled<M>>,
}

/// A table, filled in the caller's memory.
#[derive(Clone, Debug)]
pub struct Filled<M> {
    /// Which table.
    pub table: Table,
    /// Its committed cells, row-major, canonical: in each row the columns committed before the
    /// global challenge, then the others.
    pub cells: M,
    /// How many cells a row has.
    pub width: usize,
    /// How many rows are filled already.
    rows: usize,
}

impl<M: DerefMut<Target = [u32]>> Filled<M> {
    /// Room for the rows of a table, unless they all come at once.
    fn new(
        table: Table,
        width: usize,
        extent: &Extent<'_>,
        cells: &mut impl FnMut(usize) -> Result<M, OutOfMemory>,
    ) -> Result<Self, OutOfMemory> {
        let rows = if comes_at_once(table) {
            0
        } else {
            table.rows(extent)
        };
        Ok(Self {
            table,
            cells: cells(rows * width)?,
            width,
            rows: 0,
        })
    }

    /// How many rows there are room for: all that the table has.
    pub fn height(&self) -> usize {
        self.cells.len() / self.width
    }

    /// The rows that are not filled yet.
    fn unfilled(&mut self) -> &mut [u32] {
        &mut self.cells[self.rows * self.width..]
    }
}

/// Whether all rows of a table are added together, if its part has the table: the program or the
/// statement determines them.
const fn comes_at_once(table: Table) -> bool {
    table.fixed_width() > 0 || matches!(table, Table::Statement)
}

impl From<Filled<Vec<u32>>> for TableTrace {
    fn from(filled: Filled<Vec<u32>>) -> Self {
        let values = filled.cells.into_iter().map(F::new).collect();
        Self {
            table: filled.table,
            trace: RowMajorMatrix::new(values, filled.width),
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
        instruction_at: I,
        mut cells: A,
    ) -> Result<Self, OutOfMemory> {
        let mut tables = Vec::with_capacity(Table::ALL.len());
        for table in Table::ALL {
            let width = table.trace_width();
            tables.push(Filled::new(table, width, extent, &mut cells)?);
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

    /// Adds a row for each instruction, and each record of a service, in the order in which they come.
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
    ///
    /// # Panics
    /// If there is less of anything than the extent announced.
    pub fn finish(mut self, last: &Records) -> Result<Vec<Filled<M>>, OutOfMemory> {
        self.fill(Moment::Ended(last))?;
        let counts = self.lookups.counts()?;
        self.fill(Moment::Counted(&counts))?;
        let mut tables = self.tables.iter();
        assert!(tables.all(|filled| filled.rows == filled.height()));
        Ok(self.tables)
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
        let is_counted = matches!(moment, Moment::Counted(_));
        for filled in tables {
            let looks_up = !is_counted && !comes_at_once(filled.table);
            let table = filled.table;
            table.fill(
                &source,
                &mut Rows {
                    filled,
                    lookups: looks_up.then_some(&*lookups),
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

/// Adds to `uses`, which has a place for each instruction of the image's text, those at `pcs`, which a
/// shard executes: each has one row in its table of instructions.
pub fn count_uses(image: &Image, pcs: &[u32], uses: &mut [u32]) {
    for pc in pcs {
        let found = image.text.binary_search_by_key(pc, |(pc, _)| *pc);
        if let Some(uses) = found.ok().and_then(|index| uses.get_mut(index)) {
            *uses += 1;
        }
    }
}
