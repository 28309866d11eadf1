//! Executing a run shard by shard.

use super::{
    Cut, End, Last, LastWord, MAX_SHARD_CYCLES, MAX_SHARD_TRANSFERS, Shard, Start,
    boundary::Boundary,
};
use crate::{
    allocate::{self, OutOfMemory},
    error::ExecuteError,
    execute::{Host, MAX_TRANSFER, Options, error, location},
    interpreter::{Machine, Stop, Stopped},
    program::Program,
    record::Service,
};

/// A run that is cut into shards while it is executed.
pub struct Sharder<'a> {
    program: &'a Program,
    options: Options,
    cut: Cut,
    machine: Machine<'a, Boundary<'a>>,
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
    /// [`ExecuteError::MemoryLimit`] if the image alone is larger than allowed;
    /// [`ExecuteError::OutOfMemory`] if the host has no memory for it.
    pub fn new(
        program: &'a Program,
        input: &'a [u8],
        options: &Options,
        cut: Cut,
    ) -> Result<Self, ExecuteError> {
        Ok(Self {
            program,
            options: *options,
            cut,
            machine: Machine::load(program, input, options, Boundary::new(program)?)?,
            pc: program.entry(),
            cycles: 0,
            ended: None,
        })
    }

    /// Executes the next shard; `None` once the program has exited.
    ///
    /// # Errors
    ///
    /// As [`crate::execute::execute`], from the shard on in which it happens, and
    /// [`ExecuteError::ShardLimit`] after 2^32 - 1 shards.
    pub fn next(&mut self, host: &mut dyn Host) -> Result<Option<Shard>, ExecuteError> {
        if let Some(ended) = &self.ended {
            return ended.clone().map(|()| None);
        }
        let shard = self.shard(host);
        match &shard {
            Err(error) => self.ended = Some(Err(error.clone())),
            Ok(shard) if matches!(shard.end, End::Exit { .. }) => self.ended = Some(Ok(())),
            Ok(_) => {}
        }
        shard.map(Some)
    }

    fn shard(&mut self, host: &mut dyn Host) -> Result<Shard, ExecuteError> {
        let Some(position) = self.machine.observer.position.checked_add(1) else {
            return Err(ExecuteError::ShardLimit {
                max_shards: u32::MAX,
                at: location(self.program, self.pc),
            });
        };
        let start = Start {
            pc: self.pc,
            registers: self.machine.registers,
            output_length: self.machine.streams.output_length(),
        };
        let input = self.machine.streams.input;
        let cycles = self.cycles;
        self.machine.observer.begin(position);
        let end = self.execute(host)?;
        host.executed(self.cycles);

        let Machine {
            registers,
            memory,
            streams,
            observer,
        } = &mut self.machine;
        streams.output_taken = streams.output_length();
        let meter = observer.meter();
        let mut words = allocate::copied(&observer.words)?;
        words.sort_unstable_by_key(|word| word.address);
        for word in &mut words {
            word.after = memory.get(word.address).value;
        }
        Ok(Shard {
            position,
            start,
            words,
            registers_after: *registers,
            output_length_after: streams.output_taken,
            pcs: observer.pcs()?,
            input: allocate::copied(&input[..input.len() - streams.input.len()])?,
            output: core::mem::take(&mut streams.output),
            cycles: self.cycles - cycles,
            end,
            meter,
        })
    }

    /// Executes one shard.
    fn execute(&mut self, host: &mut dyn Host) -> Result<End, ExecuteError> {
        let run_cycles = self.options.max_cycles.unwrap_or(u64::MAX);
        let last_cycle = self
            .cycles
            .saturating_add(self.cut.max_cycles.clamp(1, MAX_SHARD_CYCLES));
        loop {
            let until_cut = (last_cycle - self.cycles).min(self.safe_cycles());
            let max_cycles = until_cut.min(run_cycles - self.cycles);
            let Stopped { stop, pc, cycles } =
                self.machine.run(self.program, self.pc, max_cycles, host);
            (self.pc, self.cycles) = (pc, self.cycles + cycles);
            match stop {
                Stop::Exit { code } => return Ok(End::Exit { code }),
                Stop::Ecall { next_pc } => self.pc = next_pc,
                Stop::CycleLimit if cycles == until_cut => {}
                stop => {
                    let at = location(self.program, pc);
                    return Err(error(stop, at, run_cycles, &self.options));
                }
            }
            if self.cycles == last_cycle || self.is_full() {
                return Ok(End::Next { pc: self.pc });
            }
        }
    }

    /// Whether the shard ends here.
    fn is_full(&self) -> bool {
        let boundary = &self.machine.observer;
        let transfers =
            boundary.meter().served(Service::Transfer) + u64::from(MAX_TRANSFER / 4 + 1);
        boundary.cost(&self.cut.costs) >= self.cut.capacity
            || transfers > u64::from(MAX_SHARD_TRANSFERS)
    }

    /// So many instructions can be executed until an ECALL before a look at the cost is due, and
    /// one in any case.
    fn safe_cycles(&self) -> u64 {
        let costs = &self.cut.costs;
        let families = costs.instructions.iter().max().copied().unwrap_or(0);
        let most = u64::from(families)
            + 2 * u64::from(costs.touched_word)
            + u64::from(costs.distinct_instruction);
        let room = self
            .cut
            .capacity
            .saturating_sub(self.machine.observer.cost(costs));
        (room / most.max(1)).max(1)
    }

    /// The run as it stands after the shards so far; meant for after the exit.
    ///
    /// # Errors
    ///
    /// If the host has no memory for the words.
    pub fn last(&self) -> Result<Last, OutOfMemory> {
        let touched = self.machine.memory.words();
        let touched = touched.filter(|(_, word)| word.note != 0);
        let words = touched.map(|(address, word)| LastWord {
            address,
            value: word.value,
            owner: word.note,
        });
        Ok(Last {
            words: allocate::collect(words)?,
            registers: self.machine.registers,
            output_length: self.machine.streams.output_length(),
            cycles: self.cycles,
        })
    }
}
