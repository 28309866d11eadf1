//! Evaluating one row of a table over plain field elements.

use alloc::vec::Vec;

use p3_air::{AirBuilder, RowWindow};
use p3_lookup::{Count, InteractionBuilder};

use crate::{F, bus::Bus};

/// Receives what a row says.
pub trait Listener {
    /// The value of the next constraint: zero if it holds.
    fn constraint(&mut self, value: F);

    /// The next message, with its signed count.
    fn message<I: Iterator<Item = F>>(&mut self, bus: Bus, count: F, fields: I);
}

/// One row of a table, as an AIR builder that tells a [`Listener`] the value of everything.
pub struct Row<'a, L> {
    main: &'a [F],
    fixed: RowWindow<'a, F>,
    periodic: &'a [F],
    public: &'a [F],
    listener: L,
}

impl<'a, L: Listener> Row<'a, L> {
    /// A row of committed cells, preprocessed cells, periodic values and the public values.
    pub fn new(
        main: &'a [F],
        fixed: &'a [F],
        periodic: &'a [F],
        public: &'a [F],
        listener: L,
    ) -> Self {
        Self {
            main,
            fixed: RowWindow::from_two_rows(fixed, fixed),
            periodic,
            public,
            listener,
        }
    }
}

impl<'a, L: Listener> AirBuilder for Row<'a, L> {
    type F = F;
    type Expr = F;
    type Var = F;
    type PreprocessedWindow = RowWindow<'a, F>;
    type MainWindow = RowWindow<'a, F>;
    type PublicVar = F;
    type PeriodicVar = F;

    #[inline(always)]
    fn main(&self) -> Self::MainWindow {
        RowWindow::from_two_rows(self.main, self.main)
    }

    #[inline(always)]
    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.fixed
    }

    /// # Panics
    /// Always: no table of this machine looks at its position.
    fn is_first_row(&self) -> F {
        unreachable!("no table asks for the first row")
    }

    /// # Panics
    /// Always: no table of this machine looks at its position.
    fn is_last_row(&self) -> F {
        unreachable!("no table asks for the last row")
    }

    /// # Panics
    /// Always: no table of this machine looks at another row.
    fn is_transition(&self) -> F {
        unreachable!("no table looks at another row")
    }

    #[inline(always)]
    fn assert_zero<I: Into<F>>(&mut self, x: I) {
        self.listener.constraint(x.into());
    }

    #[inline(always)]
    fn public_values(&self) -> &[F] {
        self.public
    }

    #[inline(always)]
    fn periodic_values(&self) -> &[F] {
        self.periodic
    }
}

impl<L: Listener> InteractionBuilder for Row<'_, L> {
    #[inline(always)]
    fn push_interaction<E: Into<F>>(
        &mut self,
        bus_name: &str,
        fields: impl IntoIterator<Item = E>,
        count: impl Into<Count<F>>,
    ) {
        let bus = Bus::from_name(bus_name).expect("tables speak on the machine's buses only");
        let (count, _) = count.into().into_parts();
        self.listener
            .message(bus, count, fields.into_iter().map(Into::into));
    }

    fn push_local_interaction(&mut self, _tuples: impl IntoIterator<Item = (Vec<F>, Count<F>)>) {
        unreachable!("tables speak on the machine's buses only")
    }
}
