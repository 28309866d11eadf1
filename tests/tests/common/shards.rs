//! A run cut into shards, before its tables are filled: as it was, or as a cheat would have it.

use std::collections::{BTreeMap, BTreeSet};

use zonda::{Program, ProveError, Statement};
use zonda_circuits::{
    bus::{SPACE_OUTPUT_LENGTH, SPACE_RAM, SPACE_REGISTER},
    machine::{Image, ZeroedRange},
    system::{
        boundary::Left,
        zeroed::{is_zeroed, openings},
    },
    witness::{TableTrace, count_uses, traces},
};
use zonda_prover::{ProgramWork, ShardWork, Work, ZeroedWork};
use zonda_riscv_emu::{
    execute::{Discard, Options},
    instruction::Instruction,
    record::Records,
    shard::{Costs, Cut, End, ReplayError, Sharder, replay},
};
use zonda_verifier::Links;

/// Register a0: the argument of `exit`.
const A0: usize = 10;

/// Shards, each with what it left when it was executed.
#[derive(Clone)]
pub struct Sharded {
    pub program: Program,
    pub image: Image,
    pub shards: Vec<(ShardWork, Records)>,
    /// How many zeroed words a part opens.
    pub chunk: usize,
}

/// Where a place is: its space and its address there.
type Place = (u32, u32);

impl Sharded {
    /// A run whose shards have so many instructions.
    pub fn new(program: &Program, input: &[u8], shard_cycles: u64) -> Self {
        let cut = Cut {
            max_cycles: shard_cycles,
            capacity: u64::MAX,
            costs: Costs::default(),
        };
        let mut sharder = Sharder::new(program, input, &Options::default(), cut).unwrap();
        let mut sharded = Self {
            program: program.clone(),
            image: program.into(),
            shards: Vec::new(),
            chunk: usize::MAX,
        };
        while let Some(shard) = sharder.next(&mut Discard).unwrap() {
            let mut shard = ShardWork::from(shard);
            let honest = shard.clone();
            let records = execute(program, &mut shard);
            assert_eq!(shard, honest);
            sharded.shards.push((shard, records));
        }
        sharded
    }

    /// Executes shard `index` again, from what it finds now.
    pub fn execute(&mut self, index: usize) -> &mut Self {
        let (shard, records) = &mut self.shards[index];
        *records = execute(&self.program, shard);
        self
    }

    /// Executes all shards from `index` on again, each from what those before leave.
    pub fn follow(&mut self, index: usize) -> &mut Self {
        for next in index..self.shards.len() {
            let left = self.left_by(next);
            let before = next
                .checked_sub(1)
                .map(|before| self.shards[before].0.clone());
            let shard = &mut self.shards[next].0;
            if let Some(before) = before {
                shard.start.registers = before.registers_after;
                shard.start.output_length = before.output_length_after;
            }
            for word in &mut shard.words {
                let left = left.get(&(SPACE_RAM, word.address));
                (word.before, word.owner) = left.copied().unwrap_or_else(|| {
                    let words = &self.image.words;
                    let found = words.binary_search_by_key(&word.address, |word| word.0);
                    (found.map_or(0, |index| words[index].1), 0)
                });
            }
            self.execute(next);
        }
        self
    }

    /// Executes all shards from `index` on again, each with as many bytes made public before it as
    /// those before it make. All else stays as they find it.
    pub fn go_on(&mut self, index: usize) -> &mut Self {
        for next in index..self.shards.len() {
            let before = next.checked_sub(1).map(|before| &self.shards[before].0);
            let length = before.map_or(0, |before| before.output_length_after);
            self.shards[next].0.start.output_length = length;
            self.execute(next);
        }
        self
    }

    /// Gives the shards their positions, in order, and all that they hold its owner: the last shard
    /// before that holds it. Values stay as they are.
    pub fn renumber(&mut self) -> &mut Self {
        for index in 0..self.shards.len() {
            let left = self.left_by(index);
            let shard = &mut self.shards[index].0;
            shard.position = index as u32 + 1;
            for word in &mut shard.words {
                let left = left.get(&(SPACE_RAM, word.address));
                word.owner = left.map_or(0, |(_, owner)| *owner);
            }
        }
        self
    }

    /// The run's statement: the bytes that the shards make public, and the exit code of the last.
    pub fn statement(&self) -> Statement {
        let output = self.shards.iter().flat_map(|(shard, _)| &shard.output);
        let last = self.shards.last().map(|(shard, _)| shard.end);
        Statement {
            exit_code: match last {
                Some(End::Exit { code }) => code,
                _ => 0,
            },
            output: output.copied().collect(),
        }
    }

    /// The parts: the shards, the program with the first zeroed words, the other zeroed words.
    pub fn works(&self) -> Vec<Work> {
        let mut works = Vec::new();
        for (shard, _) in &self.shards {
            works.push(Work {
                shard: Some(shard.clone()),
                ..Work::default()
            });
        }
        let left = self.left();
        let mut zeroed = self.chunks(&left).into_iter();
        works.push(Work {
            program: Some(ProgramWork {
                uses: self.uses(),
                left,
            }),
            zeroed: zeroed.next(),
            ..Work::default()
        });
        works.extend(zeroed.map(|zeroed| Work {
            zeroed: Some(zeroed),
            ..Work::default()
        }));
        works
    }

    /// The parts, filled.
    pub fn fill(&self) -> Vec<(Links, Vec<TableTrace>)> {
        self.fill_these(&self.works())
    }

    /// These parts, filled.
    pub fn fill_these(&self, works: &[Work]) -> Vec<(Links, Vec<TableTrace>)> {
        let none = Records::default();
        let fill = |work: &Work| {
            let mut shards = self.shards.iter();
            let executed = shards.find(|(shard, _)| work.shard.as_ref() == Some(shard));
            let records = executed.map_or(&none, |(_, records)| records);
            (work.links(), self.fill_part(work, records))
        };
        works.iter().map(fill).collect()
    }

    /// The tables of a part.
    pub fn fill_part(&self, work: &Work, records: &Records) -> Vec<TableTrace> {
        let (image, stated) = (&self.image, work.stated().unwrap());
        let at = |pc| self.instruction(pc);
        work.with_boundary(image, |boundary| {
            let traces = traces(image, &stated, boundary, records, at);
            Ok::<_, ProveError>(traces)
        })
        .unwrap()
    }

    /// The final state of all that the shards hold, by ascending space and address.
    pub fn left(&self) -> Vec<Left> {
        let left = self.left_by(self.shards.len()).into_iter();
        let left = left.map(|((space, address), (value, owner))| Left {
            space,
            address,
            value,
            owner,
        });
        left.collect()
    }

    /// Value and owner of all that the first shards hold, after them.
    fn left_by(&self, shards: usize) -> BTreeMap<Place, (u32, u32)> {
        let mut left = BTreeMap::new();
        for (owner, (shard, _)) in (1..).zip(&self.shards[..shards]) {
            for (number, value) in (0..).zip(shard.registers_after) {
                left.insert((SPACE_REGISTER, number), (value, owner));
            }
            for word in &shard.words {
                left.insert((SPACE_RAM, word.address), (word.after, owner));
            }
            let length = shard.output_length_after;
            left.insert((SPACE_OUTPUT_LENGTH, 0), (length, owner));
        }
        left
    }

    /// The zeroed words that are left, in chunks; one at least.
    fn chunks(&self, left: &[Left]) -> Vec<ZeroedWork> {
        let zeroed = left.iter().filter(|left| is_zeroed(&self.image, left));
        let zeroed: Vec<Left> = zeroed.copied().collect();
        let openings = openings(&self.image, &zeroed).expect("words where the image has memory");
        let mut from = [0, 0];
        let mut chunks = Vec::new();
        for chunk in openings.chunks(self.chunk) {
            let to = chunk.last().expect("chunks are not empty").next();
            chunks.push(ZeroedWork {
                range: ZeroedRange { from, to },
                left: chunk.iter().map(|opening| opening.left).collect(),
            });
            from = to;
        }
        if chunks.is_empty() {
            chunks.push(ZeroedWork::default());
        }
        chunks
    }

    fn uses(&self) -> Vec<(u32, u32)> {
        let mut uses = vec![0; self.image.text.len()];
        for (shard, _) in &self.shards {
            count_uses(&self.image, &shard.pcs, &mut uses);
        }
        let used = (0..).zip(uses).filter(|(_, rows)| *rows > 0);
        used.collect()
    }

    fn instruction(&self, pc: u32) -> Instruction {
        let instruction = self.program.instruction(pc).expect("the shard executed it");
        instruction.expect("only instructions are executed")
    }
}

/// Executes a shard from the state that it finds, and stores in it the state that it leaves.
pub fn execute(program: &Program, shard: &mut ShardWork) -> Records {
    let max_memory = Options::default().max_memory;
    let records = loop {
        match replay(program, &shard.replay_input(), max_memory) {
            Ok(records) => break records,
            Err(ReplayError::WordAfter { address, got, .. }) => {
                let mut words = shard.words.iter_mut();
                let word = words.find(|word| word.address == address);
                word.expect("it is listed").after = got;
            }
            Err(error) => panic!("{error}"),
        }
    };
    shard.registers_after = records.registers.map(|register| register.value);
    shard.output_length_after = records.output_length.value;
    let written = records
        .transfers
        .iter()
        .filter(|transfer| transfer.is_output);
    let bytes = written.flat_map(|transfer| {
        let start = usize::from(transfer.offset);
        let bytes = transfer.word.after.to_le_bytes();
        bytes.into_iter().skip(start).take(transfer.count.into())
    });
    shard.output = bytes.collect();
    shard.end = match records.final_pc {
        Some(pc) => End::Next { pc },
        None => End::Exit {
            code: records.registers[A0].value,
        },
    };
    let steps = records.steps.iter().flatten().map(|step| step.pc);
    let words = records.load_store_word.iter();
    let words = words.chain(&records.load_store_subword);
    let misaligned = records.load_store_misaligned.iter();
    let pcs: BTreeSet<u32> = steps
        .chain(words.map(|access| access.step.pc))
        .chain(misaligned.map(|access| access.step.pc))
        .chain(records.ecalls.iter().map(|ecall| ecall.pc))
        .collect();
    shard.pcs = pcs.into_iter().collect();
    records
}
