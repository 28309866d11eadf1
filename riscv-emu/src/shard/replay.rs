//! Executing one shard alone.

use core::mem;

use super::{BoundaryWord, MAX_SHARD_CYCLES, MAX_SHARD_TRANSFERS, ReplayInput, total};
use crate::{
    allocate::{self, OutOfMemory},
    ecall::Streams,
    error::{Location, TrapKind},
    execute::{Discard, location},
    hole::Hole,
    interpreter::{Machine, Stop, Stopped},
    memory::{NoPage, Paged, Word},
    program::Program,
    record::{Family, FinalWord, Records, Service},
    recorder::{LISTED_CLK, Recorder},
};

/// A shard that does not match what the program does.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The shard starts where no instruction can.
    #[error("the shard starts at {pc:#010x}, which is not a multiple of 4")]
    StartAlignment {
        /// Where it starts.
        pc: u32,
    },
    /// The shard starts with a register x0 that is not zero.
    #[error("the shard starts with x0 = {value:#x}")]
    StartZero {
        /// The value that it holds.
        value: u32,
    },
    /// The shard is longer than a shard can be, or empty.
    #[error("a shard of {cycles} instructions; shards have 1 to {MAX_SHARD_CYCLES}")]
    Cycles {
        /// Its instructions.
        cycles: u64,
    },
    /// The shard moves more words than a shard can.
    #[error("a shard moves {transferred_words} words; shards move {MAX_SHARD_TRANSFERS} at most")]
    Transfers {
        /// How many it moves.
        transferred_words: u32,
    },
    /// A word is not listed in its place, or does not exist.
    #[error("word {address:#x} is not in ascending order, or not below 2^30")]
    WordOrder {
        /// The word.
        address: u32,
    },
    /// A word is listed that no program can access.
    #[error("word {address:#x} is listed, and lies in {hole}, where the program has no memory")]
    WordInHole {
        /// The word.
        address: u32,
        /// The hole.
        hole: Hole,
    },
    /// The words lie in more memory than allowed.
    #[error("the shard's words lie in more than {max_memory} bytes of memory in pages of 16 KiB")]
    MemoryLimit {
        /// The limit.
        max_memory: u64,
    },
    /// The host has no memory left for the shard's words or records.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// The program traps.
    #[error("trap at {at}: {kind}")]
    Trap {
        /// The trap.
        kind: TrapKind,
        /// Where.
        at: Location,
    },
    /// The program accesses a word that is not listed.
    #[error("word {address:#x} is accessed at {at}, and not listed")]
    WordNotListed {
        /// The word.
        address: u32,
        /// Where.
        at: Location,
    },
    /// The public output would have 2^32 bytes.
    #[error("2^32 bytes of public output at {at}")]
    OutputLength {
        /// Where.
        at: Location,
    },
    /// The program exits before the last instruction.
    #[error("exit after {executed} instructions, before the last one of the shard")]
    EarlyExit {
        /// How many were executed.
        executed: u64,
    },
    /// The program does not read all of the input.
    #[error("{bytes} bytes of the shard's input are not read")]
    InputLeft {
        /// How many it does not read.
        bytes: usize,
    },
    /// The program executes another number of instructions of a family.
    #[error("{got} instructions of {}, not {expected}", family.name())]
    Instructions {
        /// The family.
        family: Family,
        /// The instructions that were announced.
        expected: u32,
        /// Those that were executed, up to where it was noticed.
        got: usize,
    },
    /// A service leaves another number of records.
    #[error("the {} are not {expected}", service.records())]
    Served {
        /// The service.
        service: Service,
        /// The records that were announced.
        expected: u32,
    },
    /// The program does not access a word that is listed.
    #[error("word {address:#x} is listed, and not accessed")]
    WordNotTouched {
        /// The word.
        address: u32,
    },
    /// The program leaves another value in a word.
    #[error("word {address:#x} becomes {got:#x}, not {expected:#x}")]
    WordAfter {
        /// The word.
        address: u32,
        /// The value that was announced.
        expected: u32,
        /// The value that the program leaves.
        got: u32,
    },
}

/// Replays one shard alone, and writes down everything it does: see [`Replay`].
///
/// # Errors
///
/// [`ReplayError`] if the shard is not what the program does. Nothing in it is trusted.
pub fn replay(
    program: &Program,
    shard: &ReplayInput<'_>,
    max_memory: u64,
) -> Result<Records, ReplayError> {
    let mut replay = Replay::new(program, *shard, max_memory)?;
    let mut records = Records::default();
    replay.next(&mut records, u64::MAX)?;
    replay.finish(&mut records)?;
    Ok(records)
}

/// The execution of one shard alone, piece by piece: whoever makes something of the records need not
/// hold them all at a time.
///
/// A `read` returns what it returned in the run: all it asks for, as long as the run's input lasts;
/// where it fell short, the shard's input ends as the run's did. Debug text is dropped. At most
/// `max_memory` bytes of machine memory, in pages of 16 KiB, are made, and twice as many of the
/// host's; [`Options::max_memory`](crate::execute::Options) of the run suffices.
pub struct Replay<'a> {
    program: &'a Program,
    shard: ReplayInput<'a>,
    machine: Machine<'a, Recorder<true>>,
    pc: u32,
    /// How many instructions of each family are still to be executed.
    left: [u32; Family::ALL.len()],
    exited: bool,
}

impl<'a> Replay<'a> {
    /// Begins the replay of a shard.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] if no shard can begin or end so.
    pub fn new(
        program: &'a Program,
        shard: ReplayInput<'a>,
        max_memory: u64,
    ) -> Result<Self, ReplayError> {
        check(&shard)?;
        let machine = Machine {
            registers: shard.start.registers,
            memory: memory(program, &shard, max_memory)?,
            streams: Streams {
                input: shard.input,
                output: Vec::new(),
                output_taken: shard.start.output_length,
                max_output: u32::MAX,
            },
            observer: Recorder::<true>::new(shard.services.map(|count| count as usize)),
        };
        Ok(Self {
            program,
            shard,
            machine,
            pc: shard.start.pc,
            left: shard.instructions,
            exited: false,
        })
    }

    /// Executes at most so many instructions more, and writes down what they do: what was in
    /// `records` is lost, but their memory is used again. Returns whether there are instructions
    /// left.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] if the shard does not match what the program does: then do not go on. No
    /// more instructions of a family are written down than were announced, all pieces together.
    pub fn next(&mut self, records: &mut Records, cycles: u64) -> Result<bool, ReplayError> {
        let result = self.piece(records, cycles);
        if result.is_err() {
            records.clear();
        }
        result
    }

    fn piece(&mut self, records: &mut Records, cycles: u64) -> Result<bool, ReplayError> {
        let all_left = total(&self.left);
        let cycles = cycles.min(all_left);
        records.clear();
        for (family, left) in Family::ALL.into_iter().zip(self.left) {
            records.reserve(family, u64::from(left).min(cycles) as usize)?;
        }
        let machine = &mut self.machine;
        machine.observer.records = mem::take(records);
        let Stopped {
            stop,
            pc,
            cycles: executed,
        } = machine.run(self.program, self.pc, cycles, &mut Discard);
        *records = mem::take(&mut machine.observer.records);
        self.pc = pc;
        match stop {
            Stop::Exit { .. } if executed == all_left => self.exited = true,
            Stop::CycleLimit => {}
            stop => {
                let executed = self.shard.cycles() - all_left + executed;
                return Err(error(stop, self.program, &self.shard, pc, executed));
            }
        }
        let families = Family::ALL.into_iter().zip(&mut self.left);
        for ((family, left), expected) in families.zip(self.shard.instructions) {
            let got = records.count(family);
            *left = left.checked_sub(got as u32).ok_or({
                let before = (expected - *left) as usize;
                ReplayError::Instructions {
                    family,
                    expected,
                    got: before + got,
                }
            })?;
        }
        Ok(total(&self.left) > 0)
    }

    /// Writes down what the shard leaves, when it has no instructions left: everything in `records`
    /// that is not a list of instructions or of what services did.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] if the shard is not what the program does.
    ///
    /// # Panics
    ///
    /// If there are instructions left.
    pub fn finish(self, records: &mut Records) -> Result<(), ReplayError> {
        assert_eq!(total(&self.left), 0, "the shard has instructions left");
        let result = self.end(records);
        if result.is_err() {
            records.clear();
        }
        result
    }

    fn end(self, records: &mut Records) -> Result<(), ReplayError> {
        let Self {
            shard, machine, pc, ..
        } = self;
        let bytes = machine.streams.input.len();
        if bytes != 0 {
            return Err(ReplayError::InputLeft { bytes });
        }
        let left = Service::ALL.into_iter().zip(machine.observer.services_left);
        for ((service, left), expected) in left.zip(shard.services) {
            if left != 0 {
                return Err(ReplayError::Served { service, expected });
            }
        }
        let output_length = machine.streams.output_length();
        machine
            .observer
            .finish(records, &machine.registers, output_length);
        records.final_pc = (!self.exited).then_some(pc);
        records.memory.clear();
        allocate::reserve(&mut records.memory, shard.words.len())?;
        for word in shard.words {
            records.memory.push(final_word(word, &machine.memory)?);
        }
        Ok(())
    }
}

/// Checks everything that needs no execution.
fn check(shard: &ReplayInput<'_>) -> Result<(), ReplayError> {
    let pc = shard.start.pc;
    if !pc.is_multiple_of(4) {
        return Err(ReplayError::StartAlignment { pc });
    }
    let value = shard.start.registers[0];
    if value != 0 {
        return Err(ReplayError::StartZero { value });
    }
    let cycles = shard.cycles();
    if cycles == 0 || cycles > MAX_SHARD_CYCLES {
        return Err(ReplayError::Cycles { cycles });
    }
    let transferred_words = shard.services[Service::Transfer as usize];
    if transferred_words > MAX_SHARD_TRANSFERS {
        return Err(ReplayError::Transfers { transferred_words });
    }
    Ok(())
}

/// The listed words, and nothing else.
fn memory(
    program: &Program,
    shard: &ReplayInput<'_>,
    max_memory: u64,
) -> Result<Paged<Word<u32>>, ReplayError> {
    let mut memory = Paged::new(max_memory, program.holes())?;
    let mut least = 0;
    for word in shard.words {
        let address = word.address;
        if address < least || address >= 1 << 30 {
            return Err(ReplayError::WordOrder { address });
        }
        least = address + 1;
        let slot = memory.slot(address);
        let none = |none| match none {
            NoPage::Hole(hole) => ReplayError::WordInHole { address, hole },
            NoPage::Limit => ReplayError::MemoryLimit { max_memory },
            NoPage::Host(refused) => refused.into(),
        };
        *slot.map_err(none)? = Word {
            value: word.before,
            note: LISTED_CLK,
        };
    }
    Ok(memory)
}

/// The error of a shard that did not stop where it was to.
fn error(
    stop: Stop,
    program: &Program,
    shard: &ReplayInput<'_>,
    pc: u32,
    executed: u64,
) -> ReplayError {
    let at = location(program, pc);
    match stop {
        Stop::Trap(kind) => ReplayError::Trap { kind, at },
        // There are pages for all words that are listed.
        Stop::Unlisted { address } | Stop::MemoryLimit { address } => {
            ReplayError::WordNotListed { address, at }
        }
        Stop::OutputLimit => ReplayError::OutputLength { at },
        Stop::OutOfMemory(refused) => refused.into(),
        Stop::Served(service) => ReplayError::Served {
            service,
            expected: shard.services[service as usize],
        },
        Stop::Exit { .. } => ReplayError::EarlyExit { executed },
        Stop::CycleLimit | Stop::Ecall { .. } | Stop::Hole { .. } => {
            unreachable!("no error of a replay: {stop:?}")
        }
    }
}

/// A word after the shard.
fn final_word(word: &BoundaryWord, memory: &Paged<Word<u32>>) -> Result<FinalWord, ReplayError> {
    let (address, expected) = (word.address, word.after);
    let Word { value, note: clk } = memory.get(address);
    if clk == LISTED_CLK {
        return Err(ReplayError::WordNotTouched { address });
    }
    if value != expected {
        return Err(ReplayError::WordAfter {
            address,
            expected,
            got: value,
        });
    }
    Ok(FinalWord {
        address,
        value,
        clk,
    })
}
