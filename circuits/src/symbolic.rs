//! The tables as expressions: the constraints and messages of each `eval`, recorded with names rather
//! than computed.
//!
//! `MACHINE.md`, the check by solver and the digest of the constraints are made from this record, so
//! that they are about the constraints that are proved and verified.

mod expression;
mod polynomial;

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

pub use expression::{Cell, Expression, Source};
pub use polynomial::{Polynomial, encode};

use crate::{
    builder::{Builder, Names, Weight},
    bus::Bus,
    columns::{Columns, Structure},
    machine::Table,
};

/// A constraint: the expression is zero on every row.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// The name that its failure prints.
    pub name: String,
    /// The expression.
    pub expression: Expression,
}

/// A message of a row.
#[derive(Clone, Debug)]
pub struct Message {
    /// The message's name in its table.
    pub name: String,
    /// The bus on which it is.
    pub bus: Bus,
    /// How often it is sent: received, where that is negative.
    pub count: Expression,
    /// The possible counts.
    pub weight: Weight,
    /// Its fields.
    pub fields: Vec<Expression>,
}

/// The constraints and messages of a table for one row, in their order.
#[derive(Clone, Debug)]
pub struct Record {
    /// The table.
    pub table: Table,
    /// The constraints.
    pub constraints: Vec<Constraint>,
    /// The messages.
    pub messages: Vec<Message>,
    /// The names of the preprocessed columns.
    fixed: Vec<String>,
    /// The names of the columns of a trace.
    committed: Vec<String>,
}

impl Record {
    /// Records a table.
    pub fn of(table: Table) -> Self {
        let mut recorder = Recorder::default();
        let mut names = Names::default();
        table.evaluate_named(&mut recorder, &mut names);
        assert_eq!(recorder.zeros.len(), names.constraints.len());
        assert_eq!(recorder.messages.len(), names.messages.len());
        let constraints = recorder.zeros.into_iter().zip(names.constraints);
        let messages = recorder.messages.into_iter().zip(names.messages);
        Self {
            table,
            constraints: constraints
                .map(|(expression, name)| Constraint { name, expression })
                .collect(),
            messages: messages
                .map(|((bus, count, weight, fields), (_, name))| Message {
                    name,
                    bus,
                    count,
                    weight,
                    fields,
                })
                .collect(),
            fixed: table.fixed_names(),
            committed: table.column_names(),
        }
    }

    /// The name of a cell: of a committed column its own, of another with where it comes from.
    ///
    /// # Panics
    /// If it is not a cell of the table.
    pub fn name(&self, cell: Cell) -> String {
        let index = usize::from(cell.index);
        match cell.source {
            Source::Fixed => format!("fixed.{}", self.fixed[index]),
            Source::Boundary => self.committed[index].to_owned(),
            Source::Main => self.committed[index + self.table.boundary_width()].to_owned(),
            Source::Periodic => format!("periodic[{index}]"),
            Source::Public => format!("public[{index}]"),
        }
    }

    /// The structures of the table's preprocessed, boundary and main columns, each after those that it is
    /// made of.
    pub fn structures(&self) -> [Vec<&'static Structure>; 3] {
        self.table.structures()
    }
}

/// A builder that records constraints and messages.
#[derive(Debug, Default)]
struct Recorder {
    zeros: Vec<Expression>,
    messages: Vec<(Bus, Expression, Weight, Vec<Expression>)>,
}

fn cells<C: Columns<Cell>>(source: Source) -> C {
    let cell = |index| Cell { source, index };
    let cells: Vec<Cell> = (0..).map(cell).take(C::WIDTH).collect();
    C::from_row(&cells)
}

impl Builder for Recorder {
    type Var = Cell;
    type Expr = Expression;

    fn row<C: Columns<Cell>>(&self) -> C {
        cells(Source::Main)
    }

    fn boundary<C: Columns<Cell>>(&self) -> C {
        cells(Source::Boundary)
    }

    fn fixed<C: Columns<Cell>>(&self) -> C {
        cells(Source::Fixed)
    }

    fn periodic(&self, column: usize) -> Expression {
        Cell {
            source: Source::Periodic,
            index: column as u16,
        }
        .into()
    }

    fn public(&self, index: usize) -> Expression {
        Cell {
            source: Source::Public,
            index: index as u16,
        }
        .into()
    }

    fn zero(&mut self, x: Expression) {
        self.zeros.push(x);
    }

    fn message<const N: usize>(
        &mut self,
        bus: Bus,
        count: Expression,
        weight: Weight,
        fields: [Expression; N],
    ) {
        self.messages.push((bus, count, weight, Vec::from(fields)));
    }
}
