//! Running a program and filling its tables.

#![allow(dead_code, reason = "each test uses its share")]

pub mod programs;

use p3_matrix::dense::RowMajorMatrix;
use zonda_circuits::{
    F,
    machine::{Image, Part, Statement, Table, TableAir, airs},
    witness::{OneShard, TableTrace, traces},
};
use zonda_riscv_emu::{
    execute::{Discard, Options, execute_recorded},
    program::Program,
    record::Records,
};

/// A proof's tables, with nothing proved.
pub struct Run {
    pub airs: Vec<TableAir>,
    /// As many as there are airs, in the same order.
    pub traces: Vec<TableTrace>,
    pub image: Image,
    pub statement: Statement,
    pub part: Part,
    pub cycles: u64,
}

/// Runs an ELF file and fills the tables.
pub fn run(elf: &[u8], input: &[u8]) -> Run {
    let program = Program::from_elf(elf).expect("a program");
    let options = Options::default();
    let (outcome, records) =
        execute_recorded(&program, input, &options, &mut Discard).expect("a run that exits");
    let image = Image::from(&program);
    let statement = Statement {
        exit_code: outcome.exit_code,
        output: outcome.output,
    };
    let at = |pc| match program.instruction(pc) {
        Some(Ok(instruction)) => instruction,
        _ => panic!("{pc:#x} was executed, so it is an instruction"),
    };
    let run = OneShard::new(&image, &records, &statement).expect("its own image");
    let boundary = run.boundary();
    Run {
        airs: airs(&image, &run.part, true),
        traces: traces(&image, &run.part, &boundary, &records, at),
        part: run.part,
        image,
        statement,
        cycles: outcome.cycles,
    }
}

impl Run {
    /// Each table with its rows.
    pub fn pairs(&self) -> impl Iterator<Item = (&TableAir, &RowMajorMatrix<F>)> {
        let traces = self.traces.iter().map(|table| &table.trace);
        self.airs.iter().zip(traces)
    }

    /// The rows of one table.
    pub fn of(&self, table: Table) -> &RowMajorMatrix<F> {
        &self.traces[table as usize].trace
    }
}

/// A part that has all roles.
pub fn part() -> Part {
    let statement = Statement::default();
    let run = OneShard::new(&Image::default(), &Records::default(), &statement);
    run.expect("no words").part
}
