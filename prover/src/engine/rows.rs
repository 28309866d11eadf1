//! Evaluating tables over vectors of rows: each row's messages, on a flat tape.

use std::marker::PhantomData;

use zonda_circuits::{
    machine::{ForTable, Table},
    tape::{Plan, tape},
};
use zonda_kernels::{Kernel, LINE, Lanes};

/// Where the evaluation of one vector of rows reads cells, and where it writes its values.
pub struct Rows<'a, L> {
    /// The columns of the trace.
    pub columns: &'a [L],
    /// The preprocessed columns.
    pub fixed: &'a [L],
    /// The periodic columns.
    pub periodic: &'a [L],
    /// The public values.
    pub public: &'a [L],
    /// The messages' signed counts.
    pub counts: &'a mut [L],
    /// The messages' fields, one after the other.
    pub fields: &'a mut [L],
}

/// One table's evaluation, compiled once for each platform.
pub type Evaluate<L> = fn(&mut Rows<'_, L>);

struct One<'a, 'b, L, const TABLE: usize>(&'a mut Rows<'b, L>);

impl<M: Lanes, const TABLE: usize> Kernel for One<'_, '_, M, TABLE> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let rows = self.0;
        tape::<M>(
            Table::ALL[TABLE],
            rows.columns,
            rows.fixed,
            rows.periodic,
            rows.public,
            &mut [],
            rows.counts,
            rows.fields,
        );
    }
}

fn evaluate<L: Lanes, const TABLE: usize>(rows: &mut Rows<'_, L>) {
    L::call(One::<L, TABLE>(rows));
}

/// Finds the evaluation of a table over lanes `L`.
struct Find<L>(PhantomData<L>);

impl<L: Lanes> ForTable for Find<L> {
    type Output = Evaluate<L>;

    fn run<const TABLE: usize>(self) -> Evaluate<L> {
        evaluate::<L, TABLE>
    }
}

/// The evaluation of `table` over lanes `L`.
pub fn of<L: Lanes>(table: Table) -> Evaluate<L> {
    table.run(Find(PhantomData))
}

/// Room for adjacent columns of one vector of rows, in the blocks of sixteen in which they are
/// loaded and stored: columns beside them are others'.
pub struct Window<L> {
    /// The blocks.
    pub blocks: Vec<[L; LINE]>,
    /// The first column's place in the first block.
    pub first: usize,
    /// How many columns there are.
    pub width: usize,
}

impl<L: Lanes> Window<L> {
    /// Room for `width` columns from column `offset` of a group on.
    pub fn new(offset: usize, width: usize) -> Self {
        let first = offset % LINE;
        Self {
            blocks: vec![[L::splat(0); LINE]; (first + width).div_ceil(LINE)],
            first,
            width,
        }
    }

    /// The columns.
    #[inline(always)]
    pub fn columns(&self) -> &[L] {
        &self.blocks.as_flattened()[self.first..self.first + self.width]
    }

    /// The columns, to be written.
    #[inline(always)]
    pub fn columns_mut(&mut self) -> &mut [L] {
        &mut self.blocks.as_flattened_mut()[self.first..self.first + self.width]
    }
}

/// Where the columns of an instance begin in their groups.
#[derive(Clone, Copy, Default)]
pub struct Offsets {
    /// The columns of the trace.
    pub trace: usize,
    /// The preprocessed columns.
    pub fixed: usize,
}

/// Room for one vector of rows of one table.
pub struct Tape<L> {
    /// The columns of the trace.
    pub columns: Window<L>,
    /// The preprocessed columns.
    pub fixed: Window<L>,
    /// The periodic columns.
    pub periodic: Window<L>,
    /// The public values.
    pub public: Vec<L>,
    /// The messages' signed counts.
    pub counts: Vec<L>,
    /// The messages' fields.
    pub fields: Vec<L>,
    evaluate: Evaluate<L>,
}

impl<L: Lanes> Tape<L> {
    /// Room for `table`, whose plan is `plan`.
    pub fn new(
        table: Table,
        plan: &Plan,
        offsets: Offsets,
        periodic: usize,
        public: &[u32],
    ) -> Self {
        let zeros = |count: usize| vec![L::splat(0); count];
        Self {
            columns: Window::new(offsets.trace, table.trace_width()),
            fixed: Window::new(offsets.fixed, table.fixed_width()),
            periodic: Window::new(0, periodic),
            public: public.iter().map(|value| L::splat(*value)).collect(),
            counts: zeros(plan.messages.len()),
            fields: zeros(
                plan.messages
                    .iter()
                    .map(|message| message.fields.len())
                    .sum(),
            ),
            evaluate: of::<L>(table),
        }
    }

    /// Evaluates the rows in `columns`, `fixed` and `periodic`.
    #[inline(always)]
    pub fn evaluate(&mut self) {
        (self.evaluate)(&mut Rows {
            columns: self.columns.columns(),
            fixed: self.fixed.columns(),
            periodic: self.periodic.columns(),
            public: &self.public,
            counts: &mut self.counts,
            fields: &mut self.fields,
        });
    }
}
