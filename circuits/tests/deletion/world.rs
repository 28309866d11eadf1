//! A short run, one row of which is attacked.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{
    F,
    bus::Bus,
    instruction::decoded,
    machine::{End, Image, Part, Role, Statement, Table, TableAir, airs},
    system::boundary::{Held, Left},
    witness::{OneShard, TableTrace, count_uses, traces},
};
use zonda_riscv_emu::{
    decode::encode,
    error::ExecuteError,
    execute::{Discard, Options, execute_recorded},
    instruction::Instruction,
    program::Program,
    record::Records,
    testing::{Builder, addi, ecall, lui, lw},
};

use crate::row::{Evaluation, Message, column, evaluate, is_lookup};

/// Where programs begin.
pub const TEXT: u32 = 0x800;
/// Where the words stand that registers are loaded from, in reach of x0.
pub const VALUES: u32 = 0x100;
/// Data of the program file.
pub const DATA: u32 = 0x2_0000;
/// Its contents: then words of equal bytes, from [`EQUAL`] on.
pub const DATA_WORDS: [u32; 4] = [0x8182_8384, 0x0506_7788, 0x7e80_fe02, 0xfedc_5a00];
/// Where bytes are equal.
pub const EQUAL: u32 = DATA + 0x40;
/// Where the same words stand once more. Seen from `DATA / 4`, the word addresses are 2^29 further,
/// that is by 1/4 mod p; and by -w 2^30 mod p, where w = 2 hi / (2^16 - 1) - 1 for the high limb of
/// `DATA`: the addresses at which a wrong row would look.
const ALIASES: [u32; 2] = [DATA + (1 << 31), 0xfff9_fff8];

/// How registers get their values: by loads or by LUI and ADDI, so that the row attacked can be the
/// only one of its table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Setup {
    Loads,
    Immediates,
}

/// A run to attack: registers are set, then `before` runs, then the victim, then `after`; ECALLs
/// that exit follow, so that wherever the victim leads there is an exit.
#[derive(Clone, Debug)]
pub struct Plan {
    pub name: String,
    pub setup: Setup,
    pub registers: Vec<(u8, u32)>,
    pub victim: u32,
    pub after: Vec<u32>,
    /// Text elsewhere: an address and ECALLs there.
    pub landing: Option<u32>,
    pub input: Vec<u8>,
}

impl Plan {
    pub fn new(
        name: impl Into<String>,
        setup: Setup,
        registers: &[(u8, u32)],
        victim: u32,
    ) -> Self {
        Self {
            name: name.into(),
            setup,
            registers: registers.to_vec(),
            victim,
            after: vec![],
            landing: None,
            input: vec![],
        }
    }

    /// Whether the victim writes debug text.
    pub fn is_debug(&self) -> bool {
        self.registers.contains(&(10, 1)) && self.victim == ecall()
    }

    /// Where the victim is.
    pub fn victim_pc(&self) -> u32 {
        let each = match self.setup {
            Setup::Loads => 4,
            Setup::Immediates => 8,
        };
        TEXT + each * (self.registers.len() as u32 + 1)
    }

    pub fn program(&self, skip: bool) -> Program {
        // a7 holds the number of `exit`, unless the victim is a call and sets it.
        let mut registers = vec![(17, 93)];
        registers.extend(&self.registers);
        let mut words = vec![];
        let mut values: Vec<u8> = vec![];
        for (index, (register, value)) in registers.iter().enumerate() {
            let low = (*value as i32) << 20 >> 20;
            match self.setup {
                Setup::Loads => words.push(lw(*register, 0, VALUES as i32 + 4 * index as i32)),
                Setup::Immediates => words.extend([
                    lui(*register, (*value as i32).wrapping_sub(low)),
                    addi(*register, *register, low),
                ]),
            }
            values.extend(value.to_le_bytes());
        }
        if skip {
            // The run ends where the victim would stand; the victim follows.
            words.extend([ecall(), self.victim]);
        } else {
            words.push(self.victim);
        }
        words.extend(&self.after);
        words.extend([ecall(); 8]);
        let data = [DATA_WORDS.repeat(4), vec![0x5a5a_5a5a; 8]].concat();
        let data: Vec<u8> = data.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut builder = Builder::new(TEXT)
            .text(TEXT, &words)
            .data(VALUES, &values, 0)
            .data(DATA, &data, 0)
            // The first words and the last one: word 0 less 2^30 is word 2^30 - 1 mod p.
            .data(0, &[0x5a; 8], 0)
            .data(0xffff_fffc, &[0x5a; 4], 0);
        for alias in ALIASES {
            builder = builder.data(alias, &data, 0);
        }
        if let Some(landing) = self.landing {
            builder = builder.text(landing, &[ecall(); 4]);
        }
        Program::from_elf(&builder.build()).expect("a program")
    }
}

/// The tables of a run, and what else a row of them could be answered with.
pub struct World {
    pub name: String,
    /// The false claim of the run, whose tables are filled as if it were honest.
    pub lie: Option<String>,
    pub airs: Vec<TableAir>,
    pub tables: Vec<TableTrace>,
    /// The first of the rows that are added to a table.
    added: BTreeMap<Table, usize>,
    pub image: Image,
    pub part: Part,
    pub statement: Statement,
    pub records: Records,
    pub program: Program,
    /// The run that the program really has, if that is another one.
    pub pretended: Option<Plan>,
    /// The messages that do not balance, lookups aside.
    pub imbalance: Balance,
    /// The program's instruction at each pc.
    pub text: BTreeMap<u32, Vec<u32>>,
    /// The final value of every place in memory.
    pub memory: BTreeMap<[u32; 2], [u32; 3]>,
    /// The row that exits, if one does.
    pub exit_row: Option<usize>,
}

impl World {
    /// The honest run.
    pub fn honest(plan: &Plan) -> Self {
        Self::run(plan, false)
    }

    /// The honest run that exits before it comes to the victim.
    pub fn without_victim(plan: &Plan) -> Self {
        Self::run(plan, true)
    }

    fn run(plan: &Plan, skip: bool) -> Self {
        Self::try_run(plan, skip).unwrap_or_else(|error| panic!("{}: {error}", plan.name))
    }

    fn try_run(plan: &Plan, skip: bool) -> Result<Self, ExecuteError> {
        let program = plan.program(skip);
        let options = Options::default();
        let (outcome, records) = execute_recorded(&program, &plan.input, &options, &mut Discard)?;
        let statement = Statement {
            exit_code: outcome.exit_code,
            output: outcome.output,
        };
        let name = plan.name.clone();
        Ok(Self::fill(
            name,
            None,
            (&program, &program),
            records,
            statement,
        ))
    }

    /// The tables of this run with other records.
    pub fn lying(&self, lie: impl Into<String>, records: Records, statement: Statement) -> Self {
        let programs = (&self.program, &self.program);
        self.lying_of(lie, programs, records, statement)
    }

    /// The tables of a run of one program, with the key of another.
    pub fn lying_of(
        &self,
        lie: impl Into<String>,
        programs: (&Program, &Program),
        records: Records,
        statement: Statement,
    ) -> Self {
        let mut world = Self::fill(
            self.name.clone(),
            Some(lie.into()),
            programs,
            records,
            statement,
        );
        let mut imbalance = Balance::default();
        let tables = Table::ALL.into_iter();
        for table in tables.filter(|table| table.role() != Role::Lookup) {
            for row in 0..world.height(table) {
                let evaluation = world.evaluate(table, row);
                imbalance.add(&evaluation, F::ONE, |_| false);
                // The program answers for a pc; what it does not answer is not counted.
                for message in evaluation.messages {
                    if message.bus == Bus::Program
                        && table != Table::Instructions
                        && message.count == F::ONE
                        && !world.is_answered(&message)
                    {
                        let pc = message.numbers()[0];
                        if let Some(row) = world.text.keys().position(|at| *at == pc) {
                            *world.executions(row) -= F::ONE;
                        }
                    }
                }
            }
        }
        world.imbalance = imbalance;
        world
    }

    fn fill(
        name: String,
        lie: Option<String>,
        (ran, program): (&Program, &Program),
        records: Records,
        statement: Statement,
    ) -> Self {
        let image = Image::from(program);
        let at = |pc| ran.instruction(pc).expect("text").expect("an instruction");
        let run = whole_run(&image, &records, &statement);
        let tables = traces(&image, &run.part, &run.boundary(), &records, at);
        let airs = airs(&image, &run.part, true);
        let text = image
            .text
            .iter()
            .map(|(pc, instruction)| (*pc, fields(*pc, instruction)))
            .collect();
        let exit = column(Table::Ecall, "is_exit");
        let mut world = Self {
            name,
            lie,
            airs,
            image,
            part: run.part,
            statement,
            records,
            text,
            memory: BTreeMap::new(),
            exit_row: None,
            program: program.clone(),
            imbalance: Balance::default(),
            pretended: None,
            tables,
            added: BTreeMap::new(),
        };
        let exits = |row: &usize| world.cells(Table::Ecall, *row)[exit] == F::ONE;
        world.exit_row = (0..world.height(Table::Ecall)).find(exits);
        for row in 0..world.height(Table::Boundary) {
            for message in world.evaluate(Table::Boundary, row).messages {
                if message.bus == Bus::Memory && message.count == -F::ONE {
                    let [space, address, lo, hi, clk] = message.numbers()[..] else {
                        unreachable!("five fields")
                    };
                    world.memory.insert([space, address], [lo, hi, clk]);
                }
            }
        }
        // The shard's instructions are the program's, whatever was run.
        let text: Vec<Vec<u32>> = world.text.values().cloned().collect();
        assert_eq!(world.height(Table::Instructions), text.len());
        for (row, fields) in text.into_iter().enumerate() {
            let fields: Vec<F> = fields.into_iter().map(F::from_u32).collect();
            world.set_instruction(row, &fields);
        }
        world
    }

    /// Puts another instruction into the program's text, which the row of the old one does not find.
    pub fn pretend(&mut self, plan: &Plan, instruction: Instruction) {
        let pc = plan.victim_pc();
        self.pretended = Some(Plan {
            victim: encode(instruction),
            ..plan.clone()
        });
        let index = self
            .image
            .text
            .binary_search_by_key(&pc, |(pc, _)| *pc)
            .expect("text");
        if self.lie.is_none() {
            *self.executions(index) -= F::ONE;
        }
        self.lie = Some(format!("although the program has {instruction} there"));
        self.image.text[index].1 = instruction;
        let instead = fields(pc, &instruction);
        let cells: Vec<F> = instead.iter().copied().map(F::from_u32).collect();
        self.set_instruction(index, &cells);
        self.text.insert(pc, instead);
        self.airs[Table::Program as usize].fixed = Table::Program.fixed(&self.image).map(Arc::new);
    }

    /// The true effect of the program's instruction, unless it traps.
    pub fn truth(&self) -> Option<Balance> {
        let plan = self.pretended.as_ref()?;
        let world = Self::try_run(plan, false).ok()?;
        let (table, row) = world.row_at(plan.victim_pc())?;
        let mut balance = Balance::default();
        balance.add(&world.evaluate(table, row), F::ONE, |_| false);
        Some(balance)
    }

    /// How often the shard executes the instruction in a row of its table.
    fn executions(&mut self, row: usize) -> &mut F {
        let width = Table::Instructions.trace_width();
        let trace = &mut self.tables[Table::Instructions as usize].trace;
        &mut trace.values[row * width + width - 1]
    }

    fn set_instruction(&mut self, row: usize, fields: &[F]) {
        let width = Table::Instructions.trace_width();
        let trace = &mut self.tables[Table::Instructions as usize].trace;
        trace.values[row * width..][..fields.len()].copy_from_slice(fields);
    }

    /// The statement of the run's one part under this statement of the run.
    pub fn part_of(&self, statement: &Statement) -> Part {
        let mut part = self.part.clone();
        let execution = part.execution.as_mut().expect("a shard");
        if let End::Exit { code } = &mut execution.end {
            *code = statement.exit_code;
        }
        execution.output.clone_from(&statement.output);
        part
    }

    pub fn air(&self, table: Table) -> &TableAir {
        &self.airs[table as usize]
    }

    pub fn height(&self, table: Table) -> usize {
        self.tables[table as usize].trace.values.len() / table.trace_width()
    }

    /// Adds rows of zeros to a table, to be filled, and returns the first.
    pub fn add_zeros(&mut self, table: Table, rows: usize) -> usize {
        let first = self.height(table);
        self.added.entry(table).or_insert(first);
        let trace = &mut self.tables[table as usize].trace;
        trace.values.extend(F::zero_vec(rows * trace.width));
        first
    }

    pub fn cells(&self, table: Table, row: usize) -> &[F] {
        let width = table.trace_width();
        &self.tables[table as usize].trace.values[row * width..(row + 1) * width]
    }

    /// Evaluates a row, of which nothing is counted if it is added.
    pub fn evaluate(&self, table: Table, row: usize) -> Evaluation {
        if self.added.get(&table).is_some_and(|first| row >= *first) {
            return Evaluation::default();
        }
        self.evaluate_cells(table, row, self.cells(table, row))
    }

    /// Evaluates a row with other cells.
    pub fn evaluate_cells(&self, table: Table, row: usize, cells: &[F]) -> Evaluation {
        evaluate(self.air(table), row, cells)
    }

    /// The row of a table in which the instruction at `pc` runs.
    pub fn row_at(&self, pc: u32) -> Option<(Table, usize)> {
        Table::ALL.into_iter().find_map(|table| {
            let at = table
                .column_names()
                .iter()
                .position(|name| name == "thread.pc")?;
            let row = (0..self.height(table))
                .find(|row| self.cells(table, *row)[at].as_canonical_u32() == pc)?;
            Some((table, row))
        })
    }

    /// The row of a gap of the image.
    pub fn gap(&self, message: &Message) -> Option<usize> {
        let fixed = self.air(Table::Gaps).fixed.as_ref()?;
        let mut rows = fixed.values.chunks_exact(Table::Gaps.fixed_width());
        rows.position(|row| row[..4] == *message.fields())
    }

    /// Whether a lookup has an answer.
    pub fn is_answered(&self, message: &Message) -> bool {
        let fields = message.fields();
        let number = |index: usize| fields[index].as_canonical_u32();
        match message.bus {
            Bus::Range16 => number(0) < 1 << 16,
            Bus::BytePair => number(0) < 1 << 8 && number(1) < 1 << 8,
            Bus::And => {
                number(0) < 1 << 8 && number(1) < 1 << 8 && number(0) & number(1) == number(2)
            }
            Bus::PowerOfTwo => number(0) < 8 && number(1) == 1 << number(0),
            Bus::Program => self.text.get(&number(0)) == Some(&message.numbers()),
            Bus::Gap => self.gap(message).is_some(),
            _ => unreachable!("no lookup"),
        }
    }
}

/// A run of one shard that takes over all that the program file fills, and knows all instructions of
/// the program, whether or not it needs them: wrong rows may.
fn whole_run(image: &Image, records: &Records, statement: &Statement) -> OneShard {
    let run = OneShard::new(image, records, statement);
    let mut run = run.expect("words where the image has memory");
    let places = run
        .held
        .iter()
        .map(|held| ([held.space, held.address], *held));
    let mut held: BTreeMap<[u32; 2], Held> = places.collect();
    for (address, value) in &image.words {
        held.entry([1, *address]).or_insert(Held {
            space: 1,
            address: *address,
            before: *value,
            owner: 0,
            after: *value,
        });
    }
    run.held = held.into_values().collect();
    let left = run.held.iter().map(|held| Left {
        space: held.space,
        address: held.address,
        value: held.after,
        owner: 1,
    });
    run.left = left.collect();
    run.pcs = image.text.iter().map(|(pc, _)| *pc).collect();
    run.uses.fill(0);
    count_uses(image, &run.pcs, &mut run.uses);
    run
}

/// An instruction's fields on the program bus.
fn fields(pc: u32, instruction: &Instruction) -> Vec<u32> {
    let row = decoded(pc, instruction);
    let mut fields = vec![pc, row.operation, row.rd, row.rs1, row.rs2];
    fields.extend(row.constants);
    fields
}

/// Sums of messages that are no lookups.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Balance(pub BTreeMap<(Bus, Vec<u32>), F>);

impl Balance {
    pub fn add(&mut self, evaluation: &Evaluation, sign: F, is_masked: impl Fn(usize) -> bool) {
        for (index, message) in evaluation.messages.iter().enumerate() {
            if is_lookup(message.bus) || message.count == F::ZERO || is_masked(index) {
                continue;
            }
            let key = (message.bus, message.numbers());
            match self.0.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(sign * message.count);
                }
                Entry::Occupied(mut entry) => {
                    *entry.get_mut() += sign * message.count;
                    if *entry.get() == F::ZERO {
                        let _ = entry.remove();
                    }
                }
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
