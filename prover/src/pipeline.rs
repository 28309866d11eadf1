//! The pipeline: execute, fill the tables, commit to the program, prove.

use std::collections::BTreeMap;

use p3_field::PrimeField32;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    checker::{self, Failure},
    instances::several,
    machine::{Image, Statement, Table, airs},
    system::statement,
    witness::{self, InstanceTrace},
};
use zonda_riscv_emu::{
    error::ExecuteError,
    execute::{self, Host, execute_metered, execute_recorded},
    instruction::Instruction,
    meter::Meter,
    program::Program,
    record::{Family, Records},
};
use zonda_verifier::{Instance, MAX_OUTPUT_BYTES, Preset, Proof, Shape, ShapeError, VerifyingKey};

use crate::{
    cells::Cells,
    engine::{Engine, EngineError, Filled, Fixed},
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
    /// How sure the proof is.
    pub preset: Preset,
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
    #[error(transparent)]
    Engine(#[from] EngineError),
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
pub fn verifying_key(engine: &Engine, program: &Program, preset: Preset) -> VerifyingKey {
    commit(engine, program.id(), &program_image(program), preset).0
}

/// The key of a program, and what the prover keeps of its preprocessed columns.
pub fn commit(
    engine: &Engine,
    program_id: [u8; 32],
    image: &Image,
    preset: Preset,
) -> (VerifyingKey, Fixed) {
    let tables: Vec<_> = Table::ALL
        .into_iter()
        .filter_map(|table| {
            let fixed = table.fixed(image)?;
            let log_height = fixed.height().ilog2() as usize;
            Some((table, log_height, canonical(fixed)))
        })
        .collect();
    let instances = tables
        .iter()
        .map(|(table, log_height, _)| Instance {
            table: *table,
            log_height: *log_height as u8,
        })
        .collect();
    let fixed = engine.fix(tables);
    let root = fixed.commitment.tree.root();
    let key = VerifyingKey::from_root(program_id, image.entry, preset, instances, root);
    (key, fixed)
}

/// The cells of a matrix as canonical numbers.
fn canonical(matrix: RowMajorMatrix<F>) -> Vec<u32> {
    // Collecting a vector's own elements, of equal size, takes no new memory.
    let cells = matrix.values.into_iter();
    cells.map(|cell| cell.as_canonical_u32()).collect()
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

fn fill(program: &Program, image: &Image, run: &Recorded) -> Vec<InstanceTrace> {
    let instruction_at = |pc| -> Instruction {
        match program.instruction(pc) {
            Some(Ok(instruction)) => instruction,
            _ => unreachable!("the run executed {pc:#010x}, so it is an instruction"),
        }
    };
    witness::traces(image, &run.records, &run.statement, several, instruction_at)
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
        let instances = fill(program, &image, &run);
        let machine = airs(&image, &run.statement, true);
        let instances = instances
            .iter()
            .map(|instance| (&machine[instance.table as usize], &instance.trace));
        let failures = checker::check(instances, most);
        Ok((run.statement, run.cycles, failures))
    })?
}

/// Runs a program and proves the run.
///
/// # Errors
/// If the guest has no run that could be proved, or the machine cannot prove it.
pub fn prove(
    engine: &Engine,
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
) -> Result<Proved, ProveError> {
    in_pool(options, || {
        prove_here(engine, program, input, options, host)
    })?
}

fn prove_here(
    engine: &Engine,
    program: &Program,
    input: &[u8],
    options: &Options<'_>,
    host: &mut (dyn Host + Send),
) -> Result<Proved, ProveError> {
    let mut clock = Clock::new(options.observer);
    let mut run = clock.run(Stage::Execute, || record(program, input, options, host))?;
    let image = program_image(program);
    let instances = clock.run(Stage::Witness, || fill(program, &image, &run));
    let families = families(&run.records);
    run.records = Records::default();
    let (key, fixed) = clock.run(Stage::Key, || {
        commit(engine, program.id(), &image, options.preset)
    });
    let used: Vec<usize> = instances.iter().map(|instance| instance.used).collect();
    let proof = prove_with(engine, &key, &fixed, instances, &run.statement, &mut clock)?;
    let shape = proof.shape();
    let proof_bytes = proof.to_bytes().len();
    let cells = Cells::count(shape, options.preset.degree(), &used);
    let report = report(&run, families, &key, shape, cells, &clock, proof_bytes);
    let Statement { exit_code, output } = run.statement;
    Ok(Proved {
        proof,
        output,
        exit_code,
        report,
    })
}

/// Proves tables that are filled already, in the order of a proof's instances. Tables that do not
/// hold give a proof that is refused.
///
/// # Errors
/// If the tables do not fit one proof, or the engine fails.
pub fn prove_instances(
    engine: &Engine,
    key: &VerifyingKey,
    fixed: &Fixed,
    instances: Vec<InstanceTrace>,
    stated: &Statement,
) -> Result<Proof, ProveError> {
    prove_with(engine, key, fixed, instances, stated, &mut Clock::new(None))
}

fn prove_with(
    engine: &Engine,
    key: &VerifyingKey,
    fixed: &Fixed,
    instances: Vec<InstanceTrace>,
    stated: &Statement,
    clock: &mut Clock<'_>,
) -> Result<Proof, ProveError> {
    let shape = Shape(
        instances
            .iter()
            .map(|instance| Instance {
                table: instance.table,
                log_height: instance.trace.height().ilog2() as u8,
            })
            .collect(),
    );
    shape.check(key.fixed(), stated)?;
    let image = Image {
        entry: key.entry(),
        ..Image::default()
    };
    let filled = Filled {
        shape: &shape,
        cells: instances
            .into_iter()
            .map(|instance| canonical(instance.trace))
            .collect(),
        periodic: &statement::periodic(stated),
        public: &statement::public(&image, stated),
    };
    Ok(match key.preset() {
        Preset::Standard => Proof::Standard(engine.prove(key, fixed, stated, filled, clock)?),
        Preset::High => Proof::High(engine.prove(key, fixed, stated, filled, clock)?),
    })
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

/// How many instructions of each family a run has.
fn families(records: &Records) -> BTreeMap<&'static str, u64> {
    Family::ALL
        .into_iter()
        .map(|family| (family.name(), records.count(family) as u64))
        .collect()
}

fn report(
    run: &Recorded,
    families: BTreeMap<&'static str, u64>,
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
        misaligned_accesses: families[Family::LoadStoreMisaligned.name()],
        families,
        committed_cells: committed,
        padding_cells: cells.padding(),
        cells_per_instruction: committed as f64 / run.cycles as f64,
        cells,
        security_bits: key.security_bits(shape),
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
