//! One row of a table over any ring, as flat lists of values, which an engine evaluates, many rows at a
//! time, in its innermost loop.
//!
//! [`tape`] writes the values. [`Plan`] describes them, and names those that are the same on every row.

use alloc::vec::Vec;
use core::{
    iter::{Product, Sum},
    ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign},
};

use p3_field::{PrimeCharacteristicRing, PrimeField32};

use crate::{
    F,
    builder::{Builder, Circuit, Weight},
    bus::Bus,
    columns::Columns,
    machine::Table,
};

/// How many values the evaluation of a row gives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Size {
    /// Constraints.
    pub constraints: usize,
    /// Messages, each with a count.
    pub messages: usize,
    /// Fields of all messages together.
    pub fields: usize,
}

/// The facts about every row's constraints and messages that do not depend on the row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    /// How many constraints there are.
    pub constraints: usize,
    /// The messages, in order.
    pub messages: Vec<MessagePlan>,
}

/// A message of every row of a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MessagePlan {
    /// The message's bus.
    pub bus: Bus,
    /// The possible counts.
    pub weight: Weight,
    /// Its signed count, if that is the same on every row.
    pub count: Option<u32>,
    /// Its fields, in order.
    pub fields: Vec<Field>,
}

impl MessagePlan {
    /// How many of the fields are not the same on every row.
    pub fn varying(&self) -> usize {
        let slots = |field: &&Field| matches!(field, Field::Slot(_));
        self.fields.iter().filter(slots).count()
    }
}

/// A field of a message of every row of a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Field {
    /// The same on every row, below p.
    Constant(u32),
    /// The value at this index of the tape's fields.
    Slot(usize),
}

impl Plan {
    /// The plan of `table`'s rows.
    pub fn of(table: Table) -> Self {
        let mut planner = Planner {
            plan: Self {
                constraints: 0,
                messages: Vec::new(),
            },
            fields: 0,
        };
        table.evaluate(&mut planner);
        planner.plan
    }

    /// How many of the messages are local: they come first, the global ones after them.
    pub fn local(&self) -> usize {
        let local = self.messages.iter().take_while(|m| !m.bus.is_global());
        local.count()
    }

    /// How many values the tape has.
    pub fn size(&self) -> Size {
        Size {
            constraints: self.constraints,
            messages: self.messages.len(),
            fields: self.messages.iter().map(|m| m.fields.len()).sum(),
        }
    }
}

/// Evaluates one row of `table`, or as many rows as `L` has lanes: writes the value of every
/// constraint, the signed count of every message, and every field of every message one after the
/// other, constant ones included. `columns` are those committed before the global challenge and then
/// those committed after it.
///
/// With a constant `table`, and inlined, this is straight arithmetic. If `constraints` is empty, they are left out: all
/// that only they need is not evaluated.
///
/// # Panics
/// If `columns` is not as wide as the table's trace or `fixed` not as the table, an output is not of the table's
/// [`size`](Table::size), or there are too few periodic or public values.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "five inputs and three outputs")]
pub fn tape<L: PrimeCharacteristicRing + Copy + Send + Sync>(
    table: Table,
    columns: &[L],
    fixed: &[L],
    periodic: &[L],
    public: &[L],
    constraints: &mut [L],
    counts: &mut [L],
    fields: &mut [L],
) {
    let size = table.size();
    assert_eq!(columns.len(), table.trace_width());
    assert_eq!(fixed.len(), table.fixed_width());
    assert!(constraints.is_empty() || constraints.len() == size.constraints);
    assert_eq!(counts.len(), size.messages);
    assert_eq!(fields.len(), size.fields);
    table.eval(&mut Circuit::new(&mut Tape {
        columns,
        fixed,
        periodic,
        public,
        constraints: Output::new(constraints),
        counts: Output::new(counts),
        fields: Output::new(fields),
    }));
}

struct Tape<'a, L> {
    columns: &'a [L],
    fixed: &'a [L],
    periodic: &'a [L],
    public: &'a [L],
    constraints: Output<'a, L>,
    counts: Output<'a, L>,
    fields: Output<'a, L>,
}

struct Output<'a, L> {
    values: &'a mut [L],
    written: usize,
}

impl<'a, L> Output<'a, L> {
    #[inline(always)]
    const fn new(values: &'a mut [L]) -> Self {
        Self { values, written: 0 }
    }

    #[inline(always)]
    fn push(&mut self, value: L) {
        self.values[self.written] = value;
        self.written += 1;
    }
}

impl<L: PrimeCharacteristicRing + Copy + Send + Sync> Builder for Tape<'_, L> {
    type Var = L;
    type Expr = L;

    #[inline(always)]
    fn row<C: Columns<L>>(&self) -> C {
        C::from_row(&self.columns[self.columns.len() - C::WIDTH..])
    }

    #[inline(always)]
    fn boundary<C: Columns<L>>(&self) -> C {
        C::from_row(self.columns)
    }

    #[inline(always)]
    fn fixed<C: Columns<L>>(&self) -> C {
        C::from_row(self.fixed)
    }

    #[inline(always)]
    fn periodic(&self, column: usize) -> L {
        self.periodic[column]
    }

    #[inline(always)]
    fn public(&self, index: usize) -> L {
        self.public[index]
    }

    #[inline(always)]
    fn zero(&mut self, x: L) {
        if !self.constraints.values.is_empty() {
            self.constraints.push(x);
        }
    }

    #[inline(always)]
    fn message<const N: usize>(&mut self, _bus: Bus, count: L, _weight: Weight, fields: [L; N]) {
        self.counts.push(count);
        let mut index = 0;
        while index < N {
            self.fields.push(fields[index]);
            index += 1;
        }
    }
}

/// Records the constraints and messages of a row of unknown cells.
struct Planner {
    plan: Plan,
    fields: usize,
}

impl Builder for Planner {
    type Var = Known;
    type Expr = Known;

    fn row<C: Columns<Known>>(&self) -> C {
        C::from_row(&alloc::vec![Known::Variable; C::WIDTH])
    }

    fn boundary<C: Columns<Known>>(&self) -> C {
        self.row()
    }

    fn fixed<C: Columns<Known>>(&self) -> C {
        self.row()
    }

    fn periodic(&self, _column: usize) -> Known {
        Known::Variable
    }

    fn public(&self, _index: usize) -> Known {
        Known::Variable
    }

    fn zero(&mut self, _x: Known) {
        self.plan.constraints += 1;
    }

    fn message<const N: usize>(
        &mut self,
        bus: Bus,
        count: Known,
        weight: Weight,
        fields: [Known; N],
    ) {
        let first = self.fields;
        self.fields += N;
        let field = |(slot, field): (usize, &Known)| match field {
            Known::Constant(value) => Field::Constant(value.as_canonical_u32()),
            Known::Variable => Field::Slot(slot),
        };
        self.plan.messages.push(MessagePlan {
            bus,
            weight,
            count: match count {
                Known::Constant(value) => Some(value.as_canonical_u32()),
                Known::Variable => None,
            },
            fields: (first..).zip(&fields).map(field).collect(),
        });
    }
}

/// The knowledge about an expression.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Known {
    /// Its value on every row.
    Constant(F),
    /// Not known to be constant.
    Variable,
}

impl Known {
    fn both(self, other: Self, operation: impl FnOnce(F, F) -> F) -> Self {
        match (self, other) {
            (Self::Constant(a), Self::Constant(b)) => Self::Constant(operation(a, b)),
            _ => Self::Variable,
        }
    }
}

impl PrimeCharacteristicRing for Known {
    type PrimeSubfield = F;

    const ZERO: Self = Self::Constant(F::ZERO);
    const ONE: Self = Self::Constant(F::ONE);
    const TWO: Self = Self::Constant(F::TWO);
    const NEG_ONE: Self = Self::Constant(F::NEG_ONE);

    fn from_prime_subfield(f: F) -> Self {
        Self::Constant(f)
    }
}

impl Default for Known {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Add for Known {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.both(other, F::add)
    }
}

impl Sub for Known {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.both(other, F::sub)
    }
}

impl Neg for Known {
    type Output = Self;

    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl Mul for Known {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        if self == Self::ZERO || other == Self::ZERO {
            return Self::ZERO;
        }
        self.both(other, F::mul)
    }
}

impl AddAssign for Known {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Known {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl MulAssign for Known {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl Sum for Known {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, Self::add)
    }
}

impl Product for Known {
    fn product<I: Iterator<Item = Self>>(factors: I) -> Self {
        factors.fold(Self::ONE, Self::mul)
    }
}

/// The largest sizes of any table, each on its own.
pub const LARGEST: Size = {
    let mut largest = Size {
        constraints: 0,
        messages: 0,
        fields: 0,
    };
    let mut index = 0;
    while index < Table::ALL.len() {
        let size = Table::ALL[index].size();
        largest.constraints = max(largest.constraints, size.constraints);
        largest.messages = max(largest.messages, size.messages);
        largest.fields = max(largest.fields, size.fields);
        index += 1;
    }
    largest
};

/// The largest number of columns of any table's trace.
pub const LARGEST_WIDTH: usize = {
    let mut largest = 0;
    let mut index = 0;
    while index < Table::ALL.len() {
        largest = max(largest, Table::ALL[index].trace_width());
        index += 1;
    }
    largest
};

/// The largest number of preprocessed columns of any table.
pub const LARGEST_FIXED_WIDTH: usize = {
    let mut largest = 0;
    let mut index = 0;
    while index < Table::ALL.len() {
        largest = max(largest, Table::ALL[index].fixed_width());
        index += 1;
    }
    largest
};

const fn max(a: usize, b: usize) -> usize {
    if a < b { b } else { a }
}

impl Table {
    /// How many values the evaluation of a row of the table gives.
    pub const fn size(self) -> Size {
        let [constraints, messages, fields] = self.numbers();
        Size {
            constraints,
            messages,
            fields,
        }
    }
}

#[cfg(all(test, feature = "witness"))]
mod tests;
