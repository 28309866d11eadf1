//! The tables as Plonky3's AIRs: columns that are committed before the global challenge stand before
//! the others in the main trace, and global buses are buses like others.

use alloc::{borrow::Cow, vec::Vec};

use p3_air::{Air, BaseAir, WindowAccess};
use p3_lookup::{Count, InteractionBuilder};
use p3_matrix::dense::RowMajorMatrix;

use crate::{
    F,
    builder::{Builder, Weight},
    bus::Bus,
    columns::Columns,
    machine::TableAir,
};

/// One of Plonky3's builders.
#[derive(Debug)]
pub struct Plonky3<'a, B>(pub &'a mut B);

impl<B: InteractionBuilder> Builder for Plonky3<'_, B> {
    type Var = B::Var;
    type Expr = B::Expr;

    #[inline(always)]
    fn row<C: Columns<B::Var>>(&self) -> C {
        C::from_row(suffix(self.0.main().current_slice(), C::WIDTH))
    }

    #[inline(always)]
    fn boundary<C: Columns<B::Var>>(&self) -> C {
        C::from_row(self.0.main().current_slice())
    }

    #[inline(always)]
    fn fixed<C: Columns<B::Var>>(&self) -> C {
        C::from_row(self.0.preprocessed().current_slice())
    }

    #[inline(always)]
    fn periodic(&self, column: usize) -> B::Expr {
        self.0.periodic_values()[column].into()
    }

    #[inline(always)]
    fn public(&self, index: usize) -> B::Expr {
        self.0.public_values()[index].into()
    }

    #[inline(always)]
    fn zero(&mut self, x: B::Expr) {
        self.0.assert_zero(x);
    }

    #[inline(always)]
    fn message<const N: usize>(
        &mut self,
        bus: Bus,
        count: B::Expr,
        weight: Weight,
        fields: [B::Expr; N],
    ) {
        let count = match weight {
            Weight::AtMostOne => Count::bounded(count, 1),
            Weight::Answers => Count::provided(count),
        };
        self.0.push_interaction(bus.name(), fields, count);
    }
}

/// The last `width` cells of a row.
#[inline(always)]
fn suffix<V>(row: &[V], width: usize) -> &[V] {
    &row[row.len() - width..]
}

impl BaseAir<F> for TableAir {
    fn width(&self) -> usize {
        self.table.trace_width()
    }

    fn preprocessed_trace(&self) -> Option<RowMajorMatrix<F>> {
        self.fixed.as_deref().cloned()
    }

    fn preprocessed_width(&self) -> usize {
        self.table.fixed_width()
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
        Some(3)
    }

    fn num_public_values(&self) -> usize {
        self.public.len()
    }
}

impl<B: InteractionBuilder<F = F>> Air<B> for TableAir {
    #[inline(always)]
    fn eval(&self, builder: &mut B) {
        self.table.evaluate(&mut Plonky3(builder));
    }
}
