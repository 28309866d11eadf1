//! Runs of parts, filled, rightly or wrongly, and the answers of the debug checker and the verifier.

use std::collections::BTreeSet;

use p3_matrix::dense::RowMajorMatrix;
use zonda::{Proof, Statement, VerifyError, VerifyingKey, verify};
use zonda_circuits::{
    F,
    checker::{Failure, RunChecker},
    machine::{Table, TableAir},
    witness::TableTrace,
};
use zonda_prover::{Tables, prove_tables};
use zonda_verifier::Links;

use super::harness::{ENGINE, Victim};

/// A run of parts, with the tables of each.
#[derive(Clone)]
pub struct Run<'a> {
    pub victim: &'a Victim,
    pub statement: Statement,
    /// How many of the parts, the first ones, execute by the header.
    pub shards: u32,
    pub parts: Vec<Filled>,
}

/// A part of a run, filled.
#[derive(Clone, Debug)]
pub struct Filled {
    /// Its links in the header: the tables' public values are made from them.
    pub links: Links,
    /// Its tables, in order, those without rows included.
    pub tables: Vec<TableTrace>,
}

impl Run<'_> {
    /// The definitions of a part's tables, as the statement and the part's links make them.
    pub fn airs(&self, part: usize) -> Vec<TableAir> {
        let links = &self.parts[part].links;
        self.victim.tables(&links.part(part, &self.statement))
    }

    /// The trace of a table of a part.
    pub fn trace(&mut self, part: usize, table: Table) -> &mut RowMajorMatrix<F> {
        &mut self.parts[part].tables[table as usize].trace
    }

    /// A cell by part, table, row and column.
    pub fn cell(&mut self, part: usize, table: Table, row: usize, column: &str) -> &mut F {
        let column = column_of(table, column);
        let width = table.trace_width();
        &mut self.trace(part, table).values[row * width + column]
    }

    /// The debug checker's findings: names of constraints and buses.
    pub fn broken(&self) -> BTreeSet<String> {
        let mut checker = RunChecker::new(50);
        for (index, part) in self.parts.iter().enumerate() {
            let airs = self.airs(index);
            let traces = part.tables.iter().map(|filled| &filled.trace);
            checker.part(airs.iter().zip(traces)).unwrap();
        }
        let name = |failure| match failure {
            Failure::Constraint {
                table, constraint, ..
            } => format!("{}: {constraint}", table.name()),
            Failure::Unbalanced { bus, .. } => format!("bus {}", bus.name()),
            failure => unreachable!("{failure}"),
        };
        checker.finish().into_iter().map(name).collect()
    }

    /// Proves what there is, with the honest key.
    pub fn prove(&self) -> Proof {
        self.prove_as(&self.victim.key)
    }

    /// Proves what there is under a key that may be another's.
    pub fn prove_as(&self, key: &VerifyingKey) -> Proof {
        let statement = &self.statement;
        let parts = self.parts.iter().enumerate().map(|(part, filled)| Tables {
            tables: filled.tables.clone(),
            stated: filled.links.part(part, statement),
            links: filled.links.clone(),
        });
        let setup = self.victim.setup(key);
        prove_tables(&ENGINE, &setup, statement, self.shards, parts.collect()).unwrap()
    }

    /// The verifier's answer to that.
    pub fn verify(&self) -> Result<(), VerifyError> {
        verify(&self.victim.key, &self.statement, &self.prove())
    }
}

/// The number of a column of a table.
pub fn column_of(table: Table, name: &str) -> usize {
    let names = table.column_names();
    let found = names.iter().position(|column| column == name);
    found.unwrap_or_else(|| panic!("{table:?} has no column {name}: {names:?}"))
}
