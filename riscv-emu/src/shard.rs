//! Shards: a run of any length, cut into pieces that are proved one by one.
//!
//! A [`Sharder`] executes a program once, at about the speed of [`crate::execute::execute`], and
//! yields for each [`Shard`] its *boundary*: the words of RAM it touches, with their values before
//! and after, and the instructions it executes. [`replay`] executes one shard alone from its
//! boundary, and writes down the records that a proof is made from. Both are functions of the
//! program, the input and the [`Cut`] alone: a second pass yields the same shards.
//!
//! Shards have positions 1, 2, 3, ...; the *owner* of a word at some moment is the position of the
//! last shard that touched it, and 0 is the owner of the initial memory. So the value that a shard
//! finds in a word is the one that the owner left there. The registers and the output length
//! count as touched by every shard, accessed or not: their owner is always the shard before.
//!
#![cfg_attr(feature = "std", doc = "```")]
#![cfg_attr(not(feature = "std"), doc = "```ignore")]
//! use zonda_riscv_emu::{
//!     execute::{Discard, Options},
//!     program::Program,
//!     record::Service,
//!     shard::{Costs, Cut, Sharder, replay},
//! };
//!
//! # use zonda_riscv_emu::testing;
//! # let elf = testing::elf(&testing::exit(7));
//! let program = Program::from_elf(&elf)?;
//! let options = Options::default();
//! let costs = Costs {
//!     instructions: [60; 16],
//!     services: [60; Service::ALL.len()],
//!     output_byte: 15,
//!     touched_word: 40,
//!     distinct_instruction: 20,
//! };
//! let cut = Cut { max_cycles: 1 << 20, capacity: 60 << 20, costs };
//! let mut sharder = Sharder::new(&program, b"input", &options, cut)?;
//! while let Some(shard) = sharder.next(&mut Discard)? {
//!     let records = replay(&program, &shard.replay_input(), options.max_memory)?;
//!     println!("shard {}: {} words at the end", shard.position, records.memory.len());
//! }
//! println!("{} words touched", sharder.last()?.words.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::vec::Vec;

use crate::{
    meter::Meter,
    record::{Family, REGISTERS, Service},
};

#[cfg(feature = "std")]
pub use self::{
    replay::{Replay, ReplayError, replay},
    sharder::Sharder,
};

#[cfg(feature = "std")]
mod boundary;
#[cfg(feature = "std")]
mod replay;
#[cfg(feature = "std")]
mod sharder;

/// When a shard ends: before an instruction that finds its cost at `capacity` or above, or its
/// instructions at `max_cycles` (at most [`MAX_SHARD_CYCLES`]); and before it could have moved more
/// than [`MAX_SHARD_TRANSFERS`] words.
///
/// A shard executes one instruction at least, and no instruction is ever split, so that a cost goes
/// past the capacity by less than that of one instruction. The longest one, an ECALL that moves 4
/// KiB, transfers and touches up to 1025 words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cut {
    /// The most instructions of a shard.
    pub max_cycles: u64,
    /// The cost that a shard is filled to.
    pub capacity: u64,
    /// The costs that add up to it.
    pub costs: Costs,
}

/// The cost of each thing, in the caller's units: nothing, by default.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Costs {
    /// An executed instruction, indexed by `Family as usize`.
    pub instructions: [u32; Family::ALL.len()],
    /// A record of a service, indexed by `Service as usize`.
    pub services: [u32; Service::ALL.len()],
    /// A byte made public.
    pub output_byte: u32,
    /// A word of RAM, however often the shard accesses it.
    pub touched_word: u32,
    /// An instruction of the program, however often the shard executes it.
    pub distinct_instruction: u32,
}

/// One shard of a run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shard {
    /// Its place in the run, from 1.
    pub position: u32,
    /// The machine before its first instruction.
    pub start: Start,
    /// The words of RAM that it touches, by strictly ascending address.
    pub words: Vec<BoundaryWord>,
    /// The registers after its last instruction.
    pub registers_after: [u32; REGISTERS],
    /// The length of the run's public output after its last instruction.
    pub output_length_after: u32,
    /// The addresses of the instructions that it executes, strictly ascending.
    pub pcs: Vec<u32>,
    /// The bytes of input that it reads.
    pub input: Vec<u8>,
    /// The bytes of public output that it writes.
    pub output: Vec<u8>,
    /// How many instructions it executes.
    pub cycles: u64,
    /// How it ends.
    pub end: End,
    /// Counts of what it does.
    pub meter: Meter,
}

impl Shard {
    /// The input of [`replay`] for it.
    pub fn replay_input(&self) -> ReplayInput<'_> {
        ReplayInput {
            start: self.start,
            words: &self.words,
            input: &self.input,
            instructions: self.meter.instructions.map(|count| count as u32),
            services: self.meter.services.map(|count| count as u32),
        }
    }
}

/// The machine before a shard, but for its memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Start {
    /// The address of the first instruction.
    pub pc: u32,
    /// The registers.
    pub registers: [u32; REGISTERS],
    /// The length of the run's public output so far.
    pub output_length: u32,
}

impl Default for Start {
    fn default() -> Self {
        Self {
            pc: 0,
            registers: [0; REGISTERS],
            output_length: 0,
        }
    }
}

/// A word of RAM that a shard touches: reads, writes, or moves in part.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct BoundaryWord {
    /// Word address: the byte address divided by four.
    pub address: u32,
    /// Its value before the shard.
    pub before: u32,
    /// The position of the last shard that touched it before this one; 0 without such a shard.
    pub owner: u32,
    /// Its value after the shard.
    pub after: u32,
}

/// How a shard ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// The next shard, which starts at this address.
    Next {
        /// The address of its first instruction.
        pc: u32,
    },
    /// The run ends: the last instruction was `exit`.
    Exit {
        /// Its argument.
        code: u32,
    },
}

/// A run after its exit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Last {
    /// Every word of RAM that was touched, by strictly ascending address.
    pub words: Vec<LastWord>,
    /// The registers.
    pub registers: [u32; REGISTERS],
    /// The length of the public output.
    pub output_length: u32,
    /// How many instructions were executed.
    pub cycles: u64,
}

/// A word of RAM after the exit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LastWord {
    /// Word address: the byte address divided by four.
    pub address: u32,
    /// Its value.
    pub value: u32,
    /// The position of the last shard that touched it.
    pub owner: u32,
}

/// The input of [`replay`] for a shard; it may come from anyone.
#[derive(Clone, Copy, Debug)]
pub struct ReplayInput<'a> {
    /// The machine before the first instruction.
    pub start: Start,
    /// The words that the shard touches, by strictly ascending address.
    pub words: &'a [BoundaryWord],
    /// The bytes of input that it reads.
    pub input: &'a [u8],
    /// How many instructions of each family it executes, indexed by `Family as usize`.
    pub instructions: [u32; Family::ALL.len()],
    /// How many records each service leaves, indexed by `Service as usize`.
    pub services: [u32; Service::ALL.len()],
}

impl ReplayInput<'_> {
    /// How many instructions the shard executes.
    pub fn cycles(&self) -> u64 {
        total(&self.instructions)
    }
}

fn total(instructions: &[u32; Family::ALL.len()]) -> u64 {
    instructions.iter().map(|count| u64::from(*count)).sum()
}

/// The most instructions of a shard.
pub const MAX_SHARD_CYCLES: u64 = 1 << 22;
/// The most words that the ECALLs of a shard may move.
pub const MAX_SHARD_TRANSFERS: u32 = 1 << 22;
