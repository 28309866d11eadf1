//! Executing one shard alone.

use core::mem;

use super::{MAX_SHARD_CYCLES, MAX_SHARD_TRANSFERS, ReplayInput};
use crate::{
    ecall::Streams,
    error::{Location, TrapKind},
    execute::{Discard, location},
    interpreter::{Machine, Stop, Stopped},
    memory::{Paged, Word},
    program::Program,
    record::{Family, FinalWord, Records},
    recorder::{LISTED_CLK, Recorder},
};

/// A shard that is not what the program does.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The shard starts where no instruction can.
    #[error("the shard starts at {pc:#010x}, which is no multiple of 4")]
    StartAlignment {
        /// Where it starts.
        pc: u32,
    },
    /// The shard starts with a register x0 that is not zero.
    #[error("the shard starts with x0 = {value:#x}")]
    StartZero {
        /// What it holds.
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
    /// A word is not listed in its place, or is none.
    #[error("word {address:#x} is not in ascending order, or not below 2^30")]
    WordOrder {
        /// The word.
        address: u32,
    },
    /// The words lie in more memory than allowed.
    #[error("the shard's words lie in more than {max_memory} bytes of memory in pages of 64 KiB")]
    MemoryLimit {
        /// The limit.
        max_memory: u64,
    },
    /// The program traps.
    #[error("trap at {at}: {kind}")]
    Trap {
        /// What it did.
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
    #[error("exit after {got} instructions, not {expected}")]
    EarlyExit {
        /// The instructions that were announced.
        expected: u64,
        /// Those that were executed.
        got: u64,
    },
    /// The program executes another number of instructions of a family.
    #[error("{got} instructions of {}, not {expected}", family.name())]
    Instructions {
        /// The family.
        family: Family,
        /// The instructions that were announced.
        expected: u32,
        /// Those that were executed.
        got: usize,
    },
    /// The program moves another number of words.
    #[error("the words moved are not {expected}")]
    TransferredWords {
        /// The words that were announced.
        expected: u32,
    },
    /// The program does not read all of the input.
    #[error("{bytes} bytes of the shard's input are not read")]
    InputLeft {
        /// How many it does not read.
        bytes: usize,
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
        /// What the program leaves.
        got: u32,
    },
}

/// Replays one shard alone, and writes down everything it does.
///
/// A `read` returns what it returned in the run: all it asks for, as long as the run's input lasts;
/// where it fell short, the shard's input ends as the run's did. Debug text is dropped. At most
/// `max_memory` bytes of machine memory, in pages of 64 KiB, are made, and twice as many of the
/// host's; [`Options::max_memory`](crate::execute::Options) of the run suffices.
///
/// # Errors
///
/// [`ReplayError`] if the shard is not what the program does. Nothing in it is trusted.
pub fn replay(
    program: &Program,
    shard: &ReplayInput<'_>,
    max_memory: u64,
) -> Result<Records, ReplayError> {
    let cycles = check(shard)?;
    let mut machine = Machine {
        registers: shard.start.registers,
        memory: memory(shard, max_memory)?,
        streams: Streams {
            input: shard.input,
            output: Vec::new(),
            output_taken: shard.start.output_length,
            max_output: u32::MAX,
        },
        observer: Recorder::<true>::new(Records::default(), shard.transferred_words as usize),
    };
    let stopped = machine.run(program, shard.start.pc, cycles, &mut Discard);
    let final_pc = final_pc(program, shard, cycles, stopped)?;
    let output_length = machine.streams.output_length();
    let recorder = mem::replace(&mut machine.observer, Recorder::new(Records::default(), 0));
    let mut records = recorder.finish(&machine.registers, output_length);
    records.final_pc = final_pc;
    records.memory = final_words(shard, &machine.memory)?;
    counts(shard, &records)?;
    match machine.streams.input.len() {
        0 => Ok(records),
        bytes => Err(ReplayError::InputLeft { bytes }),
    }
}

/// Checks everything that needs no execution, and yields how many instructions there are.
fn check(shard: &ReplayInput<'_>) -> Result<u64, ReplayError> {
    let pc = shard.start.pc;
    if !pc.is_multiple_of(4) {
        return Err(ReplayError::StartAlignment { pc });
    }
    let value = shard.start.registers[0];
    if value != 0 {
        return Err(ReplayError::StartZero { value });
    }
    let cycles = shard
        .instructions
        .iter()
        .map(|&count| u64::from(count))
        .sum();
    if cycles == 0 || cycles > MAX_SHARD_CYCLES {
        return Err(ReplayError::Cycles { cycles });
    }
    let transferred_words = shard.transferred_words;
    if transferred_words > MAX_SHARD_TRANSFERS {
        return Err(ReplayError::Transfers { transferred_words });
    }
    Ok(cycles)
}

/// The listed words, and nothing else.
fn memory(shard: &ReplayInput<'_>, max_memory: u64) -> Result<Paged<Word<u32>>, ReplayError> {
    let mut memory = Paged::new(max_memory);
    let mut least = 0;
    for word in shard.words {
        let address = word.address;
        if address < least || address >= 1 << 30 {
            return Err(ReplayError::WordOrder { address });
        }
        least = address + 1;
        let slot = memory.slot(address);
        *slot.map_err(|_| ReplayError::MemoryLimit { max_memory })? = Word {
            value: word.before,
            note: LISTED_CLK,
        };
    }
    memory.close();
    Ok(memory)
}

/// The pc after the last instruction, unless that was `exit`.
fn final_pc(
    program: &Program,
    shard: &ReplayInput<'_>,
    expected: u64,
    Stopped { stop, pc, cycles }: Stopped,
) -> Result<Option<u32>, ReplayError> {
    let at = || location(program, pc);
    match stop {
        Stop::Exit { .. } if cycles == expected => Ok(None),
        Stop::Exit { .. } => Err(ReplayError::EarlyExit {
            expected,
            got: cycles,
        }),
        Stop::CycleLimit | Stop::Full => Ok(Some(pc)),
        Stop::Trap(kind) => Err(ReplayError::Trap { kind, at: at() }),
        Stop::Unlisted { address } | Stop::MemoryLimit { address } => {
            Err(ReplayError::WordNotListed { address, at: at() })
        }
        Stop::OutputLimit => Err(ReplayError::OutputLength { at: at() }),
        Stop::Transfers => Err(ReplayError::TransferredWords {
            expected: shard.transferred_words,
        }),
    }
}

/// The words after the shard.
fn final_words(
    shard: &ReplayInput<'_>,
    memory: &Paged<Word<u32>>,
) -> Result<Vec<FinalWord>, ReplayError> {
    let word = |word: &super::BoundaryWord| {
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
    };
    shard.words.iter().map(word).collect()
}

fn counts(shard: &ReplayInput<'_>, records: &Records) -> Result<(), ReplayError> {
    for (family, expected) in Family::ALL.into_iter().zip(shard.instructions) {
        let got = records.count(family);
        if got != expected as usize {
            return Err(ReplayError::Instructions {
                family,
                expected,
                got,
            });
        }
    }
    let expected = shard.transferred_words;
    match records.transfers.len() == expected as usize {
        true => Ok(()),
        false => Err(ReplayError::TransferredWords { expected }),
    }
}
