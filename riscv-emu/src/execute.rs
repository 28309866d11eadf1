//! Running programs: [`execute`] as fast as it goes, [`execute_metered`] with counts,
//! [`execute_profiled`] by function and call stack, [`execute_recorded`] with everything that a proof
//! needs. All of them run the same machine.

use crate::{
    allocate,
    counter::Counter,
    error::{ExecuteError, Location},
    interpreter::{Machine, Stop, Stopped},
    meter::Meter,
    observer::{Observer, Silent},
    profile::{CellCosts, Profile},
    profiler::Profiler,
    program::Program,
    record::{CLK_PER_STEP, FinalWord, INITIAL_CLK, Records, Service},
    recorder::Recorder,
};

pub use crate::ecall::MAX_TRANSFER;

/// The limits of a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// The most instructions to execute. Without a limit, recorded runs still have one:
    /// [`DEFAULT_RECORDED_CYCLES`].
    pub max_cycles: Option<u64>,
    /// The most bytes of machine memory, in pages of 16 KiB, that the program may touch. Runs that
    /// are metered, recorded or sharded take as much again for their notes on it.
    pub max_memory: u64,
    /// The most bytes of public output.
    pub max_output: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_cycles: None,
            max_memory: 1 << 30,
            max_output: 64 << 20,
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// The argument of `exit`.
    pub exit_code: u32,
    /// The public output.
    pub output: Vec<u8>,
    /// How many instructions were executed, the last ECALL included.
    pub cycles: u64,
    /// How many bytes of the input were read.
    pub input_read: usize,
}

/// Receives the program's debug text. Closures `FnMut(DebugStream, &[u8])` are hosts.
pub trait Host {
    /// The program wrote debug text; one `write` may be a part of a line or of a character.
    fn debug(&mut self, stream: DebugStream, bytes: &[u8]);

    /// The program has executed so many instructions so far. A run reports this at least every 2^26
    /// instructions, which take a fraction of a second.
    fn executed(&mut self, _cycles: u64) {}
}

/// Where debug text was written to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum DebugStream {
    /// File descriptor 1, standard output.
    Out,
    /// File descriptor 2, standard error.
    Error,
}

impl<F: FnMut(DebugStream, &[u8])> Host for F {
    fn debug(&mut self, stream: DebugStream, bytes: &[u8]) {
        self(stream, bytes);
    }
}

/// A host that ignores debug text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl Host for Discard {
    fn debug(&mut self, _: DebugStream, _: &[u8]) {}
}

/// Runs a program.
///
/// # Errors
///
/// [`ExecuteError`] if it traps or goes past a limit. An exit with a code other than zero is no
/// error.
pub fn execute(
    program: &Program,
    input: &[u8],
    options: &Options,
    host: &mut dyn Host,
) -> Result<Outcome, ExecuteError> {
    let max_cycles = options.max_cycles.unwrap_or(u64::MAX);
    run(program, input, options, max_cycles, host, Silent).map(|(outcome, _)| outcome)
}

/// Runs a program and counts what it does.
///
/// # Errors
///
/// As [`execute`].
pub fn execute_metered(
    program: &Program,
    input: &[u8],
    options: &Options,
    host: &mut dyn Host,
) -> Result<(Outcome, Meter), ExecuteError> {
    let max_cycles = options.max_cycles.unwrap_or(u64::MAX);
    let counter = Counter::new(program);
    let (outcome, machine) = run(program, input, options, max_cycles, host, counter)?;
    Ok((outcome, machine.observer.meter))
}

/// Runs a program, counts what it does, and where.
///
/// # Errors
///
/// As [`execute`].
pub fn execute_profiled(
    program: &Program,
    input: &[u8],
    options: &Options,
    costs: &CellCosts,
    host: &mut dyn Host,
) -> Result<(Outcome, Meter, Profile), ExecuteError> {
    let max_cycles = options.max_cycles.unwrap_or(u64::MAX);
    let profiler = Profiler::new(program, *costs);
    let (outcome, mut machine) = run(program, input, options, max_cycles, host, profiler)?;
    let meter = core::mem::take(&mut machine.observer.counter.meter);
    Ok((outcome, meter, machine.observer.finish()))
}

/// Runs a program and writes down everything it does.
///
/// # Errors
///
/// As [`execute`]. Records take about 50 bytes for each instruction, so that there is always a
/// limit: [`DEFAULT_RECORDED_CYCLES`] if the options have none, and what the 32-bit clk can count in
/// any case. The process aborts where the host has no memory for them:
/// [`Replay`](crate::shard::Replay), which proofs are made from, records in pieces and has an error.
pub fn execute_recorded(
    program: &Program,
    input: &[u8],
    options: &Options,
    host: &mut dyn Host,
) -> Result<(Outcome, Records), ExecuteError> {
    let max_cycles = options
        .max_cycles
        .unwrap_or(DEFAULT_RECORDED_CYCLES)
        .min(MAX_RECORDED_CYCLES);
    let recorder = Recorder::<false>::new([usize::MAX; Service::ALL.len()]);
    let (outcome, mut machine) = run(program, input, options, max_cycles, host, recorder)?;
    let output_length = outcome.output.len() as u32;
    let mut records = core::mem::take(&mut machine.observer.records);
    let recorder = &machine.observer;
    recorder.finish(&mut records, &machine.registers, output_length);
    let accessed = machine.memory.words().filter(|(_, word)| word.note != 0);
    records.memory = allocate::collect(accessed.map(|(address, word)| FinalWord {
        address,
        value: word.value,
        clk: word.note,
    }))?;
    Ok((outcome, records))
}

fn run<'a, O: Observer>(
    program: &Program,
    input: &'a [u8],
    options: &Options,
    max_cycles: u64,
    host: &mut dyn Host,
    observer: O,
) -> Result<(Outcome, Machine<'a, O>), ExecuteError> {
    let mut machine = Machine::load(program, input, options, observer)?;
    let mut pc = program.entry();
    let mut executed = 0;
    let Stopped { stop, pc, cycles } = loop {
        let slice = SLICE_CYCLES.min(max_cycles - executed);
        let stopped = machine.run(program, pc, slice, host);
        (pc, executed) = (stopped.pc, executed + stopped.cycles);
        if !matches!(stopped.stop, Stop::CycleLimit) || executed == max_cycles {
            let cycles = executed;
            break Stopped { cycles, ..stopped };
        }
        host.executed(executed);
    };
    let Stop::Exit { code } = stop else {
        return Err(error(stop, location(program, pc), max_cycles, options));
    };
    let outcome = Outcome {
        exit_code: code,
        output: core::mem::take(&mut machine.streams.output),
        cycles,
        input_read: input.len() - machine.streams.input.len(),
    };
    Ok((outcome, machine))
}

/// The error of a run that did not stop by an exit.
pub(crate) fn error(stop: Stop, at: Location, max_cycles: u64, options: &Options) -> ExecuteError {
    let Options {
        max_memory,
        max_output,
        ..
    } = *options;
    match stop {
        Stop::Trap(kind) => ExecuteError::Trap { kind, at },
        Stop::CycleLimit => ExecuteError::CycleLimit { max_cycles, at },
        Stop::MemoryLimit { .. } => ExecuteError::MemoryLimit { max_memory, at },
        Stop::OutputLimit => ExecuteError::OutputLimit { max_output, at },
        Stop::OutOfMemory(refused) => refused.into(),
        Stop::Exit { .. }
        | Stop::Hole { .. }
        | Stop::Ecall { .. }
        | Stop::Unlisted { .. }
        | Stop::Served(_) => {
            unreachable!("no error of a run: {stop:?}")
        }
    }
}

/// The file's information on an address.
pub(crate) fn location(program: &Program, pc: u32) -> Location {
    let word = program.instruction(pc);
    Location {
        pc,
        word: word.map(|word| word.map_or_else(|word| word, crate::decode::encode)),
        symbol: program.symbol_at(pc).map(|symbol| symbol.to_string()),
        line: program.line_at(pc),
    }
}

/// After so many instructions the host receives a report.
const SLICE_CYCLES: u64 = 1 << 26;
/// The limit of recorded runs where the options name none.
pub const DEFAULT_RECORDED_CYCLES: u64 = 1 << 22;
/// The most instructions that the clk can count.
const MAX_RECORDED_CYCLES: u64 = ((u32::MAX - INITIAL_CLK) / CLK_PER_STEP) as u64;
