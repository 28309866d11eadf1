//! A wrong prover: it takes an honest run, changes what it likes, counts its lookups anew, and
//! proves through the same functions as the honest prover.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda::{
    Discard, Preset, Program, Proof, ProveError, Statement, VerifyError, VerifyingKey, verify,
};
use zonda_circuits::{
    F,
    bus::Bus,
    checker::{Failure, check, visit},
    evaluate::Listener,
    instances::single,
    machine::{Image, Table, TableAir, airs},
    witness::{self, InstanceTrace},
};
use zonda_oracle::OracleError;
use zonda_prover::{
    commit,
    engine::{Engine, Fixed},
    program_image, prove_instances,
};
use zonda_riscv_emu::{
    execute::{Options, execute_recorded},
    instruction::Instruction,
    record::Records,
};
use zonda_verifier::Parameters;

/// Parameters that make proofs cheap: what is attacked here does not hang on them.
pub const CHEAP: Parameters = Parameters {
    queries: 4,
    global_work_bits: 0,
    lookup_work_bits: 0,
    constraints_work_bits: 0,
    point_work_bits: 0,
    batch_work_bits: 0,
    fold_work_bits: 0,
    query_work_bits: 0,
};

/// What all proofs here are computed with.
pub static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);

/// A program whose runs are attacked, with its honest key.
pub struct Victim {
    pub program: Program,
    pub image: Image,
    pub key: VerifyingKey,
    pub fixed: Fixed,
    tables: Vec<TableAir>,
    /// Addresses of instructions, by name.
    marks: BTreeMap<&'static str, u32>,
}

impl Victim {
    pub fn new(program: Program, marks: BTreeMap<&'static str, u32>) -> Self {
        let image = program_image(&program);
        Self::with_image(program, image, marks)
    }

    /// The program with another image than its own: with preprocessed columns of a cheat's choice.
    pub fn with_image(program: Program, image: Image, marks: BTreeMap<&'static str, u32>) -> Self {
        let tables = airs(&image, &Statement::default(), true);
        let (key, fixed) = commit(&ENGINE, program.id(), &image, Preset::Standard);
        Self {
            program,
            image,
            key: key.with_parameters(CHEAP),
            fixed,
            tables,
            marks,
        }
    }

    /// The machine's tables for a statement.
    fn tables(&self, statement: &Statement) -> Vec<TableAir> {
        let stated = airs(&self.image, statement, false);
        let pick = |(mine, stated): (&TableAir, TableAir)| match mine.table {
            Table::Statement => stated,
            _ => mine.clone(),
        };
        self.tables.iter().zip(stated).map(pick).collect()
    }
}

/// A forgery in the making.
pub struct Forger<'a> {
    pub victim: &'a Victim,
    pub records: Records,
    pub statement: Statement,
    pub traces: Vec<RowMajorMatrix<F>>,
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
            ran: program.clone(),
        };
        forger.fill();
        forger
    }

    /// The address of a marked instruction.
    pub fn pc(&self, mark: &str) -> u32 {
        self.victim.marks[mark]
    }

    /// The victim's instruction, or what ran where it has none.
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
        self.traces = witness::traces(image, records, &self.statement, single, at)
            .into_iter()
            .map(|instance| instance.trace)
            .collect();
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
        let names = table.column_names();
        let Some(column) = names.iter().position(|name| name == column) else {
            panic!("{table:?} has no column {column}: {names:?}")
        };
        &mut self.traces[table as usize].values[row * names.len() + column]
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
        let mut said = Said::default();
        let tables = self.victim.tables(&self.statement);
        for (index, (air, trace)) in tables.iter().zip(&self.traces).enumerate() {
            if !is_lookup(air.table) {
                for row in 0..trace.height() {
                    visit(air, trace, row, said.at(index, row));
                }
            }
        }
        let mut left: BTreeMap<[u32; 2], Vec<u32>> = BTreeMap::new();
        for ((bus, fields), (count, _)) in &said.messages {
            if *bus == Bus::Memory && *count == F::ONE {
                left.insert([fields[0], fields[1]], fields.clone());
            }
        }
        let places: Vec<_> = said
            .messages
            .iter()
            .filter(|((bus, _), (count, _))| *bus == Bus::Memory && *count == -F::ONE)
            .map(|((_, fields), (_, place))| (fields.clone(), *place))
            .collect();
        for (fields, (index, row)) in places {
            let table = Table::ALL[index];
            let written = left.get(&[fields[0], fields[1]]);
            if let (Table::Image | Table::Zeroed, Some(written)) = (table, written) {
                let [_, _, lo, hi, clk] = written[..] else {
                    unreachable!("five fields")
                };
                for (name, value) in [("last.lo", lo), ("last.hi", hi), ("last_clk", clk)] {
                    *self.cell(table, row, name) = F::from_u32(value);
                }
            }
        }
        self
    }

    /// Counts all lookups anew, so that a lookup fails only if there is no such row.
    pub fn recount(&mut self) -> &mut Self {
        let tables = self.victim.tables(&self.statement);
        let mut said = Said::default();
        for (index, (air, trace)) in tables.iter().zip(&self.traces).enumerate() {
            if !is_lookup(air.table) {
                for row in 0..trace.height() {
                    visit(air, trace, row, said.at(index, row));
                }
            }
        }
        for (air, trace) in tables.iter().zip(&mut self.traces) {
            if !is_lookup(air.table) {
                continue;
            }
            recount_table(air, trace, &said);
        }
        self
    }

    /// What the debug checker finds: names of constraints and buses.
    pub fn broken(&self) -> BTreeSet<String> {
        let tables = self.victim.tables(&self.statement);
        check(tables.iter().zip(&self.traces), 50)
            .into_iter()
            .map(|failure| match failure {
                Failure::Constraint {
                    table, constraint, ..
                } => format!("{}: {constraint}", table.name()),
                Failure::Unbalanced { bus, .. } => format!("bus {}", bus.name()),
                failure => unreachable!("{failure}"),
            })
            .collect()
    }

    /// The tables as a proof's instances: one of each.
    pub fn instances(&self) -> Vec<InstanceTrace> {
        let traces = self.traces.iter().cloned();
        Table::ALL
            .into_iter()
            .zip(traces)
            .map(|(table, trace)| InstanceTrace {
                table,
                used: trace.height(),
                trace,
            })
            .collect()
    }

    /// Proves what there is, with the honest key.
    pub fn prove(&self) -> Proof {
        self.prove_these(self.instances()).unwrap()
    }

    /// Proves these instances, with the honest key.
    pub fn prove_these(&self, instances: Vec<InstanceTrace>) -> Result<Proof, ProveError> {
        let Victim { key, fixed, .. } = self.victim;
        prove_instances(&ENGINE, key, fixed, instances, &self.statement)
    }

    /// What the verifier says to that.
    pub fn verify(&self) -> Result<(), VerifyError> {
        verify(&self.victim.key, &self.statement, &self.prove())
    }

    /// What the verifier says to a proof of these instances.
    pub fn verify_these(&self, instances: Vec<InstanceTrace>) -> Result<(), VerifyError> {
        let proof = self.prove_these(instances).unwrap();
        verify(&self.victim.key, &self.statement, &proof)
    }

    /// What the oracle says to the same tables.
    pub fn oracle(&self) -> Result<(), OracleError> {
        super::common::oracle(&self.victim.tables(&self.statement), &self.traces)
    }
}

fn is_lookup(table: Table) -> bool {
    matches!(
        table,
        Table::Program | Table::Gaps | Table::Range16 | Table::Bytes | Table::PowersOfTwo
    )
}

fn recount_table(air: &TableAir, trace: &mut RowMajorMatrix<F>, said: &Said) {
    let fixed = air.fixed.as_ref().unwrap();
    let width = trace.width();
    let names = air.table.column_names();
    let bus = |column: usize| match (air.table, names[column].as_str()) {
        (Table::Program, _) => Bus::Program,
        (Table::Gaps, _) => Bus::Gap,
        (Table::Range16, _) => Bus::Range16,
        (Table::PowersOfTwo, _) => Bus::PowerOfTwo,
        (_, "pair_multiplicity") => Bus::BytePair,
        _ => Bus::And,
    };
    let mut seen = BTreeSet::new();
    for row in 0..trace.height() {
        let fields: Vec<u32> = fixed
            .row_slice(row)
            .unwrap()
            .iter()
            .map(|field| field.as_canonical_u32())
            .collect();
        for column in 0..width {
            let bus = bus(column);
            let fields = match bus {
                // The last one says that the row is in use.
                Bus::Program if fields[fields.len() - 1] == 0 => continue,
                Bus::Program => fields[..fields.len() - 1].to_vec(),
                Bus::BytePair => fields[..2].to_vec(),
                _ => fields.clone(),
            };
            let key = (bus, fields);
            let count = said.messages.get(&key).map_or(F::ZERO, |(count, _)| *count);
            // Rows that fill a table up repeat one another.
            let count = if count != F::ZERO && !seen.insert(key) {
                F::ZERO
            } else {
                count
            };
            trace.values[row * width + column] = count;
        }
    }
}

/// A bus and what is said on it.
type Message = (Bus, Vec<u32>);

/// All messages, summed up, with a place that says each.
#[derive(Default)]
struct Said {
    messages: HashMap<Message, (F, (usize, usize))>,
    place: (usize, usize),
}

impl Said {
    fn at(&mut self, table: usize, row: usize) -> &mut Self {
        self.place = (table, row);
        self
    }
}

impl Listener for &mut Said {
    fn constraint(&mut self, _value: F) {}

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        if count != F::ZERO {
            let fields = fields.iter().map(PrimeField32::as_canonical_u32).collect();
            let place = self.place;
            let entry = self.messages.entry((bus, fields));
            entry.or_insert((F::ZERO, place)).0 += count;
        }
    }
}
