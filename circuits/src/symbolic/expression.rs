//! Expressions over the cells of a row.

use alloc::rc::Rc;
use core::{
    iter::{Product, Sum},
    ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign},
};

use p3_field::{Algebra, Dup, PrimeCharacteristicRing};

use crate::F;

/// Where a cell comes from.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Source {
    /// A preprocessed column.
    Fixed,
    /// A column that is committed before the global challenge.
    Boundary,
    /// A column that is committed after it.
    Main,
    /// A column that the verifier makes from the statement.
    Periodic,
    /// A public value, the same on every row.
    Public,
}

/// A cell of a row.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Cell {
    /// Where it comes from.
    pub source: Source,
    /// Its place there, from 0.
    pub index: u16,
}

/// An expression over the cells of a row, as it is stated. Only what is constant is computed: sums and
/// products of constants, sums with 0, products with 0 and 1.
#[derive(Clone, Debug)]
pub enum Expression {
    /// An element of the field.
    Constant(F),
    /// A cell.
    Cell(Cell),
    /// The sum of two expressions.
    Sum(Rc<[Self; 2]>),
    /// The first expression less the second.
    Difference(Rc<[Self; 2]>),
    /// The product of two expressions.
    Product(Rc<[Self; 2]>),
    /// An expression with its sign changed.
    Negation(Rc<Self>),
}

impl Expression {
    /// Whether it is this constant.
    pub fn is(&self, constant: F) -> bool {
        matches!(self, Self::Constant(c) if *c == constant)
    }
}

impl Default for Expression {
    fn default() -> Self {
        Self::ZERO
    }
}

impl From<Cell> for Expression {
    fn from(cell: Cell) -> Self {
        Self::Cell(cell)
    }
}

impl Dup for Expression {
    fn dup(&self) -> Self {
        self.clone()
    }
}

impl Add for Expression {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        match (self, other) {
            (Self::Constant(a), Self::Constant(b)) => Self::Constant(a + b),
            (a, b) if a.is(F::ZERO) => b,
            (a, b) if b.is(F::ZERO) => a,
            (a, b) => Self::Sum(Rc::new([a, b])),
        }
    }
}

impl Sub for Expression {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        match (self, other) {
            (Self::Constant(a), Self::Constant(b)) => Self::Constant(a - b),
            (a, b) if a.is(F::ZERO) => -b,
            (a, b) if b.is(F::ZERO) => a,
            (a, b) => Self::Difference(Rc::new([a, b])),
        }
    }
}

impl Mul for Expression {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        match (self, other) {
            (Self::Constant(a), Self::Constant(b)) => Self::Constant(a * b),
            (a, b) if a.is(F::ZERO) || b.is(F::ZERO) => Self::ZERO,
            (a, b) if a.is(F::ONE) => b,
            (a, b) if b.is(F::ONE) => a,
            (a, b) => Self::Product(Rc::new([a, b])),
        }
    }
}

impl Neg for Expression {
    type Output = Self;

    fn neg(self) -> Self {
        match self {
            Self::Constant(c) => Self::Constant(-c),
            other => Self::Negation(Rc::new(other)),
        }
    }
}

macro_rules! with_cells {
    ($($operation:ident $method:ident, $assign:ident $assign_method:ident;)*) => {$(
        impl $operation<Cell> for Expression {
            type Output = Self;

            fn $method(self, other: Cell) -> Self {
                $operation::$method(self, Self::from(other))
            }
        }

        impl $operation for Cell {
            type Output = Expression;

            fn $method(self, other: Self) -> Expression {
                $operation::$method(Expression::from(self), Expression::from(other))
            }
        }

        impl $operation<Expression> for Cell {
            type Output = Expression;

            fn $method(self, other: Expression) -> Expression {
                $operation::$method(Expression::from(self), other)
            }
        }

        impl $assign for Expression {
            fn $assign_method(&mut self, other: Self) {
                *self = $operation::$method(self.clone(), other);
            }
        }

        impl $assign<Cell> for Expression {
            fn $assign_method(&mut self, other: Cell) {
                *self = $operation::$method(self.clone(), Self::from(other));
            }
        }
    )*};
}

with_cells! {
    Add add, AddAssign add_assign;
    Sub sub, SubAssign sub_assign;
    Mul mul, MulAssign mul_assign;
}

impl Sum for Expression {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, Add::add)
    }
}

impl Product for Expression {
    fn product<I: Iterator<Item = Self>>(factors: I) -> Self {
        factors.fold(Self::ONE, Mul::mul)
    }
}

impl PrimeCharacteristicRing for Expression {
    type PrimeSubfield = F;

    const ZERO: Self = Self::Constant(F::ZERO);
    const ONE: Self = Self::Constant(F::ONE);
    const TWO: Self = Self::Constant(F::TWO);
    const NEG_ONE: Self = Self::Constant(F::NEG_ONE);

    fn from_prime_subfield(constant: F) -> Self {
        Self::Constant(constant)
    }
}

impl Algebra<Cell> for Expression {}
