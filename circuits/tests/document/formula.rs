//! Expressions as formulas.

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{
    F,
    symbolic::{Cell, Expression},
};

/// How tightly a formula's outermost operation binds.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Binding {
    Sum,
    Product,
    Atom,
}

/// Writes expressions with the names of their cells.
pub struct Formulas<N>(pub N);

impl<N: Fn(Cell) -> String> Formulas<N> {
    /// An expression.
    pub fn text(&self, expression: &Expression) -> String {
        self.write(expression).0
    }

    /// That an expression is zero: a difference as an equation.
    pub fn equation(&self, expression: &Expression) -> String {
        match expression {
            Expression::Difference(terms) => {
                let [left, right] = [&terms[0], &terms[1]].map(|term| self.text(term));
                format!("{left} = {right}")
            }
            other => format!("{} = 0", self.text(other)),
        }
    }

    fn at_least(&self, binding: Binding, expression: &Expression) -> String {
        let (text, own) = self.write(expression);
        if own < binding {
            format!("({text})")
        } else {
            text
        }
    }

    fn write(&self, expression: &Expression) -> (String, Binding) {
        match expression {
            Expression::Constant(value) => constant(*value),
            Expression::Cell(cell) => (self.0(*cell), Binding::Atom),
            Expression::Sum(terms) => (self.sum(&terms[0], &terms[1]), Binding::Sum),
            Expression::Difference(terms) => {
                let left = self.at_least(Binding::Sum, &terms[0]);
                let right = self.at_least(Binding::Product, &terms[1]);
                (format!("{left} - {right}"), Binding::Sum)
            }
            Expression::Product(factors) => self.product(&factors[0], &factors[1]),
            Expression::Negation(inner) => (
                format!("-{}", self.at_least(Binding::Product, inner)),
                Binding::Sum,
            ),
        }
    }

    /// Whether the product of these is zero where the first one is 0 or 1.
    fn is_boolean(&self, left: &Expression, right: &Expression) -> bool {
        let Expression::Difference(terms) = right else {
            return false;
        };
        terms[1].is(F::ONE) && self.text(&terms[0]) == self.text(left)
    }

    fn sum(&self, left: &Expression, right: &Expression) -> String {
        let left = self.at_least(Binding::Sum, left);
        match right {
            Expression::Negation(inner) => {
                format!("{left} - {}", self.at_least(Binding::Product, inner))
            }
            Expression::Constant(value) if is_negative(*value) => {
                format!("{left} - {}", constant(-*value).0)
            }
            Expression::Sum(_) | Expression::Difference(_) => {
                format!("{left} + ({})", self.text(right))
            }
            other => format!("{left} + {}", self.at_least(Binding::Product, other)),
        }
    }

    fn product(&self, left: &Expression, right: &Expression) -> (String, Binding) {
        let (constant, other) = match (left, right) {
            (Expression::Constant(value), other) | (other, Expression::Constant(value)) => {
                (Some(*value), other)
            }
            _ => (None, right),
        };
        if let Some(value) = constant
            && matches!(other, Expression::Sum(_) | Expression::Difference(_))
            && let Some(power) = [2, 8, 16]
                .into_iter()
                .find(|power| value.mul_2exp_u64(*power) == F::ONE)
        {
            return (
                format!("({})/2^{power}", self.text(other)),
                Binding::Product,
            );
        }
        if self.is_boolean(left, right) {
            return (format!("bool({})", self.text(left)), Binding::Atom);
        }
        let factors = match right {
            Expression::Constant(_) => [right, left],
            _ => [left, right],
        };
        let [left, right] = factors.map(|factor| self.at_least(Binding::Product, factor));
        (format!("{left} * {right}"), Binding::Product)
    }
}

fn is_negative(value: F) -> bool {
    value.as_canonical_u32() > F::ORDER_U32 / 2
}

/// A constant, by powers of two where it is one, or next to one.
fn constant(value: F) -> (String, Binding) {
    if is_negative(value) {
        return (format!("-{}", constant(-value).0), Binding::Sum);
    }
    let value = value.as_canonical_u32();
    if value < 256 {
        return (value.to_string(), Binding::Atom);
    }
    if value.is_power_of_two() {
        return (format!("2^{}", value.ilog2()), Binding::Atom);
    }
    if (value + 1).is_power_of_two() {
        return (format!("2^{} - 1", (value + 1).ilog2()), Binding::Sum);
    }
    let zeros = value.trailing_zeros();
    if zeros >= 8 {
        let factor = constant(F::from_u32(value >> zeros));
        let factor = if factor.1 < Binding::Product {
            format!("({})", factor.0)
        } else {
            factor.0
        };
        return (format!("{factor} * 2^{zeros}"), Binding::Product);
    }
    (value.to_string(), Binding::Atom)
}
