//! Executing a run shard by shard.

use super::{
    BoundaryWord, Costs, Cut, End, Last, LastWord, MAX_SHARD_CYCLES, MAX_SHARD_TRANSFERS, Shard,
    Start,
};
use crate::{
    error::ExecuteError,
    execute::{Host, MAX_TRANSFER, Options, error, location},
    interpreter::{Machine, Stop, Stopped},
    meter::Meter,
    observer::{EcallEvent, Event, Observer, Touch, Transfer},
    program::Program,
    record::Family,
};

/// A run that is cut into shards while it is executed.
pub struct Sharder<'a> {
    program: &'a Program,
    options: Options,
    max_cycles: u64,
    machine: Machine<'a, Boundary>,
    pc: u32,
    cycles: u64,
    /// How the run ended, if it has.
    ended: Option<Result<(), ExecuteError>>,
}

impl<'a> Sharder<'a> {
    /// A run at reset. The limits in `options` are those of the whole run.
    ///
    /// # Errors
    ///
    /// [`ExecuteError::MemoryLimit`] if the image alone is larger than allowed.
    pub fn new(
        program: &'a Program,
        input: &'a [u8],
        options: &Options,
        cut: Cut,
    ) -> Result<Self, ExecuteError> {
        let boundary = Boundary::new(program, &cut);
        Ok(Self {
            program,
            options: *options,
            max_cycles: cut.max_cycles.clamp(1, MAX_SHARD_CYCLES),
            machine: Machine::load(program, input, options, boundary)?,
            pc: program.entry(),
            cycles: 0,
            ended: None,
        })
    }

    /// Executes the next shard; `None` once the program has exited.
    ///
    /// # Errors
    ///
    /// As [`crate::execute::execute`], from the shard on in which it happens.
    pub fn next(&mut self, host: &mut dyn Host) -> Result<Option<Shard>, ExecuteError> {
        if let Some(ended) = &self.ended {
            return ended.clone().map(|()| None);
        }
        let start = Start {
            pc: self.pc,
            registers: self.machine.registers,
            output_length: self.machine.streams.output_length(),
        };
        let input = self.machine.streams.input;
        self.machine.observer.begin();
        let run_cycles = self.options.max_cycles.unwrap_or(u64::MAX);
        let max_cycles = self.max_cycles.min(run_cycles - self.cycles);
        let Stopped { stop, pc, cycles } =
            self.machine.run(self.program, self.pc, max_cycles, host);
        let end = match stop {
            Stop::Exit { code } => End::Exit { code },
            Stop::Full => End::Next { pc },
            Stop::CycleLimit if cycles == self.max_cycles => End::Next { pc },
            stop => {
                let at = location(self.program, pc);
                let error = error(stop, at, run_cycles, &self.options);
                self.ended = Some(Err(error.clone()));
                return Err(error);
            }
        };
        self.pc = pc;
        self.cycles += cycles;
        if let End::Exit { .. } = end {
            self.ended = Some(Ok(()));
        }
        let streams = &mut self.machine.streams;
        let output_length_after = streams.output_length();
        streams.output_taken = output_length_after;
        let boundary = &mut self.machine.observer;
        let mut words = core::mem::take(&mut boundary.words);
        words.sort_unstable_by_key(|word| word.address);
        for word in &mut words {
            word.after = self.machine.memory.get(word.address).value;
        }
        Ok(Some(Shard {
            position: boundary.position,
            start,
            words,
            registers_after: self.machine.registers,
            output_length_after,
            pcs: boundary.pcs(self.program),
            input: input[..input.len() - streams.input.len()].to_vec(),
            output: core::mem::take(&mut streams.output),
            cycles,
            end,
            meter: boundary.meter.clone(),
        }))
    }

    /// The run as it stands after the shards so far; meant for after the exit.
    pub fn last(&self) -> Last {
        let touched = self.machine.memory.words();
        let touched = touched.filter(|(_, word)| word.note != 0);
        let words = touched.map(|(address, word)| LastWord {
            address,
            value: word.value,
            owner: word.note,
        });
        Last {
            words: words.collect(),
            registers: self.machine.registers,
            output_length: self.machine.streams.output_length(),
            cycles: self.cycles,
        }
    }
}

/// Sees what the boundary of a shard is made of. The note of a word is its owner.
struct Boundary {
    costs: Costs,
    capacity: u64,
    position: u32,
    cost: u64,
    words: Vec<BoundaryWord>,
    /// For each word of text, by range, the position of the last shard that executed it.
    executed: Vec<(u32, Vec<u32>)>,
    meter: Meter,
}

impl Boundary {
    fn new(program: &Program, cut: &Cut) -> Self {
        Self {
            costs: cut.costs,
            capacity: cut.capacity,
            position: 0,
            cost: 0,
            words: Vec::new(),
            executed: program
                .text_ranges()
                .iter()
                .map(|range| (range.pc, vec![0; range.words.len()]))
                .collect(),
            meter: Meter::default(),
        }
    }

    fn begin(&mut self) {
        self.position += 1;
        self.cost = 0;
        self.meter = Meter::default();
    }

    fn pcs(&self, _: &Program) -> Vec<u32> {
        let ranges = self.executed.iter();
        ranges
            .flat_map(|(pc, executed)| {
                let executed = (*pc..).step_by(4).zip(executed);
                executed.filter(|(_, position)| **position == self.position)
            })
            .map(|(pc, _)| pc)
            .collect()
    }

    #[inline(always)]
    fn execute(&mut self, family: Family, pc: u32) {
        self.meter.instructions[family as usize] += 1;
        self.cost += u64::from(self.costs.instructions[family as usize]);
        let after = self.executed.partition_point(|(first, _)| *first <= pc);
        let (first, executed) = &mut self.executed[after - 1];
        let place = &mut executed[((pc - *first) / 4) as usize];
        if *place != self.position {
            *place = self.position;
            self.cost += u64::from(self.costs.distinct_instruction);
        }
    }
}

impl Observer for Boundary {
    type Note = u32;

    #[inline(always)]
    fn is_full(&self) -> bool {
        let transfers = self.meter.transferred_words + u64::from(MAX_TRANSFER / 4 + 1);
        self.cost >= self.capacity || transfers > u64::from(MAX_SHARD_TRANSFERS)
    }

    #[inline(always)]
    fn touch(&mut self, address: u32, before: u32, owner: &mut u32) -> Result<u32, Stop> {
        if *owner != self.position {
            self.words.push(BoundaryWord {
                address,
                before,
                owner: *owner,
                after: before,
            });
            *owner = self.position;
            self.cost += u64::from(self.costs.touched_word);
            self.meter.touched_words += 1;
        }
        Ok(0)
    }

    #[inline(always)]
    fn step(&mut self, family: Family, event: Event) {
        self.execute(family, event.pc);
    }

    #[inline(always)]
    fn memory_step<const N: usize>(&mut self, family: Family, event: Event, _: [Touch; N]) {
        self.execute(family, event.pc);
    }

    fn transfer(&mut self, _: Transfer) -> Result<(), Stop> {
        self.meter.transferred_words += 1;
        self.cost += u64::from(self.costs.transferred_word);
        Ok(())
    }

    fn ecall(&mut self, event: EcallEvent) {
        self.execute(Family::Ecall, event.pc);
    }
}
