//! zonda proves that a RISC-V program ran: hand it a guest ELF and an input, and get back a proof
//! that anyone can check.
//!
//! # Usage
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use zonda::{Options, Program, Prover, Statement, verify};
//!
//! # use zonda_riscv_emu::testing;
//! # let elf = testing::elf(&testing::exit(0));
//! let program = Program::from_elf(&elf)?; // The bytes of a guest's ELF file.
//! let prover = Prover::new(Options::default());
//! let proved = prover.prove(&program, b"the guest's input")?;
//!
//! let key = prover.verifying_key(&program)?;
//! let statement = Statement { exit_code: 0, output: proved.output };
//! verify(&key, &statement, &proved.proof)?;
//! # Ok(())
//! # }
//! ```
//!
//! 1. Write a guest with `zonda-guest`, or build any static RV32IM ELF that makes its system calls.
//! 2. Load it: [`Program::from_elf`] checks it, since ELFs may come from anyone.
//! 3. [`Prover::execute`] runs it without a proof; [`Prover::prove`] proves the run.
//! 4. [`verify`] takes the verifier's expectations: the key, the exit code, the output. A guest that
//!    panics exits with 101, and its run is proved as any other.
//!
//! Errors are typed. A [`LoadError`] names the reason why a file is not a program, an
//! [`ExecuteError`] the place where a run trapped or went past a limit, a [`ProveError`] the reason
//! why a run has no proof, a [`VerifyError`] the check that refused a proof. [`KeyError`],
//! [`ProofError`] and [`TaskReadError`] are about bytes that are not a key, a proof or a task.
//!
//! # Typed input and output
//!
//! Guests that use the SDK `read` typed values and `commit` them. [`Input`] and [`Output`] are the host's
//! side of both; every function that takes an input takes bytes or an [`Input`].
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use zonda::{Input, Output, Program, Prover};
//!
//! let program = Program::from_elf(&std::fs::read("guest.elf")?)?;
//! let input = Input::new().write("Ada")?.write(&[3_i64, -4])?;
//! let proved = Prover::default().prove(&program, &input)?;
//!
//! let mut output = Output::new(&proved.output);
//! let name: String = output.read()?;
//! let balance: i64 = output.read()?;
//! output.end()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Long runs
//!
//! A run is cut into shards, each proved within [`Options::memory`], so that its length decides time
//! and the proof's length, and not memory. [`Prover::prove_to`] writes the proof part by part, and
//! [`verify_from`] reads it so. With [`Options::work_dir`], a proof that was interrupted goes on
//! where it was; [`Options::cancel`] interrupts it, and [`Cancel::reset`] lets the same prover prove again.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::{fs::File, io::BufReader};
//!
//! use zonda::{Cancel, Options, Program, Prover, verify_from};
//!
//! let cancel = Cancel::new(); // cancel.cancel() stops the work, from any thread
//! let options = Options::new().memory(4 << 30).work_dir("job").cancel(cancel.clone());
//!
//! let program = Program::from_elf(&std::fs::read("guest.elf")?)?;
//! let prover = Prover::new(options);
//! let written = prover.prove_to(&program, b"the guest's input", File::create("proof")?)?;
//!
//! let key = prover.verifying_key(&program)?;
//! verify_from(&key, &written.statement, BufReader::new(File::open("proof")?))?;
//! # Ok(())
//! # }
//! ```
//!
//! Parts can be proved by other processes or on other machines: [`Prover::plan`] hands out a [`Task`]
//! for each, which [`Prover::prove_task`] proves with nothing but the program.
//!
//! The statement that a proof supports, the parameters and the security that they give are described
//! in the repository's `PROTOCOL.md`.
#![forbid(unsafe_code)]

mod options;
mod values;

use std::{io::Write, sync::Arc};

use zonda_prover::engine::Engine;

pub use self::{
    options::Options,
    values::{Input, Output, ValueError},
};
pub use zonda_prover::{
    Budget, Cancel, Cancelled, Cells, DirectoryError, Execution, MAX_THREADS, Observer, Progress,
    ProveError, Proved, Report, RunEstimate, Stage, TableCells, Task, TaskError, TaskReadError,
    available_bytes, peak_rss_bytes, platform,
};
pub use zonda_riscv_emu::{
    elf::LoadError,
    error::{ExecuteError, Location, TrapKind},
    execute::{DebugStream, Discard, Host},
    meter::Meter,
    profile::{Function, FunctionWeight, Profile, Span, Stack, Weight},
    program::Program,
    record::{Family, Service},
};
pub use zonda_verifier::protocol::VERSION as PROOF_VERSION;
pub use zonda_verifier::{
    Claim, ClaimError, Cost, Header, HeaderError, KeyError, MAX_OUTPUT_BYTES, Operations,
    Parameters, PartError, PartHeader, PartReader, Preset, Proof, ProofError, ReadError,
    RunVerifier, Sizes, Statement, VerifyError, VerifyingKey, security, verify, verify_from,
    verify_with_cost,
};

/// The bytes of a guest's ELF file, which the package's `build.rs` builds with `zonda_build::build`.
///
/// ```ignore
/// const GUEST: &[u8] = zonda::include_elf!("my-guest"); // The name of the guest's binary.
/// ```
///
/// Under Clippy and in rust-analyzer, for which no guest is built, it is empty.
#[macro_export]
macro_rules! include_elf {
    ($name:literal) => {
        ::core::include_bytes!(::core::env!(
            ::core::concat!("ZONDA_ELF_", $name),
            ::core::concat!(
                "build.rs has built no guest `",
                $name,
                "`: call zonda_build::build with the guest's folder, and use the name of its binary"
            )
        ))
    };
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
    /// If the guest traps or goes past a limit. An exit code other than zero is not an error.
    pub fn execute(
        &self,
        program: &Program,
        input: &(impl AsRef<[u8]> + ?Sized),
    ) -> Result<Execution, ExecuteError> {
        zonda_prover::execute(program, input.as_ref(), &self.options(), &mut *self.host())
    }

    /// [`Self::execute`], and counts where the instructions go, and the cells that a proof commits to.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub fn profile(
        &self,
        program: &Program,
        input: &(impl AsRef<[u8]> + ?Sized),
    ) -> Result<(Execution, Profile), ExecuteError> {
        zonda_prover::profile(program, input.as_ref(), &self.options(), &mut *self.host())
    }

    /// Runs a program on an input, fills every table of the machine, and checks every constraint and
    /// bus, without proving. Returns the statement that a proof would support, the number of
    /// instructions, and the failures: a failure means that zonda itself is at fault.
    ///
    /// # Errors
    /// If the guest has no run that could be proved.
    pub fn check(
        &self,
        program: &Program,
        input: &(impl AsRef<[u8]> + ?Sized),
    ) -> Result<Checked, ProveError> {
        const MOST_FAILURES: usize = 20;
        let (statement, cycles, failures) = zonda_prover::check(
            &self.engine,
            program,
            input.as_ref(),
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

    /// Runs a program on an input and estimates the cost of [`Self::prove`]: it executes the run
    /// and cuts it alike, and commits to nothing but the key. The guest's text is dropped.
    ///
    /// # Errors
    /// If the guest has no run that could be proved within the budget.
    pub fn estimate(&self, program: &Program, input: &[u8]) -> Result<RunEstimate, ProveError> {
        let (engine, options) = (&self.engine, self.options());
        let host = &mut *self.host();
        zonda_prover::estimate_run(engine, program, input, &options, host)
    }

    /// Runs a program on an input and proves the run.
    ///
    /// # Errors
    /// If the guest has no run that could be proved, or this machine cannot prove it.
    pub fn prove(
        &self,
        program: &Program,
        input: &(impl AsRef<[u8]> + ?Sized),
    ) -> Result<Proved, ProveError> {
        zonda_prover::prove(
            &self.engine,
            program,
            input.as_ref(),
            &self.options(),
            &mut *self.host(),
        )
    }

    /// [`Self::prove`], but writes each part of the proof as soon as it is finished: at most one
    /// part is in memory. The written bytes are those of [`Proof::to_bytes`]; they are a proof only
    /// if all are written.
    ///
    /// # Errors
    /// As [`Self::prove`]; or if the proof cannot be written.
    pub fn prove_to(
        &self,
        program: &Program,
        input: &(impl AsRef<[u8]> + ?Sized),
        mut writer: impl Write + Send,
    ) -> Result<Written, ProveError> {
        let (statement, report) = zonda_prover::prove_to(
            &self.engine,
            program,
            input.as_ref(),
            &self.options(),
            &mut *self.host(),
            &mut writer,
        )?;
        Ok(Written { statement, report })
    }

    /// Runs a program on an input, cuts the run into parts, and hands out the task of each, in
    /// order. The proof of the run is the header that this returns, and what [`Self::prove_task`]
    /// gives for each task, in order.
    ///
    /// With a work directory, the parts can also be put there, each under its task's
    /// [`Task::file_name`] and `.part` as [`Task::part_file`] makes it: [`Self::prove`] with the same
    /// options then proves the parts that are missing only. A task is secret if the input is.
    ///
    /// # Errors
    /// If the guest has no run that could be proved, or the work directory cannot be used; and the
    /// errors of `each`.
    pub fn plan(
        &self,
        program: &Program,
        input: &(impl AsRef<[u8]> + ?Sized),
        mut each: impl FnMut(Task) -> Result<(), ProveError>,
    ) -> Result<Planned, ProveError> {
        let input = input.as_ref();
        let options = self.options();
        let setup = zonda_prover::prepare(&self.engine, program, &options)?;
        let mut plan =
            zonda_prover::plan(&self.engine, &setup, input, &options, &mut *self.host())?;
        if let Some(directory) = options.directory {
            plan.prepare(directory)?;
        }
        let planned = Planned {
            statement: plan.statement.clone(),
            header: plan.header.clone(),
            cycles: plan.instructions.iter().sum(),
        };
        let mut tasks = plan.tasks(&setup, input)?;
        while let Some(task) = tasks.next()? {
            options.cancel.check()?;
            each(task)?;
        }
        Ok(planned)
    }

    /// Proves the task of one part. It may come from anyone. It has all that is needed, the preset
    /// and the part's size included: of the options, `threads`, `cancel` and `observer` count.
    ///
    /// # Errors
    /// If the task belongs to another program, or does not match what the program does; or if this
    /// machine cannot prove it.
    pub fn prove_task(&self, program: &Program, task: &Task) -> Result<Vec<u8>, ProveError> {
        let options = self.options();
        let setup = zonda_prover::prepare_for(&self.engine, program, task, &options)?;
        zonda_prover::prove_task(&self.engine, &setup, task, &options)
    }

    /// The key with which proofs of a program's runs are verified. It depends on the program and the
    /// preset only.
    ///
    /// It takes 100 to 200 bytes of memory for each word of the program: 65 MB for a program of 2 MB.
    ///
    /// # Errors
    /// If the system refuses the memory or the threads for it.
    pub fn verifying_key(&self, program: &Program) -> Result<VerifyingKey, ProveError> {
        zonda_prover::verifying_key(&self.engine, program, &self.options())
    }

    fn options(&self) -> zonda_prover::Options<'_> {
        zonda_prover::Options {
            max_cycles: self.options.max_cycles,
            threads: self.options.threads,
            preset: self.options.preset,
            budget: self.options.budget,
            cancel: self.options.cancel.clone(),
            observer: self.options.observer.as_deref(),
            directory: self.options.work_dir.as_deref(),
        }
    }

    fn host(&self) -> Box<dyn Host + Send> {
        Box::new(Watched {
            print_debug: self.options.print_debug,
            observer: self.options.observer.clone(),
        })
    }
}

/// A run whose proof was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The proof's statement.
    pub statement: Statement,
    /// The proof's cost and security.
    pub report: Report,
}

/// A run that was planned: its proof is this header, and the parts of all tasks, in order.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The statement that the proof will have.
    pub statement: Statement,
    /// The proof's header.
    pub header: Header,
    /// Executed instructions.
    pub cycles: u64,
}

/// The result of [`Prover::check`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checked {
    /// The statement that a proof of the run would have.
    pub statement: Statement,
    /// Executed instructions.
    pub cycles: u64,
    /// Constraints and buses that do not hold, each with its place.
    pub failures: Vec<String>,
}

/// Tells those who watch a run.
struct Watched {
    print_debug: bool,
    observer: Option<Arc<dyn Observer>>,
}

impl Host for Watched {
    fn debug(&mut self, stream: DebugStream, bytes: &[u8]) {
        if self.print_debug {
            print(stream, bytes);
        }
        if let Some(observer) = &self.observer {
            observer.debug(stream, bytes);
        }
    }

    fn executed(&mut self, cycles: u64) {
        if let Some(observer) = &self.observer {
            observer.executed(cycles);
        }
    }
}

/// Debug text that the terminal does not take is lost, as it is for any program.
fn print(stream: DebugStream, bytes: &[u8]) {
    let _ = match stream {
        DebugStream::Out => std::io::stdout().write_all(bytes),
        DebugStream::Error => std::io::stderr().write_all(bytes),
    };
}

/// The examples of the README and the guide are compiled with the doc tests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    struct Readme;

    #[doc = include_str!("../GUIDE.md")]
    struct Guide;
}
