//! A wrong prover: it takes an honest run, changes what it likes, counts its lookups anew, and
//! proves through the same functions as the honest prover.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use p3_field::PrimeCharacteristicRing;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda::{Discard, Preset, Program, Proof, Statement, VerifyError, VerifyingKey};
use zonda_circuits::{
    F,
    machine::{Image, Part, Table, TableAir, ZeroedRange, airs},
    witness::{OneShard, TableTrace, traces},
};
use zonda_oracle::OracleError;
use zonda_prover::{Setup, engine::Engine};
use zonda_riscv_emu::{
    execute::{Options, execute_recorded},
    instruction::Instruction,
    record::Records,
};
use zonda_verifier::{ExecutionLinks, Links, Parameters};

use super::run::{Filled, Run, column_of};

/// Parameters that make proofs cheap: what is attacked here does not hang on them.
pub const CHEAP: Parameters = Parameters {
    queries: 4,
    global_work_bits: 0,
    lookup_work_bits: 0,
    columns_work_bits: 0,
    words_work_bits: 0,
    fold_work_bits: 0,
    query_work_bits: 0,
};

/// The engine of all proofs here.
pub static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);

/// A program whose runs are attacked, with its honest key.
pub struct Victim {
    pub program: Program,
    pub image: Image,
    pub key: VerifyingKey,
    tables: Vec<TableAir>,
    /// Addresses of instructions, by name.
    marks: BTreeMap<&'static str, u32>,
}

impl Victim {
    pub fn new(program: Program, marks: BTreeMap<&'static str, u32>) -> Self {
        let image = Image::from(&program);
        Self::with_image(program, image, marks)
    }

    /// The program with another image than its own: with preprocessed columns of a cheat's choice.
    pub fn with_image(program: Program, image: Image, marks: BTreeMap<&'static str, u32>) -> Self {
        let tables = airs(&image, &Part::default(), true);
        let key = VerifyingKey::new(program.id(), &image, Preset::Standard);
        Self {
            program,
            image,
            key: key.with_parameters(CHEAP),
            tables,
            marks,
        }
    }

    /// The address of a marked instruction.
    pub fn mark(&self, mark: &str) -> u32 {
        self.marks[mark]
    }

    /// The setup that proves its runs, with a key that may be another's.
    pub fn setup(&self, key: &VerifyingKey) -> Setup<'_> {
        let mut setup = Setup::with_key(&self.program, key.clone()).unwrap();
        setup.image = self.image.clone();
        setup
    }

    /// The machine's tables for a part.
    pub fn tables(&self, part: &Part) -> Vec<TableAir> {
        let with_fixed = |(mine, stated): (&TableAir, TableAir)| TableAir {
            fixed: mine.fixed.clone(),
            ..stated
        };
        let stated = airs(&self.image, part, false);
        self.tables.iter().zip(stated).map(with_fixed).collect()
    }
}

/// A forgery in the making.
pub struct Forger<'a> {
    pub victim: &'a Victim,
    pub records: Records,
    pub statement: Statement,
    pub traces: Vec<RowMajorMatrix<F>>,
    /// The chain of zeroed words.
    zeroed: ZeroedRange,
    /// The program that really ran.
    ran: Program,
}

impl<'a> Forger<'a> {
    /// The honest run on an input: the control, and what attacks start from.
    pub fn honest(victim: &'a Victim, input: &[u8]) -> Self {
        Self::twin(victim, &victim.program, input)
    }

    /// A run of another program, passed off as one of the victim's.
    pub fn twin(victim: &'a Victim, program: &Program, input: &[u8]) -> Self {
        let (outcome, records) =
            execute_recorded(program, input, &Options::default(), &mut Discard).expect("an exit");
        let statement = Statement {
            exit_code: outcome.exit_code,
            output: outcome.output,
        };
        let mut forger = Self {
            victim,
            records,
            statement,
            traces: Vec::new(),
            zeroed: ZeroedRange::default(),
            ran: program.clone(),
        };
        forger.fill();
        forger
    }

    /// The address of a marked instruction.
    pub fn pc(&self, mark: &str) -> u32 {
        self.victim.mark(mark)
    }

    /// The victim's instruction, or the one that ran where it has no instruction.
    fn instruction(&self, pc: u32) -> Instruction {
        match self.victim.program.instruction(pc) {
            Some(Ok(instruction)) => instruction,
            _ => self.ran.instruction(pc).unwrap().unwrap(),
        }
    }

    /// Fills the tables once more, from the records as they are now.
    pub fn fill(&mut self) -> &mut Self {
        let at = |pc| self.instruction(pc);
        let (image, records) = (&self.victim.image, &self.records);
        let run = OneShard::new(image, records, &self.statement)
            .expect("words where the image has memory");
        let tables = traces(image, &run.part, &run.boundary(), records, at);
        self.zeroed = run.part.zeroed.expect("the part has all roles");
        self.traces = tables.into_iter().map(|filled| filled.trace).collect();
        self
    }

    /// Where an instruction runs first.
    pub fn row(&self, mark: &str) -> (Table, usize) {
        let pc = F::from_u32(self.pc(mark));
        let mut found = Table::ALL.into_iter().filter_map(|table| {
            let names = table.column_names();
            let column = |name: &str| names.iter().position(|n| n == name);
            let (at, clk) = (column("thread.pc")?, column("thread.clk")?);
            let trace = &self.traces[table as usize];
            let rows = trace.values.chunks_exact(trace.width());
            let row = rows
                .enumerate()
                .find(|(_, row)| row[at] == pc && row[clk] != F::ZERO)?;
            Some((table, row.0))
        });
        found.next().expect("the instruction runs")
    }

    /// A cell by table, row and column.
    pub fn cell(&mut self, table: Table, row: usize, column: &str) -> &mut F {
        let cell = row * table.trace_width() + column_of(table, column);
        &mut self.traces[table as usize].values[cell]
    }

    /// Sets cells of a marked instruction's row.
    pub fn set<const N: usize>(&mut self, mark: &str, cells: [(&str, i64); N]) -> &mut Self {
        let (table, row) = self.row(mark);
        for (column, value) in cells {
            *self.cell(table, row, column) = F::from_i64(value);
        }
        self
    }

    /// Adds to cells of a marked instruction's row.
    pub fn add<const N: usize>(&mut self, mark: &str, cells: [(&str, F); N]) -> &mut Self {
        let (table, row) = self.row(mark);
        for (column, value) in cells {
            *self.cell(table, row, column) += value;
        }
        self
    }

    /// Pretends that an instruction's result is `value`, everywhere that it goes: the register,
    /// what is stored, and the public output.
    pub fn result(&mut self, mark: &str, value: u32) -> &mut Self {
        let pc = self.pc(mark);
        let steps = super::spread::steps(&mut self.records);
        let step = steps.into_iter().find(|step| step.pc == pc).unwrap();
        let (clk, old) = (step.clk + 3, std::mem::replace(&mut step.result, value));
        self.spread(clk, old, value);
        self.fill();
        let (table, row) = self.row(mark);
        for name in table.column_names() {
            let limb = match name.rsplit_once("result.") {
                Some((_, "lo")) => value & 0xffff,
                Some((_, "hi")) => value >> 16,
                _ => continue,
            };
            *self.cell(table, row, &name) = F::from_u32(limb);
        }
        self
    }

    /// Pretends that the value written at `clk` is `new`.
    pub fn spread(&mut self, clk: u32, old: u32, new: u32) -> &mut Self {
        let mut records = std::mem::take(&mut self.records);
        let mut statement = std::mem::take(&mut self.statement);
        let at = |pc| self.instruction(pc);
        super::spread::spread(&mut records, &mut statement, &at, clk, old, new);
        (self.records, self.statement) = (records, statement);
        self
    }

    /// Makes the last values of the memory argument those that are left over.
    pub fn settle(&mut self) -> &mut Self {
        let mut run = self.run();
        run.settle();
        self.take(run)
    }

    /// Counts all lookups anew, so that a lookup fails only if there is no such row.
    pub fn recount(&mut self) -> &mut Self {
        let mut run = self.run();
        run.recount();
        self.take(run)
    }

    /// The debug checker's findings: names of constraints and buses.
    pub fn broken(&self) -> BTreeSet<String> {
        self.run().broken()
    }

    /// The tables as a run of one part.
    pub fn run(&self) -> Run<'a> {
        let links = Links {
            execution: Some(ExecutionLinks {
                pc_start: self.victim.image.entry,
                end: None,
                output: 0..self.statement.output.len() as u32,
            }),
            zeroed: Some(self.zeroed),
        };
        Run {
            victim: self.victim,
            statement: self.statement.clone(),
            shards: 1,
            parts: vec![Filled {
                links,
                tables: self.tables(),
            }],
        }
    }

    fn take(&mut self, mut run: Run<'_>) -> &mut Self {
        let tables = run.parts.remove(0).tables;
        self.traces = tables.into_iter().map(|filled| filled.trace).collect();
        self
    }

    /// The tables.
    fn tables(&self) -> Vec<TableTrace> {
        let tables = Table::ALL.into_iter().zip(self.traces.iter().cloned());
        let tables = tables.map(|(table, trace)| TableTrace { table, trace });
        tables.collect()
    }

    /// Proves what there is, with the honest key.
    pub fn prove(&self) -> Proof {
        self.run().prove()
    }

    /// The verifier's answer to that.
    pub fn verify(&self) -> Result<(), VerifyError> {
        self.run().verify()
    }

    /// The oracle's answer to the same tables.
    pub fn oracle(&self) -> Result<(), OracleError> {
        super::common::oracle(&self.run().airs(0), &self.traces)
    }
}
