//! A thin wrapper over the AIR builder that names constraints and messages.

use alloc::{string::String, vec::Vec};

use p3_air::{AirBuilder, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::{Count, InteractionBuilder};

use crate::{
    bus::Bus,
    columns::{Columns, join},
};

/// The names of a table's constraints and messages, in the order in which `eval` states them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Names {
    /// One per constraint.
    pub constraints: Vec<String>,
    /// One per message, with its bus.
    pub messages: Vec<(Bus, String)>,
}

/// What a table's `eval` speaks to: the engine's builder, and names for what is said to it.
///
/// Every engine sees the same constraints and messages in the same order; the names are kept only
/// where somebody asked for them, with [`Circuit::naming`].
pub struct Circuit<'a, B> {
    builder: &'a mut B,
    names: Option<&'a mut Names>,
    scope: String,
}

impl<'a, B: InteractionBuilder> Circuit<'a, B> {
    /// Wraps an engine's builder.
    #[inline(always)]
    pub fn new(builder: &'a mut B) -> Self {
        Self {
            builder,
            names: None,
            scope: String::new(),
        }
    }

    /// Wraps a builder and appends the name of everything that is said to it to `names`.
    pub fn naming(builder: &'a mut B, names: &'a mut Names) -> Self {
        Self {
            builder,
            names: Some(names),
            scope: String::new(),
        }
    }

    /// The current row of the table's committed columns.
    #[inline(always)]
    pub fn row<C: Columns<B::Var>>(&self) -> C {
        C::from_row(self.builder.main().current_slice())
    }

    /// The current row of the table's preprocessed columns.
    #[inline(always)]
    pub fn fixed<C: Columns<B::Var>>(&self) -> C {
        C::from_row(self.builder.preprocessed().current_slice())
    }

    /// The current row of the table's periodic columns, which the statement determines.
    #[inline(always)]
    pub fn periodic(&self, column: usize) -> B::Expr {
        self.builder.periodic_values()[column].into()
    }

    /// A public value.
    #[inline(always)]
    pub fn public(&self, index: usize) -> B::Expr {
        self.builder.public_values()[index].into()
    }

    /// Names everything that `body` says under `name`.
    #[inline(always)]
    pub fn scope<R>(&mut self, name: &str, body: impl FnOnce(&mut Self) -> R) -> R {
        if self.names.is_none() {
            return body(self);
        }
        let inner = join(&self.scope, name);
        let outer = core::mem::replace(&mut self.scope, inner);
        let result = body(self);
        self.scope = outer;
        result
    }

    /// Constrains `x` to be zero on every row.
    #[inline(always)]
    pub fn zero(&mut self, name: &str, x: impl Into<B::Expr>) {
        if let Some(names) = &mut self.names {
            names.constraints.push(join(&self.scope, name));
        }
        self.builder.assert_zero(x);
    }

    /// Constrains `x = y` on every row.
    #[inline(always)]
    pub fn equal(&mut self, name: &str, x: impl Into<B::Expr>, y: impl Into<B::Expr>) {
        self.zero(name, x.into() - y.into());
    }

    /// Constrains `x` to be 0 or 1 on every row.
    #[inline(always)]
    pub fn boolean(&mut self, name: &str, x: impl Into<B::Expr>) {
        self.zero(name, x.into().bool_check());
    }

    /// Sends a message if `active`, which the table constrains to be 0 or 1, is 1. A lookup in a
    /// table is a send that the table's [`Self::provide`] answers.
    #[inline(always)]
    pub fn send<const N: usize>(
        &mut self,
        bus: Bus,
        name: &str,
        active: impl Into<B::Expr>,
        fields: [B::Expr; N],
    ) {
        self.message(bus, name, Count::bounded(active.into(), 1), fields);
    }

    /// Receives a message if `active`, which the table constrains to be 0 or 1, is 1.
    #[inline(always)]
    pub fn receive<const N: usize>(
        &mut self,
        bus: Bus,
        name: &str,
        active: impl Into<B::Expr>,
        fields: [B::Expr; N],
    ) {
        self.message(bus, name, -Count::bounded(active.into(), 1), fields);
    }

    /// Offers a row of a lookup table, taken `multiplicity` times. The fields must be fixed by
    /// preprocessed columns, or the offer proves nothing.
    #[inline(always)]
    pub fn provide<const N: usize>(
        &mut self,
        bus: Bus,
        name: &str,
        multiplicity: impl Into<B::Expr>,
        fields: [B::Expr; N],
    ) {
        self.message(bus, name, Count::provided(-multiplicity.into()), fields);
    }

    #[inline(always)]
    fn message<const N: usize>(
        &mut self,
        bus: Bus,
        name: &str,
        count: Count<B::Expr>,
        fields: [B::Expr; N],
    ) {
        if let Some(names) = &mut self.names {
            names.messages.push((bus, join(&self.scope, name)));
        }
        self.builder.push_interaction(bus.name(), fields, count);
    }
}

/// The constant `value`, which must be below p.
#[inline(always)]
pub fn constant<B: AirBuilder>(value: u32) -> B::Expr {
    B::Expr::from_u32(value)
}

/// `x / 2^16`, exactly as a field element.
#[inline(always)]
pub fn shift_down_16<B: AirBuilder>(x: B::Expr) -> B::Expr {
    // 2^16 * 2^15 = 2^31 = 1 (mod p).
    x * B::Expr::from_u32(1 << 15)
}

/// `x / 2^8`, exactly as a field element.
#[inline(always)]
pub fn shift_down_8<B: AirBuilder>(x: B::Expr) -> B::Expr {
    // 2^8 * 2^23 = 2^31 = 1 (mod p).
    x * B::Expr::from_u32(1 << 23)
}

/// `x / 2^2`, exactly as a field element.
#[inline(always)]
pub fn shift_down_2<B: AirBuilder>(x: B::Expr) -> B::Expr {
    // 2^2 * 2^29 = 2^31 = 1 (mod p).
    x * B::Expr::from_u32(1 << 29)
}
