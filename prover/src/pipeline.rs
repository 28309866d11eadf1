//! The pipeline: execute, fill the tables, commit to the program, prove.

use std::collections::BTreeMap;

use p3_batch_stark::{StarkInstance, prove_batch};
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    checker::{self, Failure},
    instances::single,
    machine::{Image, Statement, Table, TableAir, airs},
    system::{gaps, image, zeroed},
    witness,
};
use zonda_riscv_emu::{
    error::ExecuteError,
    execute::{self, Host, execute_metered, execute_recorded},
    instruction::Instruction,
    meter::Meter,
    program::Program,
    record::{Family, Records},
};
use zonda_verifier::{
    MAX_OUTPUT_BYTES, Parameters, Proof, STANDARD, Shape, ShapeError, VerifyingKey, config,
    security, seed,
};

use crate::{
    cells::Cells,
    memory::peak_rss_bytes,
    report::Report,
    stage::{Clock, Observer, Stage},
};

/// The most instructions of a run that can be proved: what fits one shard.
pub const MAX_CYCLES: u64 = 1 << 22;

/// How to execute and prove.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// The most instructions to execute; proving never takes more than [`MAX_CYCLES`].
    pub max_cycles: Option<u64>,
    /// Threads to prove with; as many as the machine has if there is none.
    pub threads: Option<usize>,
    /// Is told of each stage as it begins.
    pub observer: Option<&'a dyn Observer>,
}

/// A run, not proved.
#[derive(Clone, Debug)]
pub struct Execution {
    /// The argument of `exit`.
    pub exit_code: u32,
    /// The public output.
    pub output: Vec<u8>,
    /// Executed instructions.
    pub cycles: u64,
    /// Counts by family, and of what is worth knowing.
    pub meter: Meter,
}

/// A run, proved.
#[derive(Debug)]
pub struct Proved {
    /// The proof.
    pub proof: Proof,
    /// The public output.
    pub output: Vec<u8>,
    /// The argument of `exit`.
    pub exit_code: u32,
    /// What it took and what it is worth.
    pub report: Report,
}

/// Why there is no proof.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The guest did not run to its exit. A trapped run has no proof.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// The run is longer than can be proved.
    #[error(
        "the run is longer than {MAX_CYCLES} instructions, which is what one shard can prove; \
         give the guest less to do"
    )]
    TooLong,
    /// The run makes more bytes public than a proof states.
    #[error("the run makes {got} bytes public; a proof states at most {MAX_OUTPUT_BYTES}")]
    Output {
        /// How many bytes.
        got: usize,
    },
    /// The tables of this run do not fit the bounds of a proof.
    #[error("the run does not fit one proof: {0}")]
    Shape(#[from] ShapeError),
    /// No threads could be started.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the system says.
        reason: String,
    },
    /// The engine failed.
    #[error("the engine failed: {0}")]
    Engine(String),
}

/// The program as the circuits need it.
pub fn program_image(program: &Program) -> Image {
    Image {
        entry: program.entry(),
        text: program
            .text()
            .filter_map(|(pc, word)| word.ok().map(|instruction| (pc, instruction)))
            .collect(),
        words: program.image_words().collect(),
    }
}

/// The key with which proofs of a program's runs are verified.
pub fn verifying_key(program: &Program) -> VerifyingKey {
    VerifyingKey::new(program.id(), &program_image(program))
}

/// Runs a program without proving anything, and counts.
///
/// # Errors
/// If the guest traps or goes past a limit.
pub fn execute(
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
) -> Result<Execution, ExecuteError> {
    let limits = execute::Options {
        max_cycles: options.max_cycles,
        ..Default::default()
    };
    let (outcome, meter) = execute_metered(program, input, &limits, host)?;
    Ok(Execution {
        exit_code: outcome.exit_code,
        output: outcome.output,
        cycles: outcome.cycles,
        meter,
    })
}

/// A recorded run and the statement that is true of it.
struct Recorded {
    records: Records,
    statement: Statement,
    cycles: u64,
}

fn record(
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
) -> Result<Recorded, ProveError> {
    let max_cycles = options.max_cycles.unwrap_or(u64::MAX);
    let limits = execute::Options {
        max_cycles: Some(max_cycles.min(MAX_CYCLES)),
        ..Default::default()
    };
    let (outcome, records) =
        execute_recorded(program, input, &limits, host).map_err(|error| match error {
            ExecuteError::CycleLimit { .. } if max_cycles > MAX_CYCLES => ProveError::TooLong,
            error => error.into(),
        })?;
    if outcome.output.len() > MAX_OUTPUT_BYTES {
        return Err(ProveError::Output {
            got: outcome.output.len(),
        });
    }
    let statement = Statement {
        exit_code: outcome.exit_code,
        output: outcome.output,
    };
    Ok(Recorded {
        records,
        statement,
        cycles: outcome.cycles,
    })
}

fn fill(program: &Program, image: &Image, run: &Recorded) -> Vec<RowMajorMatrix<F>> {
    let instruction_at = |pc| -> Instruction {
        match program.instruction(pc) {
            Some(Ok(instruction)) => instruction,
            _ => unreachable!("the run executed {pc:#010x}, so it is an instruction"),
        }
    };
    let (records, statement) = (&run.records, &run.statement);
    witness::traces(image, records, statement, single, instruction_at)
        .into_iter()
        .map(|instance| instance.trace)
        .collect()
}

/// Runs a program, fills every table, and checks every constraint and bus without proving: returns
/// the run and up to `most` failures. There are none unless zonda itself is at fault.
///
/// # Errors
/// If the guest has no run that could be proved.
pub fn check(
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
    most: usize,
) -> Result<(Statement, u64, Vec<Failure>), ProveError> {
    in_pool(options, || {
        let run = record(program, input, options, host)?;
        let image = program_image(program);
        let traces = fill(program, &image, &run);
        let tables = airs(&image, &run.statement, true);
        let failures = checker::check(tables.iter().zip(&traces), most);
        Ok((run.statement, run.cycles, failures))
    })?
}

/// Runs a program and proves the run.
///
/// # Errors
/// If the guest has no run that could be proved, or the machine cannot prove it.
pub fn prove(
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
) -> Result<Proved, ProveError> {
    in_pool(options, || {
        prove_with(program, input, options, host, STANDARD)
    })?
}

fn prove_with(
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
    parameters: Parameters,
) -> Result<Proved, ProveError> {
    let mut clock = Clock::new(options.observer);

    let run = clock.run(Stage::Execute, || record(program, input, options, host))?;
    let image = program_image(program);
    let traces = clock.run(Stage::Witness, || fill(program, &image, &run));
    let (key, tables, data) = clock.run(Stage::Key, || {
        let tables = airs(&image, &run.statement, true);
        let (key, data) = VerifyingKey::with_tables(program.id(), image.entry, &tables, parameters);
        (key, tables, data)
    });
    let shape = Shape(
        traces
            .iter()
            .map(|trace| trace.height().ilog2() as usize)
            .collect(),
    );
    key.check_shape(&shape, &run.statement)?;
    let proof = clock.run(Stage::Prove, || {
        prove_traces(&key, &data, &tables, &traces, &run.statement)
    })?;

    let rows = rows(&image, &run);
    let cells = Cells::count(&tables, &data.common, &shape, &rows);
    let report = report(&run, &key, &shape, cells, &clock, proof.to_bytes().len());
    let Statement { exit_code, output } = run.statement;
    Ok(Proved {
        proof,
        output,
        exit_code,
        report,
    })
}

/// Proves tables that are filled already. Tables that do not hold give a proof that is refused.
///
/// # Errors
/// If the engine fails.
///
/// # Panics
/// With debug assertions of the engine on, if a table does not hold.
pub fn prove_traces(
    key: &VerifyingKey,
    data: &p3_batch_stark::ProverData<zonda_verifier::Config>,
    tables: &[TableAir],
    traces: &[RowMajorMatrix<F>],
    statement: &Statement,
) -> Result<Proof, ProveError> {
    let config = config(key.parameters(), seed(key, statement));
    let instances: Vec<_> = tables
        .iter()
        .zip(traces)
        .map(|(air, trace)| StarkInstance {
            air,
            trace,
            public_values: air.public.clone(),
        })
        .collect();
    let inner = prove_batch(&config, &instances, data)
        .map_err(|error| ProveError::Engine(format!("{error:?}")))?;
    Ok(Proof { inner })
}

fn in_pool<R: Send>(
    options: &Options<'_>,
    work: impl FnOnce() -> R + Send,
) -> Result<R, ProveError> {
    let threads = options.threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| ProveError::Threads {
            threads,
            reason: error.to_string(),
        })?;
    Ok(pool.install(work))
}

/// How many rows of each table are in use.
fn rows(image: &Image, run: &Recorded) -> Vec<usize> {
    let records = &run.records;
    Table::ALL
        .into_iter()
        .map(|table| match table {
            Table::AddSub => records.count(Family::AddSub),
            Table::AddImmediate => records.count(Family::AddImmediate),
            Table::Bitwise => records.count(Family::Bitwise),
            Table::BitwiseImmediate => records.count(Family::BitwiseImmediate),
            Table::Shift => records.count(Family::Shift),
            Table::ShiftImmediate => records.count(Family::ShiftImmediate),
            Table::SetLessThan => records.count(Family::SetLessThan),
            Table::SetLessThanImmediate => records.count(Family::SetLessThanImmediate),
            Table::Branch => records.count(Family::Branch),
            Table::Jump => records.count(Family::Jump),
            Table::LoadStoreWord => records.count(Family::LoadStoreWord),
            Table::LoadStoreSubword => records.count(Family::LoadStoreSubword),
            Table::LoadStoreMisaligned => records.count(Family::LoadStoreMisaligned),
            Table::Multiply => records.count(Family::Multiply),
            Table::Divide => records.count(Family::Divide),
            Table::Ecall => records.count(Family::Ecall),
            Table::Transfer => records.transfers.len(),
            Table::Program => image.text.len(),
            Table::Zeroed => zeroed::openings(image, records).len(),
            Table::Image => image::fixed(image).len(),
            Table::Gaps => gaps::ranges(image).len(),
            Table::Range16 | Table::Bytes => 1 << 16,
            Table::PowersOfTwo => 16,
            // The first row is always in use.
            Table::Statement => run.statement.output.len().max(1),
        })
        .collect()
}

fn report(
    run: &Recorded,
    key: &VerifyingKey,
    shape: &Shape,
    cells: Cells,
    clock: &Clock<'_>,
    proof_bytes: usize,
) -> Report {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let execute = clock.of(Stage::Execute).as_secs_f64();
    let total: f64 = clock
        .seconds
        .iter()
        .map(|(_, time)| time.as_secs_f64())
        .sum();
    let committed = cells.committed();
    Report {
        program_id: hex(key.program_id()),
        exit_code: run.statement.exit_code,
        output_hex: hex(&run.statement.output),
        cycles: run.cycles,
        families: Family::ALL
            .into_iter()
            .map(|family| (family.name(), run.records.count(family) as u64))
            .collect(),
        misaligned_accesses: run.records.count(Family::LoadStoreMisaligned) as u64,
        committed_cells: committed,
        padding_cells: cells.padding(),
        cells_per_instruction: committed as f64 / run.cycles as f64,
        cells,
        security_bits: security::bits(key, shape),
        execute_seconds: execute,
        prove_seconds: total - execute,
        stages: Stage::ALL
            .into_iter()
            .map(|stage| (stage.name(), clock.of(stage).as_secs_f64()))
            .collect::<BTreeMap<_, _>>(),
        khz: run.cycles as f64 / total / 1000.0,
        peak_rss_bytes: peak_rss_bytes().unwrap_or_default(),
        proof_bytes: proof_bytes as u64,
        threads: rayon::current_num_threads(),
    }
}
