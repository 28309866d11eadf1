//! Filling all tables of a part of a run: the boundary first, from what a fast execution tells; the
//! rest from the records of a shard.

mod one_shard;

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use rayon::prelude::*;
use zonda_riscv_emu::{
    instruction::Instruction,
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
    machine::{Image, Part, Table, matrix},
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
    /// How many rows are in use; those after them are zero, or say nothing else.
    pub used: usize,
}

/// What is known of a part before the global challenge: with the part's statement, everything that
/// its boundary columns are made from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Boundary<'a> {
    /// What the shard holds, by ascending space and address, if the part executes one.
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
    /// What the run leaves of all that it touches, by ascending space and address.
    pub left: &'a [Left],
}

/// The boundary columns of a part, in the order of the instances of [`traces`] that have any: table,
/// cells row by row.
///
/// `heights` and `instruction_at` are as for [`traces`].
pub fn boundary_columns(
    image: &Image,
    boundary: &Boundary<'_>,
    heights: impl Fn(Table, usize) -> Vec<usize>,
    instruction_at: impl Fn(u32) -> Instruction + Sync,
) -> Vec<(Table, RowMajorMatrix<F>)> {
    let held = |held: &Held| boundary::row(held, 0).0;
    let instruction = |pc: &u32| instructions::row(*pc, &instruction_at(*pc));
    let word = |opening: &Opening| zeroed::row(opening).0;
    let mut columns = Vec::new();
    let mut add = |table, instances: Vec<InstanceTrace>| {
        columns.extend(instances.into_iter().map(|filled| (table, filled.trace)));
    };
    let (table, pcs) = (Table::Instructions, boundary.pcs);
    let mut filled = fill(table, &heights, None, pcs, instruction);
    fill_up(&mut filled);
    add(table, filled);
    add(
        Table::Boundary,
        fill(Table::Boundary, &heights, None, boundary.held, held),
    );
    if let Some(used) = &boundary.program {
        let (table, uses) = (Table::Program, used.uses);
        add(
            table,
            whole(table, uses.iter().map(|uses| program::row(*uses))),
        );
        add(
            Table::Image,
            whole(Table::Image, image::rows(image, used.left)),
        );
    }
    add(
        Table::Zeroed,
        fill(Table::Zeroed, &heights, None, boundary.zeroed, word),
    );
    columns
}

/// The instances of all tables of a part of a run, in the order of [`Table::ALL`] and then of
/// descending height: of the part as it is stated, whose boundary is `boundary`, and whose shard, if
/// it executes one, left `records`.
///
/// `heights` says how many instances a table has and how high they are, given how many rows it uses:
/// [`several`](crate::instances::several) or [`single`](crate::instances::single).
///
/// `instruction_at` is the instruction at a pc: it is asked for pcs that the shard executes. What is
/// not a part of a run of this image gives tables that do not hold.
pub fn traces(
    image: &Image,
    part: &Part,
    boundary: &Boundary<'_>,
    records: &Records,
    heights: impl Fn(Table, usize) -> Vec<usize>,
    instruction_at: impl Fn(u32) -> Instruction + Sync,
) -> Vec<InstanceTrace> {
    let lookups = Lookups::new(image, part, boundary.pcs);

    // One instruction family: its records, and its function from a record to a row.
    macro_rules! family {
        ($table:ident, $module:ident) => {
            family!($table, records.steps[Family::$table as usize], $module, pc)
        };
        ($table:ident, $records:expr, $module:ident, $($pc:ident).+) => {{
            let records = &$records;
            fill(Table::$table, &heights, Some(&lookups), records, |record| {
                $module::row(record, &instruction_at(record.$($pc).+))
            })
        }};
    }
    let last_clks = LastClks(records);
    let held = |held: &Held| boundary::row(held, last_clks.of(held.space, held.address));

    let filled = |table| match table {
        Table::AddSub => family!(AddSub, add_sub),
        Table::AddImmediate => family!(AddImmediate, add_immediate),
        Table::Bitwise => family!(Bitwise, bitwise),
        Table::BitwiseImmediate => family!(BitwiseImmediate, bitwise_immediate),
        Table::Shift => family!(Shift, shift),
        Table::ShiftImmediate => family!(ShiftImmediate, shift_immediate),
        Table::SetLessThan => family!(SetLessThan, set_less_than),
        Table::SetLessThanImmediate => family!(SetLessThanImmediate, set_less_than_immediate),
        Table::Branch => family!(Branch, branch),
        Table::Jump => family!(Jump, jump),
        Table::LoadStoreWord => family!(
            LoadStoreWord,
            records.load_store_word,
            load_store_word,
            step.pc
        ),
        Table::LoadStoreSubword => family!(
            LoadStoreSubword,
            records.load_store_subword,
            load_store_subword,
            step.pc
        ),
        Table::LoadStoreMisaligned => family!(
            LoadStoreMisaligned,
            records.load_store_misaligned,
            load_store_misaligned,
            step.pc
        ),
        Table::Multiply => family!(Multiply, multiply),
        Table::Divide => family!(Divide, divide),
        Table::Ecall => family!(Ecall, records.ecalls, ecall, pc),
        Table::Transfer => fill(
            table,
            &heights,
            Some(&lookups),
            &records.transfers,
            transfer::row,
        ),
        Table::Boundary => fill(table, &heights, Some(&lookups), boundary.held, held),
        Table::Statement => match &part.execution {
            Some(execution) => whole(table, statement::rows(execution)),
            None => Vec::new(),
        },
        Table::Program => match &boundary.program {
            Some(used) => whole(table, used.uses.iter().map(|n| program::row(*n))),
            None => Vec::new(),
        },
        Table::Image => match &boundary.program {
            Some(used) => whole(table, image::rows(image, used.left)),
            None => Vec::new(),
        },
        Table::Zeroed => fill(
            table,
            &heights,
            Some(&lookups),
            boundary.zeroed,
            zeroed::row,
        ),
        // How often the others look their rows up is counted meanwhile.
        Table::Instructions | Table::Gaps | Table::Range16 | Table::Bytes | Table::PowersOfTwo => {
            Vec::new()
        }
    };
    let mut instances: Vec<InstanceTrace> = Table::ALL.into_iter().flat_map(filled).collect();

    let counts = lookups.counts();
    let times = counts.instructions().iter().copied();
    let executed: Vec<(u32, u32)> = boundary.pcs.iter().copied().zip(times).collect();
    let instruction = |(pc, times): &(u32, u32)| {
        let row = instructions::row(*pc, &instruction_at(*pc));
        (row, F::from_u32(*times))
    };
    let mut filled = fill(Table::Instructions, &heights, None, &executed, instruction);
    fill_up(&mut filled);
    instances.extend(filled);
    if part.zeroed.is_some() {
        instances.extend(counts.gaps());
    }
    instances.extend(counts.tables());
    // Stable: instances of one table stay in their order.
    instances.sort_by_key(|instance| instance.table);
    instances
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

/// Every row of the table of instructions is one of the program: the unused ones are the first, not
/// executed.
fn fill_up(instances: &mut [InstanceTrace]) {
    let Some((first, width)) = instances.first().map(|instance| {
        let row = &instance.trace.values[..Table::Instructions.boundary_width()];
        (row.to_vec(), instance.trace.width())
    }) else {
        return;
    };
    for instance in instances {
        let unused = &mut instance.trace.values[instance.used * width..];
        for row in unused.chunks_exact_mut(width) {
            row[..first.len()].copy_from_slice(&first);
        }
    }
}

/// One instance of exactly these rows.
pub(crate) fn whole<C: Columns<F>>(
    table: Table,
    rows: impl IntoIterator<Item = C>,
) -> Vec<InstanceTrace> {
    let rows: Vec<C> = rows.into_iter().collect();
    let used = rows.len();
    let trace = matrix(rows);
    alloc::vec![InstanceTrace { table, trace, used }]
}

/// Rows of records, in order, in as many instances as there are heights. What the rows look up is
/// counted while they are at hand.
fn fill<R: Sync, C: Columns<F>>(
    table: Table,
    heights: &impl Fn(Table, usize) -> Vec<usize>,
    lookups: Option<&Lookups<'_>>,
    records: &[R],
    row: impl Fn(&R) -> C + Sync,
) -> Vec<InstanceTrace> {
    // Enough rows for a task to be worth its while, few enough to stay in the cache.
    const ROWS_PER_TASK: usize = 1 << 10;
    let mut rest = records;
    let instance = |height: usize| {
        let records = rest
            .split_off(..rest.len().min(height))
            .expect("there are as many");
        let mut values = F::zero_vec(height * C::WIDTH);
        values
            .par_chunks_mut(C::WIDTH * ROWS_PER_TASK)
            .zip(records.par_chunks(ROWS_PER_TASK))
            .for_each(|(cells, records)| {
                for (cells, record) in cells.chunks_exact_mut(C::WIDTH).zip(records) {
                    row(record).write_row(cells);
                }
                if let Some(lookups) = lookups {
                    lookups.count(table, &cells[..records.len() * C::WIDTH]);
                }
            });
        InstanceTrace {
            table,
            trace: RowMajorMatrix::new(values, C::WIDTH),
            used: records.len(),
        }
    };
    let instances = heights(table, records.len());
    let instances = instances.into_iter().map(instance).collect();
    assert!(rest.is_empty(), "{} has too few rows", table.name());
    instances
}
