//! The interface that states tables: a builder of constraints and messages, and a thin wrapper over it
//! that names them.

use alloc::{string::String, vec::Vec};
use core::ops::{Add, Mul, Sub};

use p3_field::{Algebra, PrimeCharacteristicRing};

use crate::{bus::Bus, columns::Columns};

/// Takes one row of a table: it hands out the row's cells and receives the table's constraints and
/// messages.
///
/// Everything here is generic rather than a closure, so that a table is one straight line of
/// arithmetic wherever it is evaluated.
pub trait Builder {
    /// The type of a cell.
    type Var: Copy
        + Into<Self::Expr>
        + Add<Output = Self::Expr>
        + Add<Self::Expr, Output = Self::Expr>
        + Sub<Output = Self::Expr>
        + Sub<Self::Expr, Output = Self::Expr>
        + Mul<Output = Self::Expr>
        + Mul<Self::Expr, Output = Self::Expr>;

    /// The type of expressions over cells.
    type Expr: Algebra<Self::Var>;

    /// The row's columns that are committed after the global challenge.
    fn row<C: Columns<Self::Var>>(&self) -> C;

    /// The row's columns that are committed before the global challenge.
    fn boundary<C: Columns<Self::Var>>(&self) -> C;

    /// The row's preprocessed columns.
    fn fixed<C: Columns<Self::Var>>(&self) -> C;

    /// The row's value of a periodic column.
    fn periodic(&self, column: usize) -> Self::Expr;

    /// A public value.
    fn public(&self, index: usize) -> Self::Expr;

    /// `x` is zero on every row.
    fn zero(&mut self, x: Self::Expr);

    /// A message, sent `count` times: received, if that is negative.
    fn message<const N: usize>(
        &mut self,
        bus: Bus,
        count: Self::Expr,
        weight: Weight,
        fields: [Self::Expr; N],
    );
}

/// The possible counts of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Weight {
    /// It is 0 or 1 if the message is sent, 0 or -1 if it is received.
    AtMostOne,
    /// Any number: the answers of a lookup table.
    Answers,
}

/// The names of a table's constraints and messages, in the order in which `eval` states them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Names {
    /// One per constraint.
    pub constraints: Vec<String>,
    /// One per message, with its bus.
    pub messages: Vec<(Bus, String)>,
    /// The prefix of names to come.
    scope: String,
}

impl Names {
    #[inline(never)]
    fn constraint(&mut self, name: &str) {
        self.constraints.push(self.join(name));
    }

    #[inline(never)]
    fn message(&mut self, bus: Bus, name: &str) {
        self.messages.push((bus, self.join(name)));
    }

    fn join(&self, name: &str) -> String {
        [self.scope.as_str(), name].concat()
    }

    #[inline(never)]
    fn enter(&mut self, name: &str) -> usize {
        let outer = self.scope.len();
        self.scope.push_str(name);
        self.scope.push('.');
        outer
    }
}

/// The argument of a table's `eval`: the engine's builder, and names for the constraints and messages.
///
/// Every engine sees the same constraints and messages in the same order; the names are kept only
/// where somebody asked for them, with [`Circuit::naming`].
pub struct Circuit<'a, B> {
    builder: &'a mut B,
    names: Option<&'a mut Names>,
}

/// Names all constraints and messages that an expression states to a circuit: `scoped!(circuit,
/// "name", { ... })`. The expression must not return.
macro_rules! scoped {
    ($circuit:expr, $name:expr, $body:expr) => {{
        let outer = $circuit.enter($name);
        let result = $body;
        $circuit.leave(outer);
        result
    }};
}
pub(crate) use scoped;

impl<'a, B: Builder> Circuit<'a, B> {
    /// Wraps an engine's builder.
    #[inline(always)]
    pub const fn new(builder: &'a mut B) -> Self {
        Self {
            builder,
            names: None,
        }
    }

    /// Wraps a builder and appends the name of each constraint and message to `names`.
    pub const fn naming(builder: &'a mut B, names: &'a mut Names) -> Self {
        Self {
            builder,
            names: Some(names),
        }
    }

    /// The row's columns that are committed after the global challenge.
    #[inline(always)]
    pub fn row<C: Columns<B::Var>>(&self) -> C {
        self.builder.row()
    }

    /// The row's columns that are committed before the global challenge.
    #[inline(always)]
    pub fn boundary<C: Columns<B::Var>>(&self) -> C {
        self.builder.boundary()
    }

    /// The row's preprocessed columns.
    #[inline(always)]
    pub fn fixed<C: Columns<B::Var>>(&self) -> C {
        self.builder.fixed()
    }

    /// The row's value of a periodic column, which the statement determines.
    #[inline(always)]
    pub fn periodic(&self, column: usize) -> B::Expr {
        self.builder.periodic(column)
    }

    /// A public value.
    #[inline(always)]
    pub fn public(&self, index: usize) -> B::Expr {
        self.builder.public(index)
    }

    /// Puts `name` before all names until [`Self::leave`], which takes the returned value. Use
    /// `scoped!`.
    #[inline(always)]
    pub(crate) fn enter(&mut self, name: &str) -> usize {
        match &mut self.names {
            Some(names) => names.enter(name),
            None => 0,
        }
    }

    /// Ends what [`Self::enter`] began.
    #[inline(always)]
    pub(crate) fn leave(&mut self, outer: usize) {
        if let Some(names) = &mut self.names {
            names.scope.truncate(outer);
        }
    }

    /// Constrains `x` to be zero on every row.
    #[inline(always)]
    pub fn zero(&mut self, name: &str, x: impl Into<B::Expr>) {
        if let Some(names) = &mut self.names {
            names.constraint(name);
        }
        self.builder.zero(x.into());
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

    /// Sends a message on every row. A lookup in a table is a send that the table's
    /// [`Self::provide`] answers.
    #[inline(always)]
    pub fn send<const N: usize>(&mut self, bus: Bus, name: &str, fields: [B::Expr; N]) {
        self.send_if(bus, name, B::Expr::ONE, fields);
    }

    /// Receives a message on every row.
    #[inline(always)]
    pub fn receive<const N: usize>(&mut self, bus: Bus, name: &str, fields: [B::Expr; N]) {
        self.receive_if(bus, name, B::Expr::ONE, fields);
    }

    /// Sends a message if `active`, which the table constrains to be 0 or 1, is 1.
    #[inline(always)]
    pub fn send_if<const N: usize>(
        &mut self,
        bus: Bus,
        name: &str,
        active: impl Into<B::Expr>,
        fields: [B::Expr; N],
    ) {
        self.message(bus, name, active.into(), Weight::AtMostOne, fields);
    }

    /// Receives a message if `active`, which the table constrains to be 0 or 1, is 1.
    #[inline(always)]
    pub fn receive_if<const N: usize>(
        &mut self,
        bus: Bus,
        name: &str,
        active: impl Into<B::Expr>,
        fields: [B::Expr; N],
    ) {
        self.message(bus, name, -active.into(), Weight::AtMostOne, fields);
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
        self.message(bus, name, -multiplicity.into(), Weight::Answers, fields);
    }

    #[inline(always)]
    fn message<const N: usize>(
        &mut self,
        bus: Bus,
        name: &str,
        count: B::Expr,
        weight: Weight,
        fields: [B::Expr; N],
    ) {
        if let Some(names) = &mut self.names {
            names.message(bus, name);
        }
        self.builder.message(bus, count, weight, fields);
    }
}

/// The constant `value`, which must be below p.
#[inline(always)]
pub fn constant<B: Builder>(value: u32) -> B::Expr {
    B::Expr::from_u32(value)
}

/// `yes` if `bit` is 1, `no` if it is 0.
#[inline(always)]
pub fn select<E: PrimeCharacteristicRing>(bit: E, yes: E, no: E) -> E {
    no.clone() + bit * (yes - no)
}

/// Cells as expressions.
#[inline(always)]
pub fn exprs<B: Builder, const N: usize>(cells: [B::Var; N]) -> [B::Expr; N] {
    let mut exprs = [const { B::Expr::ZERO }; N];
    let mut index = 0;
    while index < N {
        exprs[index] = cells[index].into();
        index += 1;
    }
    exprs
}

/// `x / 2^16`, exactly as a field element.
#[inline(always)]
pub fn shift_down_16<B: Builder>(x: B::Expr) -> B::Expr {
    // 2^16 * 2^15 = 2^31 = 1 (mod p).
    x * B::Expr::from_u32(1 << 15)
}

/// `x / 2^8`, exactly as a field element.
#[inline(always)]
pub fn shift_down_8<B: Builder>(x: B::Expr) -> B::Expr {
    // 2^8 * 2^23 = 2^31 = 1 (mod p).
    x * B::Expr::from_u32(1 << 23)
}

/// `x / 2^2`, exactly as a field element.
#[inline(always)]
pub fn shift_down_2<B: Builder>(x: B::Expr) -> B::Expr {
    // 2^2 * 2^29 = 2^31 = 1 (mod p).
    x * B::Expr::from_u32(1 << 29)
}
