//! A small real run, cut into parts, with its tables filled.

use p3_matrix::Matrix;
use zonda_circuits::{
    F,
    bus::{SPACE_OUTPUT_LENGTH, SPACE_RAM, SPACE_REGISTER},
    machine::{Image, Role, Statement, ZeroedRange},
    system::{
        boundary::{Held, Left},
        zeroed::{Opening, is_zeroed, openings},
    },
    witness::{self, Boundary, ProgramUse, TableTrace, count_uses},
};
use zonda_riscv_emu::{
    execute::{Discard, Options},
    program::Program,
    record::Records,
    shard::{self, Costs, Cut, Shard, Sharder, replay},
    testing,
};
use zonda_verifier::{End, ExecutionLinks, Links};

use crate::prover::Input;

/// A run's program and statement, and its parts.
#[derive(Clone)]
pub struct Run {
    pub program_id: [u8; 32],
    pub image: Image,
    pub statement: Statement,
    /// How many of the parts, the first ones, execute.
    pub shards: u32,
    pub parts: Vec<Part>,
}

/// A part of a run, with its tables filled.
#[derive(Clone)]
pub struct Part {
    pub links: Links,
    pub inputs: Vec<Input>,
}

/// The zeroed words of what is left.
pub fn opened(image: &Image, left: &[Left]) -> Vec<Opening> {
    let zeroed = left.iter().filter(|left| is_zeroed(image, left));
    let zeroed: Vec<Left> = zeroed.copied().collect();
    openings(image, &zeroed).expect("words where the image has memory")
}

/// The work of a part beside executing its shard, if it has one.
#[derive(Clone, Copy, Default)]
pub struct Duties<'a> {
    pub program: Option<ProgramUse<'a>>,
    pub zeroed: Option<&'a [Opening]>,
}

/// The text of a program that adds, stores, loads, multiplies, makes four bytes public, reads what
/// there is, loads it, makes four more bytes public that it had stored before, and exits with 5.
pub fn text() -> Vec<u32> {
    let mut words = Vec::new();
    words.extend(testing::li(5, 0x2000_0000));
    words.extend(testing::li(6, 0x1234_5678));
    words.extend([
        testing::add(7, 6, 5),
        testing::mul(8, 7, 6),
        testing::sw(8, 5, 0),
        testing::lbu(9, 5, 2),
        testing::xor(9, 9, 6),
        testing::sw(9, 5, 64),
    ]);
    words.extend(testing::call(64, 3, 0x2000_0000, 4));
    words.extend(testing::call(63, 0, 0x2000_0080, 4));
    assert_eq!(words.len() as u64, CYCLES);
    words.push(testing::addi(20, 0, 0));
    words.push(testing::lw(21, 5, 128));
    words.extend(testing::call(64, 3, 0x2000_0040, 4));
    words.extend(testing::exit(5));
    words
}

/// How many instructions the first of two shards has: so many that both make bytes public.
pub const CYCLES: u64 = 28;

pub const INPUT: &[u8] = b"in";

/// The run in one part.
pub fn one_part() -> Run {
    run_of(&program(&text()), INPUT)
}

/// The run of a program in one part.
pub fn run_of(program: &Program, input: &[u8]) -> Run {
    let cut = Cuts::new(program, input, u64::from(u32::MAX));
    assert_eq!(cut.shards.len(), 1);
    let duties = Duties {
        program: Some(ProgramUse {
            uses: &cut.uses(),
            left: &cut.left,
        }),
        zeroed: Some(&cut.openings),
    };
    cut.run(&[duties])
}

/// The run in four parts.
pub fn four_parts() -> Run {
    let cut = Cuts::new(&program(&text()), INPUT, CYCLES);
    assert!(cut.shards.iter().all(|shard| shard.output.len() == 4));
    cut.in_four_parts(1)
}

/// The program; it has memory in place of holes, so that a false run may store at address zero.
pub fn program(text: &[u32]) -> Program {
    let elf = testing::Builder::new(testing::TEXT)
        .text(testing::TEXT, text)
        .without_holes();
    Program::from_elf(&elf.build()).unwrap()
}

/// A part with the program alone, which is none of a proof since it has no lookup tables: small, with folding
/// of two rounds.
pub fn small() -> Run {
    let data: Vec<u8> = (0..4 * 1100_u32).map(|i| i as u8).collect();
    let elf = testing::Builder::new(testing::TEXT)
        .text(testing::TEXT, &text())
        .data(0x5000_0000, &data, 0)
        .without_holes();
    let program = Program::from_elf(&elf.build()).unwrap();
    let mut run = Cuts::new(&program, INPUT, CYCLES).in_four_parts(1);
    run.parts.retain(|part| part.links == Links::default());
    let inputs = &mut run.parts[0].inputs;
    inputs.retain(|input| input.table.role() == Role::Program);
    run
}

/// A run that is cut into shards.
pub struct Cuts {
    program: Program,
    pub image: Image,
    pub shards: Vec<Shard>,
    pub left: Vec<Left>,
    pub openings: Vec<Opening>,
    /// A register that, to someone dishonest, is as at reset in later shards.
    pub fresh: Option<u32>,
}

impl Cuts {
    pub fn new(program: &Program, input: &[u8], max_cycles: u64) -> Self {
        let image = Image::from(program);
        let cut = Cut {
            max_cycles,
            capacity: u64::MAX,
            costs: Costs::default(),
        };
        let mut sharder = Sharder::new(program, input, &Options::default(), cut).unwrap();
        let mut shards = Vec::new();
        while let Some(shard) = sharder.next(&mut Discard).unwrap() {
            shards.push(shard);
        }
        let last = sharder.last().unwrap();
        let owner = shards.len() as u32;
        let left = |space, address, value, owner| Left {
            space,
            address,
            value,
            owner,
        };
        let registers = (0..).zip(last.registers);
        let mut all: Vec<Left> = registers
            .map(|(number, value)| left(SPACE_REGISTER, number, value, owner))
            .collect();
        let words = last.words.iter();
        all.extend(words.map(|word| left(SPACE_RAM, word.address, word.value, word.owner)));
        all.push(left(SPACE_OUTPUT_LENGTH, 0, last.output_length, owner));
        Self {
            openings: opened(&image, &all),
            left: all,
            program: program.clone(),
            image,
            shards,
            fresh: None,
        }
    }

    /// Two shards, of which the first opens `count` zeroed words; a closing part with the program, and
    /// one with the other zeroed words.
    pub fn in_four_parts(&self, count: usize) -> Run {
        assert_eq!(self.shards.len(), 2);
        let (first, rest) = self.openings.split_at(count);
        assert!(!rest.is_empty());
        self.run(&[
            Duties {
                zeroed: Some(first),
                ..Duties::default()
            },
            Duties::default(),
            Duties {
                program: Some(ProgramUse {
                    uses: &self.uses(),
                    left: &self.left,
                }),
                ..Duties::default()
            },
            Duties {
                zeroed: Some(rest),
                ..Duties::default()
            },
        ])
    }

    /// How many rows of the shards' tables hold each instruction.
    pub fn uses(&self) -> Vec<u32> {
        let mut uses = vec![0; self.image.text.len()];
        for shard in &self.shards {
            count_uses(&self.image, &shard.pcs, &mut uses);
        }
        uses
    }

    /// The run in as many parts as there are duties, of which the first execute.
    pub fn run(&self, duties: &[Duties<'_>]) -> Run {
        let mut from = [0, 0];
        let parts = duties.iter().enumerate().map(|(index, duties)| {
            let shard = self.shards.get(index);
            let zeroed = duties.zeroed.map(|openings| {
                // Someone dishonest starts a chain again.
                let first = openings.first().map_or(from, |opening| opening.from);
                from = openings.last().map_or(from, Opening::next);
                ZeroedRange {
                    from: first,
                    to: from,
                }
            });
            let links = Links {
                execution: shard.map(execution),
                zeroed,
            };
            self.part(index, links, shard, duties)
        });
        Run {
            parts: parts.collect(),
            program_id: self.program.id(),
            image: self.image.clone(),
            statement: self.statement(),
            shards: self.shards.len() as u32,
        }
    }

    fn statement(&self) -> Statement {
        let Some(shard::End::Exit { code }) = self.shards.last().map(|shard| shard.end) else {
            panic!("a run exits")
        };
        let output = self.shards.iter().flat_map(|shard| shard.output.clone());
        Statement {
            exit_code: code,
            output: output.collect(),
        }
    }

    fn part(&self, index: usize, links: Links, shard: Option<&Shard>, duties: &Duties<'_>) -> Part {
        let replayed = |shard: &Shard| replay(&self.program, &shard.replay_input(), 1 << 30);
        let records = shard.map_or_else(Records::default, |shard| replayed(shard).unwrap());
        let mut held = shard.map(held).unwrap_or_default();
        if index > 0 {
            let mut registers = held.iter_mut().filter(|held| held.space == SPACE_REGISTER);
            if let Some(fresh) = registers.find(|held| Some(held.address) == self.fresh) {
                (fresh.before, fresh.owner) = (0, 0);
            }
        }
        let boundary = Boundary {
            held: &held,
            pcs: shard.map_or(&[], |shard| &shard.pcs),
            program: duties.program,
            zeroed: duties.zeroed.unwrap_or_default(),
        };
        let at = |pc| self.program.instruction(pc).unwrap().unwrap();
        let stated = links.part(index, &self.statement());
        let traces = witness::traces(&self.image, &stated, &boundary, &records, at);
        let filled = traces.iter().filter(|trace| trace.trace.height() > 0);
        Part {
            links,
            inputs: filled.map(|trace| self.input(trace)).collect(),
        }
    }

    /// A table with all its cells: preprocessed ones first.
    fn input(&self, TableTrace { table, trace }: &TableTrace) -> Input {
        let fixed = table.fixed(&self.image);
        let row = |row| -> Vec<F> {
            let fixed = fixed.iter().flat_map(|fixed| fixed.row(row).unwrap());
            fixed.chain(trace.row(row).unwrap()).collect()
        };
        let height = trace.height();
        Input {
            table: *table,
            height,
            rows: (0..height).map(row).collect(),
        }
    }
}

fn execution(shard: &Shard) -> ExecutionLinks {
    let start = shard.start.output_length;
    ExecutionLinks {
        pc_start: shard.start.pc,
        end: match shard.end {
            shard::End::Next { pc } => Some(End {
                pc,
                cycles: shard.cycles as u32,
            }),
            shard::End::Exit { .. } => None,
        },
        output: start..start + shard.output.len() as u32,
    }
}

fn held(shard: &Shard) -> Vec<Held> {
    let place = |space, address, before, owner, after| Held {
        space,
        address,
        before,
        owner,
        after,
    };
    let owner = shard.position - 1;
    let registers = shard.start.registers.into_iter().zip(shard.registers_after);
    let registers = (0..).zip(registers);
    let mut held: Vec<Held> = registers
        .map(|(number, (before, after))| place(SPACE_REGISTER, number, before, owner, after))
        .collect();
    let words = shard.words.iter();
    held.extend(words.map(|w| place(SPACE_RAM, w.address, w.before, w.owner, w.after)));
    let length = [shard.start.output_length, shard.output_length_after];
    held.push(place(SPACE_OUTPUT_LENGTH, 0, length[0], owner, length[1]));
    held
}
