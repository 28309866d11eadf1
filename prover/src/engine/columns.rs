//! The columns of a part: those of all phases, and the given ones, each table's together.

use p3_field::PrimeField32;
use zonda_circuits::{
    F,
    machine::{Image, Part, Table},
    tape::Plan,
};
use zonda_kernels::{AllocationError, Lanes, Platform, Pool};
use zonda_verifier::{
    heights::Heights,
    layout::{self, BOUNDARY, FIXED_GAPS, FIXED_PROGRAM, Layout, MAIN, PHASES, Sequence},
};

use super::{
    pages::{Columns, PAGE, Pages, Source},
    rows::{Offsets, Tape},
};

/// All columns of a table.
#[derive(Clone, Copy, Debug)]
pub struct TableColumns<'a> {
    /// The table.
    pub table: Table,
    /// How many rows there are.
    pub height: usize,
    /// The preprocessed columns: committed, or given.
    pub fixed: Columns<'a>,
    /// The columns that are committed before the global challenge.
    pub boundary: Columns<'a>,
    /// The other columns of the trace; those of the statement's table are given.
    pub main: Columns<'a>,
    /// The columns that the statement makes.
    pub periodic: Columns<'a>,
    /// The public values.
    pub public: &'a [u32],
}

impl TableColumns<'_> {
    /// Room for a vector of rows.
    pub fn tape<L: Lanes>(&self, plan: &Plan) -> Tape<L> {
        let periodic = self.periodic.width();
        Tape::new(self.table, plan, Offsets::default(), periodic, self.public)
    }

    /// Loads a vector of rows from `row` on into a tape.
    #[inline(always)]
    pub fn load<L: Lanes>(&self, row: usize, tape: &mut Tape<L>) {
        let (boundary, main) = tape
            .columns
            .columns_mut()
            .split_at_mut(self.boundary.width());
        self.boundary.load(row, boundary);
        self.main.load(row, main);
        self.fixed.load(row, tape.fixed.columns_mut());
        self.periodic.load(row, tape.periodic.columns_mut());
    }
}

/// The rows of a table, row-major, canonical.
#[derive(Clone, Copy, Debug)]
pub struct TableRows<'a> {
    /// The table.
    pub table: Table,
    /// How many rows there are.
    pub height: usize,
    /// The preprocessed cells, unless they are given.
    pub fixed: &'a [u32],
    /// The cells of the trace: the columns that are committed before the global challenge, then the others.
    pub trace: &'a [u32],
}

impl<'a> TableRows<'a> {
    /// The columns of a phase.
    pub fn source(&self, phase: usize) -> Source<'a> {
        let table = self.table;
        let (cells, stride) = match phase {
            FIXED_PROGRAM | FIXED_GAPS => (self.fixed, table.fixed_width()),
            BOUNDARY => (self.trace, table.trace_width()),
            _ => (&self.trace[table.boundary_width()..], table.trace_width()),
        };
        Source {
            table,
            cells,
            stride,
            height: self.height,
        }
    }
}

/// The pages of a phase, with room for all columns of its matrix. `tables` may have more tables than have columns in it.
///
/// # Errors
/// If the system refuses the memory.
///
/// # Panics
/// If a table has more rows than the layout says, or cells are missing.
pub fn committed(
    platform: Platform,
    pool: &Pool,
    layout: &Layout,
    phase: usize,
    tables: &[Source<'_>],
) -> Result<Pages, AllocationError> {
    let matrix = &layout.phases[phase];
    let words = matrix.width << matrix.log_height;
    let mut pages = Pages::zeroed(pool, &matrix.sequence, words)?;
    pages.fill(platform, tables);
    Ok(pages)
}

/// The rows of tables in a phase.
pub fn sources<'a>(tables: &[TableRows<'a>], phase: usize) -> Vec<Source<'a>> {
    let own = tables.iter();
    let own = own.filter(|rows| rows.height > 0 && layout::committed(rows.table, phase) > 0);
    own.map(|rows| rows.source(phase)).collect()
}

/// The given columns of a part's tables: nobody commits to them.
///
/// # Errors
/// If the system refuses the memory.
pub fn given(
    platform: Platform,
    pool: &Pool,
    heights: &Heights,
    part: &Part,
) -> Result<Pages, AllocationError> {
    let sequence = Sequence::new(heights, layout::given);
    let mut pages = Pages::zeroed(pool, &sequence, sequence.pages * PAGE)?;
    let tables = heights
        .tables()
        .filter(|(table, _)| layout::given(*table) > 0);
    let rows: Vec<(Table, usize, Vec<u32>)> = tables
        .map(|(table, height)| (table, height as usize, given_cells(table, part)))
        .collect();
    let sources = rows.iter().map(|(table, height, cells)| Source {
        table: *table,
        cells,
        stride: layout::given(*table),
        height: *height,
    });
    pages.fill(platform, &sources.collect::<Vec<_>>());
    Ok(pages)
}

/// The cells of a table's given columns, row by row.
fn given_cells(table: Table, part: &Part) -> Vec<u32> {
    let cells = if table == Table::Statement {
        let columns = table.periodic(part);
        let rows = 0..columns.first().map_or(0, Vec::len);
        rows.flat_map(|row| columns.iter().map(move |column| column[row]))
            .collect()
    } else {
        // The same for every program.
        let fixed = table.fixed(&Image::default());
        fixed.map_or_else(Vec::new, |fixed| fixed.values)
    };
    cells.iter().map(F::as_canonical_u32).collect()
}

/// The columns of a part.
#[derive(Clone, Copy)]
pub struct PartColumns<'a> {
    /// The committed ones.
    pub phases: [&'a Pages; PHASES],
    /// The given ones.
    pub given: &'a Pages,
    /// The public values of all tables.
    pub public: &'a [Vec<u32>],
}

impl<'a> PartColumns<'a> {
    /// The tables that have rows, in order.
    pub fn tables(&self, heights: &Heights) -> Vec<TableColumns<'a>> {
        let tables = heights.tables();
        tables
            .map(|(table, height)| self.table(table, height as usize))
            .collect()
    }

    fn table(&self, table: Table, height: usize) -> TableColumns<'a> {
        let given = self.given.of(table);
        let fixed = [FIXED_PROGRAM, FIXED_GAPS].map(|phase| self.phases[phase].of(table));
        let fixed = fixed.into_iter().find(|columns| columns.width() > 0);
        let mut columns = TableColumns {
            table,
            height,
            fixed: fixed.unwrap_or_default(),
            boundary: self.phases[BOUNDARY].of(table),
            main: self.phases[MAIN].of(table),
            periodic: Columns::default(),
            public: &self.public[table as usize],
        };
        if table == Table::Statement {
            (columns.main, columns.periodic) = (given, given);
        } else if given.width() > 0 {
            columns.fixed = given;
        }
        columns
    }
}

/// The public values of all tables, canonical.
pub fn public(part: &Part) -> Vec<Vec<u32>> {
    let values = Table::ALL.map(|table| table.public(part));
    let values = values.into_iter();
    values
        .map(|values| values.iter().map(F::as_canonical_u32).collect())
        .collect()
}

/// The columns of a part, all filled at once.
pub struct AllColumns {
    phases: [Pages; PHASES],
    given: Pages,
    public: Vec<Vec<u32>>,
}

impl AllColumns {
    /// Fills the columns of all phases.
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub fn fill(
        platform: Platform,
        pool: &Pool,
        layout: &Layout,
        part: &Part,
        tables: &[TableRows<'_>],
    ) -> Result<Self, AllocationError> {
        let phase = |phase| committed(platform, pool, layout, phase, &sources(tables, phase));
        Ok(Self {
            phases: [
                phase(FIXED_PROGRAM)?,
                phase(FIXED_GAPS)?,
                phase(BOUNDARY)?,
                phase(MAIN)?,
            ],
            given: given(platform, pool, &layout.heights, part)?,
            public: public(part),
        })
    }

    /// The columns.
    pub fn part(&self) -> PartColumns<'_> {
        PartColumns {
            phases: self.phases.each_ref(),
            given: &self.given,
            public: &self.public,
        }
    }
}
