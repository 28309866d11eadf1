//! Evaluating one row of a table over plain field elements.

use crate::{
    F,
    builder::{Builder, Weight},
    bus::Bus,
    columns::Columns,
};

/// Receives the values of a row's constraints and messages.
pub trait Listener {
    /// The value of the next constraint: zero if it holds.
    fn constraint(&mut self, value: F);

    /// The next message, with its signed count.
    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]);
}

/// One row of a table, as a builder that passes every value to a [`Listener`].
pub struct Row<'a, L> {
    main: &'a [F],
    fixed: &'a [F],
    periodic: &'a [F],
    public: &'a [F],
    listener: L,
}

impl<'a, L: Listener> Row<'a, L> {
    /// A row of committed cells (a whole row of a trace), preprocessed cells, periodic values and the public values.
    pub const fn new(
        main: &'a [F],
        fixed: &'a [F],
        periodic: &'a [F],
        public: &'a [F],
        listener: L,
    ) -> Self {
        Self {
            main,
            fixed,
            periodic,
            public,
            listener,
        }
    }
}

impl<L: Listener> Builder for Row<'_, L> {
    type Var = F;
    type Expr = F;

    #[inline(always)]
    fn row<C: Columns<F>>(&self) -> C {
        C::from_row(&self.main[self.main.len() - C::WIDTH..])
    }

    #[inline(always)]
    fn boundary<C: Columns<F>>(&self) -> C {
        C::from_row(self.main)
    }

    #[inline(always)]
    fn fixed<C: Columns<F>>(&self) -> C {
        C::from_row(self.fixed)
    }

    #[inline(always)]
    fn periodic(&self, column: usize) -> F {
        self.periodic[column]
    }

    #[inline(always)]
    fn public(&self, index: usize) -> F {
        self.public[index]
    }

    #[inline(always)]
    fn zero(&mut self, x: F) {
        self.listener.constraint(x);
    }

    #[inline(always)]
    fn message<const N: usize>(&mut self, bus: Bus, count: F, _weight: Weight, fields: [F; N]) {
        self.listener.message(bus, count, fields);
    }
}
