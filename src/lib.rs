//! zonda proves that a RISC-V program ran: hand it a guest ELF and an input, and get back a proof
//! that anyone can check.
//!
//! # Usage
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use zonda::{Options, Program, Prover, Statement, verify};
//!
//! let program = Program::from_elf(&std::fs::read("guest.elf")?)?;
//! let prover = Prover::new(Options::default());
//! let proved = prover.prove(&program, b"the guest's input")?;
//!
//! let key = prover.verifying_key(&program);
//! let statement = Statement { exit_code: 0, output: proved.output };
//! verify(&key, &statement, &proved.proof)?;
//! # Ok(())
//! # }
//! ```
//!
//! 1. Write a guest with `zonda-guest`, or build any static RV32IM ELF that makes its system calls.
//! 2. Load it: [`Program::from_elf`] checks it, since ELFs may come from anyone.
//! 3. [`Prover::execute`] runs it without a proof; [`Prover::prove`] proves the run.
//! 4. [`verify`] takes what the verifier expects: the key, the exit code, the output.
//!
//! The statement that a proof supports, the parameters and the security that they give are described
//! in the repository's `PROTOCOL.md`.
#![forbid(unsafe_code)]

use std::{io::Write, path::PathBuf, sync::Arc};

use zonda_prover::{Setup, engine::Engine};

pub use zonda_prover::{
    Budget, Cancel, Cells, Execution, Observer, Progress, ProveError, Proved, Report, Stage,
    TableCells, available_bytes, peak_rss_bytes, platform,
};
pub use zonda_riscv_emu::{
    elf::LoadError,
    error::ExecuteError,
    execute::{DebugStream, Discard, Host},
    meter::Meter,
    program::Program,
    record::Family,
};
pub use zonda_verifier::{
    Cost, Header, KeyError, Operations, Parameters, Preset, Proof, ProofError, Shape, Sizes,
    Statement, VerifyError, VerifyingKey, security, verify, verify_with_cost,
};

/// How to execute and prove.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// The most instructions to execute; there is no limit if there is none here.
    pub max_cycles: Option<u64>,
    /// Threads to prove with; as many as the machine has if there is none.
    pub threads: Option<usize>,
    /// How sure proofs are.
    pub preset: Preset,
    /// How much memory to take, and so how long shards are.
    pub budget: Budget,
    /// Stops the work, from any thread.
    pub cancel: Cancel,
    /// Where finished parts are kept, so that a proof that was interrupted goes on where it was.
    pub directory: Option<PathBuf>,
    /// Is told of each stage of proving as it begins.
    pub observer: Option<Arc<dyn Observer>>,
    /// Whether the guest's debug text (file descriptors 1 and 2) goes to this process's standard
    /// output and standard error; otherwise it is dropped.
    pub print_debug: bool,
}

/// Executes programs and proves their runs. Memory that one proof has used is kept for the next;
/// clones share it.
#[derive(Clone, Default)]
pub struct Prover {
    options: Options,
    /// Keeps buffers from one proof to the next.
    engine: Engine,
}

impl Prover {
    /// A prover with these options.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            engine: Engine::default(),
        }
    }

    /// Runs a program on an input without proving anything.
    ///
    /// # Errors
    /// If the guest traps or goes past a limit. An exit code other than zero is no error.
    pub fn execute(&self, program: &Program, input: &[u8]) -> Result<Execution, ExecuteError> {
        zonda_prover::execute(program, input, &self.options(), &mut *self.host())
    }

    /// Runs a program on an input, fills every table of the machine, and checks every constraint and
    /// bus, without proving. Returns the statement that a proof would support, the number of
    /// instructions, and what failed: nothing, unless zonda itself is at fault.
    ///
    /// # Errors
    /// If the guest has no run that could be proved.
    pub fn check(&self, program: &Program, input: &[u8]) -> Result<Checked, ProveError> {
        const MOST_FAILURES: usize = 20;
        let (statement, cycles, failures) = zonda_prover::check(
            &self.engine,
            program,
            input,
            &self.options(),
            &mut *self.host(),
            MOST_FAILURES,
        )?;
        let failures = failures
            .iter()
            .map(
                |failure| match failure.pc().and_then(|pc| program.symbol_at(pc)) {
                    Some(symbol) => format!("{failure}, in {symbol}"),
                    None => failure.to_string(),
                },
            )
            .collect();
        Ok(Checked {
            statement,
            cycles,
            failures,
        })
    }

    /// Runs a program on an input and proves the run.
    ///
    /// # Errors
    /// If the guest has no run that could be proved, or this machine cannot prove it.
    pub fn prove(&self, program: &Program, input: &[u8]) -> Result<Proved, ProveError> {
        zonda_prover::prove(
            &self.engine,
            program,
            input,
            &self.options(),
            &mut *self.host(),
        )
    }

    /// The key with which proofs of a program's runs are verified. It depends on the program and the
    /// preset only.
    pub fn verifying_key(&self, program: &Program) -> VerifyingKey {
        Setup::new(&self.engine, program, self.options.preset).key
    }

    fn options(&self) -> zonda_prover::Options<'_> {
        zonda_prover::Options {
            max_cycles: self.options.max_cycles,
            threads: self.options.threads,
            preset: self.options.preset,
            budget: self.options.budget,
            cancel: self.options.cancel.clone(),
            directory: self.options.directory.as_deref(),
            observer: self.options.observer.as_deref(),
        }
    }

    fn host(&self) -> Box<dyn Host + Send> {
        if self.options.print_debug {
            Box::new(print)
        } else {
            Box::new(Discard)
        }
    }
}

/// What [`Prover::check`] found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checked {
    /// What a proof of the run would state.
    pub statement: Statement,
    /// Executed instructions.
    pub cycles: u64,
    /// Constraints and buses that do not hold, each with its place.
    pub failures: Vec<String>,
}

/// Debug text that the terminal does not take is lost, as it is for any program.
fn print(stream: DebugStream, bytes: &[u8]) {
    let _ = match stream {
        DebugStream::Out => std::io::stdout().write_all(bytes),
        DebugStream::Error => std::io::stderr().write_all(bytes),
    };
}

/// The README's examples are compiled with the doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
