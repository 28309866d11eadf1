//! The tables as Plonky3's AIRs: columns that are committed before the global challenge stand before
//! the others in the main trace, and global buses are buses like others.
//!
//! Plonky3 takes heights that are powers of two: rows of zeros fill a table up. They say what the
//! protocol's rows beyond the height say, nothing: a constraint is stated less its value on a row of
//! zeros there, and so is the count of a message. A preprocessed column says which rows are the
//! table's, and a constraint for each cell that the others are zeros. Degrees are those of the table,
//! and 2.

use alloc::{borrow::Cow, vec, vec::Vec};

use p3_air::{Air, BaseAir, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::{Count, InteractionBuilder};
use p3_matrix::{Matrix, dense::RowMajorMatrix};

use crate::{
    F,
    builder::{Builder, Weight},
    bus::Bus,
    columns::Columns,
    evaluate::{Listener, Row},
    machine::{Table, TableAir},
};

/// The highest degree of a constraint.
const DEGREE: usize = 3;

/// The values of a table's constraints, and the counts of its messages, on a row of zeros.
#[derive(Clone, Debug, Default)]
struct Zeros {
    constraints: Vec<F>,
    counts: Vec<F>,
}

impl Zeros {
    fn of(table: Table, public: &[F]) -> Self {
        let mut zeros = Self::default();
        let main = vec![F::ZERO; table.trace_width()];
        let fixed = vec![F::ZERO; table.fixed_width()];
        let periodic = [F::ZERO; PERIODIC];
        table.evaluate(&mut Row::new(&main, &fixed, &periodic, public, &mut zeros));
        zeros
    }
}

/// The most columns that the statement makes.
const PERIODIC: usize = 4;

impl Listener for &mut Zeros {
    fn constraint(&mut self, value: F) {
        self.constraints.push(value);
    }

    fn message<const N: usize>(&mut self, _bus: Bus, count: F, _fields: [F; N]) {
        self.counts.push(count);
    }
}

/// A table, filled up with rows of zeros.
#[derive(Clone, Debug)]
pub struct FilledTable {
    table: Table,
    /// The table's preprocessed columns, and one that is 1 on the table's rows.
    fixed: RowMajorMatrix<F>,
    periodic: Vec<Vec<F>>,
    public: Vec<F>,
    zeros: Zeros,
}

impl FilledTable {
    /// Fills a table of so many rows up to a height, which is not less.
    pub fn new(air: &TableAir, rows: usize, height: usize) -> Self {
        assert!(rows <= height);
        let width = air.table.fixed_width();
        let mut fixed = vec![F::ZERO; height * (width + 1)];
        for (row, cells) in fixed.chunks_exact_mut(width + 1).take(rows).enumerate() {
            if let Some(own) = &air.fixed {
                cells[..width].copy_from_slice(&own.row_slice(row).expect("a row of the table"));
            }
            cells[width] = F::ONE;
        }
        let mut periodic = air.periodic.clone();
        for column in &mut periodic {
            column.resize(height, F::ZERO);
        }
        Self {
            table: air.table,
            fixed: RowMajorMatrix::new(fixed, width + 1),
            periodic,
            public: air.public.clone(),
            zeros: Zeros::of(air.table, &air.public),
        }
    }

    /// Which table.
    pub const fn table(&self) -> Table {
        self.table
    }

    /// How many preprocessed columns there are.
    pub const fn fixed_width(&self) -> usize {
        self.table.fixed_width() + 1
    }

    /// The public values.
    pub fn public(&self) -> &[F] {
        &self.public
    }

    /// The table's preprocessed columns, filled up, and one that is 1 on the table's rows.
    pub const fn fixed(&self) -> &RowMajorMatrix<F> {
        &self.fixed
    }
}

/// One of Plonky3's builders.
struct Plonky3<'a, B: InteractionBuilder<F = F>> {
    builder: &'a mut B,
    /// 1 on rows that fill the table up.
    fills: B::Expr,
    zeros: &'a Zeros,
    constraints: usize,
    messages: usize,
}

impl<B: InteractionBuilder<F = F>> Plonky3<'_, B> {
    /// `x` on the table's rows, and on others `x` less its value there.
    #[inline(always)]
    fn on_rows(&self, x: B::Expr, at_zero: F) -> B::Expr {
        if at_zero == F::ZERO {
            return x;
        }
        x - self.fills.clone() * at_zero
    }
}

impl<B: InteractionBuilder<F = F>> Builder for Plonky3<'_, B> {
    type Var = B::Var;
    type Expr = B::Expr;

    #[inline(always)]
    fn row<C: Columns<B::Var>>(&self) -> C {
        C::from_row(suffix(self.builder.main().current_slice(), C::WIDTH))
    }

    #[inline(always)]
    fn boundary<C: Columns<B::Var>>(&self) -> C {
        C::from_row(self.builder.main().current_slice())
    }

    #[inline(always)]
    fn fixed<C: Columns<B::Var>>(&self) -> C {
        C::from_row(self.builder.preprocessed().current_slice())
    }

    #[inline(always)]
    fn periodic(&self, column: usize) -> B::Expr {
        self.builder.periodic_values()[column].into()
    }

    #[inline(always)]
    fn public(&self, index: usize) -> B::Expr {
        self.builder.public_values()[index].into()
    }

    #[inline(always)]
    fn zero(&mut self, x: B::Expr) {
        let x = self.on_rows(x, self.zeros.constraints[self.constraints]);
        self.constraints += 1;
        self.builder.assert_zero(x);
    }

    #[inline(always)]
    fn message<const N: usize>(
        &mut self,
        bus: Bus,
        count: B::Expr,
        weight: Weight,
        fields: [B::Expr; N],
    ) {
        let count = self.on_rows(count, self.zeros.counts[self.messages]);
        self.messages += 1;
        let count = match weight {
            Weight::AtMostOne => Count::bounded(count, 1),
            Weight::Answers => Count::provided(count),
        };
        self.builder.push_interaction(bus.name(), fields, count);
    }
}

/// The last `width` cells of a row.
#[inline(always)]
fn suffix<V>(row: &[V], width: usize) -> &[V] {
    &row[row.len() - width..]
}

impl BaseAir<F> for FilledTable {
    fn width(&self) -> usize {
        self.table.trace_width()
    }

    fn preprocessed_trace(&self) -> Option<RowMajorMatrix<F>> {
        Some(self.fixed.clone())
    }

    fn preprocessed_width(&self) -> usize {
        self.fixed_width()
    }

    fn num_periodic_columns(&self) -> usize {
        self.periodic.len()
    }

    fn periodic_columns(&self) -> Cow<'_, [Vec<F>]> {
        Cow::Borrowed(&self.periodic)
    }

    fn main_next_row_columns(&self) -> Vec<usize> {
        Vec::new()
    }

    fn preprocessed_next_row_columns(&self) -> Vec<usize> {
        Vec::new()
    }

    fn max_constraint_degree(&self) -> Option<usize> {
        Some(DEGREE)
    }

    fn num_public_values(&self) -> usize {
        self.public.len()
    }
}

impl<B: InteractionBuilder<F = F>> Air<B> for FilledTable {
    #[inline(always)]
    fn eval(&self, builder: &mut B) {
        let in_use = suffix(builder.preprocessed().current_slice(), 1)[0];
        let fills = B::Expr::ONE - in_use.into();
        self.table.evaluate(&mut Plonky3 {
            builder,
            fills: fills.clone(),
            zeros: &self.zeros,
            constraints: 0,
            messages: 0,
        });
        for column in 0..self.table.trace_width() {
            let cell = builder.main().current_slice()[column];
            builder.assert_zero(fills.clone() * cell);
        }
    }
}
