//! Running a program and filling its tables.

#![allow(dead_code, reason = "each test uses its share")]

pub mod programs;

use p3_matrix::dense::RowMajorMatrix;
use zonda_circuits::{
    F,
    instances::several,
    machine::{Image, Part, Statement, Table, TableAir, airs},
    witness::{InstanceTrace, OneShard, traces},
};
use zonda_riscv_emu::{
    execute::{Discard, Options, execute_recorded},
    program::Program,
    record::Records,
};

/// A proof's tables, with nothing proved.
pub struct Run {
    pub airs: Vec<TableAir>,
    pub instances: Vec<InstanceTrace>,
    pub image: Image,
    pub statement: Statement,
    pub part: Part,
    pub cycles: u64,
}

/// Runs an ELF file and fills the tables.
pub fn run(elf: &[u8], input: &[u8], heights: fn(Table, usize) -> Vec<usize>) -> Run {
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
    let run = OneShard::new(&image, &records, &statement, heights).expect("its own image");
    let boundary = run.boundary();
    Run {
        airs: airs(&image, &run.part, true),
        instances: traces(&image, &run.part, &boundary, &records, heights, at),
        part: run.part,
        image,
        statement,
        cycles: outcome.cycles,
    }
}

impl Run {
    /// Each instance with its table.
    pub fn pairs(&self) -> impl Iterator<Item = (&TableAir, &RowMajorMatrix<F>)> {
        self.instances
            .iter()
            .map(|instance| (&self.airs[instance.table as usize], &instance.trace))
    }

    /// The instances of one table.
    pub fn of(&self, table: Table) -> impl Iterator<Item = &InstanceTrace> {
        self.instances
            .iter()
            .filter(move |instance| instance.table == table)
    }
}

/// A part that has all roles.
pub fn part() -> Part {
    let statement = Statement::default();
    let run = OneShard::new(&Image::default(), &Records::default(), &statement, several);
    run.expect("no words").part
}
