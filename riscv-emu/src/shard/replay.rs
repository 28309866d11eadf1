//! Executing one shard alone.

use core::mem;

use super::{BoundaryWord, MAX_SHARD_CYCLES, MAX_SHARD_TRANSFERS, ReplayInput};
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
    #[error("the shard's words lie in more than {max_memory} bytes of memory in pages of 16 KiB")]
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
        /// Those that were executed.
        got: usize,
    },
    /// The program moves another number of words.
    #[error("the words moved are not {expected}")]
    TransferredWords {
        /// The words that were announced.
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
        /// What the program leaves.
        got: u32,
    },
}

/// Replays one shard alone, and writes down everything it does.
///
/// A `read` returns what it returned in the run: all it asks for, as long as the run's input lasts;
/// where it fell short, the shard's input ends as the run's did. Debug text is dropped. At most
/// `max_memory` bytes of machine memory, in pages of 16 KiB, are made, and twice as many of the
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
    let mut records = Records::default();
    replay_into(&mut records, program, shard, max_memory).map(|()| records)
}

/// As [`replay`], into records whose memory is used again: fresh memory is what takes most of the
/// time of a replay. What was in them is lost, and after an error they are empty.
///
/// # Errors
///
/// As [`replay`].
pub fn replay_into(
    records: &mut Records,
    program: &Program,
    shard: &ReplayInput<'_>,
    max_memory: u64,
) -> Result<(), ReplayError> {
    records.clear();
    let result = record(records, program, shard, max_memory);
    if result.is_err() {
        records.clear();
    }
    result
}

fn record(
    records: &mut Records,
    program: &Program,
    shard: &ReplayInput<'_>,
    max_memory: u64,
) -> Result<(), ReplayError> {
    let cycles = check(shard)?;
    let memory = memory(shard, max_memory)?;
    for (family, count) in Family::ALL.into_iter().zip(shard.instructions) {
        records.reserve(family, count as usize);
    }
    records.transfers.reserve(shard.transferred_words as usize);
    let mut machine = Machine {
        registers: shard.start.registers,
        memory,
        streams: Streams {
            input: shard.input,
            output: Vec::new(),
            output_taken: shard.start.output_length,
            max_output: u32::MAX,
        },
        observer: Recorder::<true>::new(mem::take(records), shard.transferred_words as usize),
    };
    let Stopped {
        stop,
        pc,
        cycles: executed,
    } = machine.run(program, shard.start.pc, cycles, &mut Discard);
    let output_length = machine.streams.output_length();
    *records = machine.observer.finish(&machine.registers, output_length);
    records.final_pc = match stop {
        Stop::Exit { .. } if executed == cycles => None,
        Stop::CycleLimit => Some(pc),
        stop => return Err(error(stop, program, shard, pc, executed)),
    };
    let bytes = machine.streams.input.len();
    if bytes != 0 {
        return Err(ReplayError::InputLeft { bytes });
    }
    check_counts(shard, records)?;
    records.memory.reserve(shard.words.len());
    for word in shard.words {
        records.memory.push(final_word(word, &machine.memory)?);
    }
    Ok(())
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
        Stop::Transfers => ReplayError::TransferredWords {
            expected: shard.transferred_words,
        },
        Stop::Exit { .. } => ReplayError::EarlyExit { executed },
        Stop::CycleLimit | Stop::Ecall { .. } => unreachable!("no error of a replay: {stop:?}"),
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

fn check_counts(shard: &ReplayInput<'_>, records: &Records) -> Result<(), ReplayError> {
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
