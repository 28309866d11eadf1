//! Running programs: [`execute`] as fast as it goes, [`execute_metered`] with counts,
//! [`execute_recorded`] with everything that a proof needs. All three run the same machine.

use crate::{
    ecall::Streams,
    error::{ExecuteError, Location},
    interpreter::{Machine, Stop, Stopped},
    memory::Paged,
    meter::{Counter, Meter},
    observer::{Observer, Silent},
    program::Program,
    record::{CLK_PER_STEP, INITIAL_CLK, Records},
    recorder::Recorder,
};

pub use crate::ecall::MAX_TRANSFER;

/// The limits of a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// The most instructions to execute. Without a limit, recorded runs still have one:
    /// [`DEFAULT_RECORDED_CYCLES`].
    pub max_cycles: Option<u64>,
    /// The most bytes of host memory for the pages that the program touches. Metered and recorded
    /// runs take up to as much again for what they note of them.
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

/// Receives what the program tells those who watch. Closures `FnMut(DebugStream, &[u8])` are hosts.
pub trait Host {
    /// The program wrote debug text; one `write` may be a part of a line or of a character.
    fn debug(&mut self, stream: DebugStream, bytes: &[u8]);
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
    run(program, input, options, max_cycles, host, &mut Silent).map(|(outcome, _)| outcome)
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
    let mut counter = Counter::new(program, options.max_memory);
    let (outcome, _) = run(program, input, options, max_cycles, host, &mut counter)?;
    Ok((outcome, counter.meter))
}

/// Runs a program and writes down everything it does.
///
/// # Errors
///
/// As [`execute`]. Records take about 50 bytes for each instruction, so that there is always a
/// limit: [`DEFAULT_RECORDED_CYCLES`] if the options have none, and what the 32-bit clk can count in
/// any case.
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
    let mut recorder = Recorder::new(options.max_memory);
    let (outcome, (registers, memory)) =
        run(program, input, options, max_cycles, host, &mut recorder)?;
    let records = recorder.finish(registers, &memory, outcome.output.len() as u32);
    Ok((outcome, records))
}

/// Registers and memory at the end of a run.
type Final = ([u32; 32], Paged<u32>);

fn run<O: Observer>(
    program: &Program,
    input: &[u8],
    options: &Options,
    max_cycles: u64,
    host: &mut dyn Host,
    observer: &mut O,
) -> Result<(Outcome, Final), ExecuteError> {
    let Options {
        max_memory,
        max_output,
        ..
    } = *options;
    let mut machine = Machine {
        registers: [0; 32],
        memory: Paged::new(max_memory),
        streams: Streams {
            input,
            output: Vec::new(),
            max_output,
            host,
        },
        observer,
    };
    let Stopped { stop, pc, cycles } = match machine.load(program) {
        Ok(()) => machine.run(program, max_cycles),
        Err(full) => Stopped {
            stop: full.into(),
            pc: program.entry(),
            cycles: 0,
        },
    };
    let at = || location(program, pc);
    match stop {
        Stop::Exit { code } => {
            let input_read = input.len() - machine.streams.input.len();
            let output = machine.streams.output;
            let outcome = Outcome {
                exit_code: code,
                output,
                cycles,
                input_read,
            };
            Ok((outcome, (machine.registers, machine.memory)))
        }
        Stop::Trap(kind) => Err(ExecuteError::Trap { kind, at: at() }),
        Stop::CycleLimit => Err(ExecuteError::CycleLimit {
            max_cycles,
            at: at(),
        }),
        Stop::MemoryLimit => Err(ExecuteError::MemoryLimit {
            max_memory,
            at: at(),
        }),
        Stop::OutputLimit => Err(ExecuteError::OutputLimit {
            max_output,
            at: at(),
        }),
    }
}

/// What the file says of an address.
fn location(program: &Program, pc: u32) -> Location {
    let word = program.instruction(pc);
    Location {
        pc,
        word: word.map(|word| word.map_or_else(|word| word, crate::decode::encode)),
        symbol: program.symbol_at(pc).map(|symbol| symbol.to_string()),
        line: program.line_at(pc),
    }
}

/// The limit of recorded runs where the options name none.
pub const DEFAULT_RECORDED_CYCLES: u64 = 1 << 22;
/// What the clk can count.
const MAX_RECORDED_CYCLES: u64 = ((u32::MAX - INITIAL_CLK) / CLK_PER_STEP) as u64;
