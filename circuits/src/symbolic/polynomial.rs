//! Expressions as polynomials: a form that does not depend on how a constraint is written.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};

use super::{Cell, Expression, Record};
use crate::F;

/// A polynomial in the cells of a row: its monomials, each the ascending list of its cells, with their
/// coefficients, all other than zero.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Polynomial(pub BTreeMap<Vec<Cell>, F>);

impl Polynomial {
    /// The greatest number of cells in a monomial.
    pub fn degree(&self) -> usize {
        self.0.keys().map(Vec::len).max().unwrap_or(0)
    }

    fn add(&mut self, monomial: Vec<Cell>, coefficient: F) {
        let sum = self.0.remove(&monomial).unwrap_or_default() + coefficient;
        if sum != F::ZERO {
            self.0.insert(monomial, sum);
        }
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend(length(self.0.len()));
        for (cells, coefficient) in &self.0 {
            bytes.extend(coefficient.as_canonical_u32().to_le_bytes());
            bytes.push(cells.len() as u8);
            for cell in cells {
                bytes.push(cell.source as u8);
                bytes.extend(cell.index.to_le_bytes());
            }
        }
    }
}

impl From<&Expression> for Polynomial {
    fn from(expression: &Expression) -> Self {
        let mut polynomial = Self::default();
        match expression {
            Expression::Constant(constant) => polynomial.add(Vec::new(), *constant),
            Expression::Cell(cell) => polynomial.add(vec![*cell], F::ONE),
            Expression::Sum(terms) => {
                polynomial = Self::from(&terms[0]);
                for (monomial, coefficient) in Self::from(&terms[1]).0 {
                    polynomial.add(monomial, coefficient);
                }
            }
            Expression::Difference(terms) => {
                polynomial = Self::from(&terms[0]);
                for (monomial, coefficient) in Self::from(&terms[1]).0 {
                    polynomial.add(monomial, -coefficient);
                }
            }
            Expression::Product(factors) => {
                let [a, b] = [&factors[0], &factors[1]].map(Self::from);
                for (left, x) in &a.0 {
                    for (right, y) in &b.0 {
                        let mut monomial = [&left[..], right].concat();
                        monomial.sort_unstable();
                        polynomial.add(monomial, *x * *y);
                    }
                }
            }
            Expression::Negation(inner) => {
                for (monomial, coefficient) in Self::from(&**inner).0 {
                    polynomial.add(monomial, -coefficient);
                }
            }
        }
        polynomial
    }
}

/// The constraints and messages of tables as bytes: section 10 of PROTOCOL.md. Equal bytes mean
/// equal polynomials, in the same order.
pub fn encode(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        bytes.extend(length(record.constraints.len()));
        for constraint in &record.constraints {
            Polynomial::from(&constraint.expression).encode(&mut bytes);
        }
        bytes.extend(length(record.messages.len()));
        for message in &record.messages {
            bytes.push(message.bus as u8);
            Polynomial::from(&message.count).encode(&mut bytes);
            bytes.extend(length(message.fields.len()));
            for field in &message.fields {
                Polynomial::from(field).encode(&mut bytes);
            }
        }
    }
    bytes
}

fn length(length: usize) -> [u8; 4] {
    (length as u32).to_le_bytes()
}
