//! The tree of fractions on the messages of real runs: nanoseconds a message.
//!
//! ```sh
//! cargo bench -p zonda-prover --bench tree -- sha256 zeros 5
//! ```
//!
//! measures the guest `sha256` on the input file `zeros`, five times with one thread and five times with two, in
//! turn, in one process. Each tree is verified.

use std::{
    env,
    error::Error,
    fs,
    time::{Duration, Instant},
};

use p3_field::PrimeField32;
use p3_matrix::Matrix;
use zonda_circuits::{
    F,
    instances::single,
    machine::{Image, Statement, Table, airs},
    tape::Plan,
    witness::{OneShard, traces},
};
use zonda_kernels::{Platform, Pool};
use zonda_prover::{
    Cancel,
    engine::{
        Cells, Fingerprints, Lookups,
        tree::{self, Heights, Input},
    },
};
use zonda_riscv_emu::{
    execute::{Discard, Options, execute_recorded},
    program::Program,
};
use zonda_verifier::{Challenge, Operations, QM31, fractions, steps::Steps};

/// The cells of a table.
struct Filled {
    table: Table,
    rows: usize,
    trace: Vec<u32>,
    fixed: Vec<u32>,
    periodic: Vec<u32>,
    periodic_width: usize,
    public: Vec<u32>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    let [guest, input, repetitions] = &arguments[..] else {
        eprintln!("usage: tree GUEST INPUT REPETITIONS");
        return Ok(());
    };
    let guests = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/elf");
    let program = Program::from_elf(&fs::read(format!("{guests}/{guest}.elf"))?)?;
    let filled = fill(&program, &fs::read(input)?)?;
    measure(&filled, repetitions.parse()?)
}

/// The tables of a whole run.
fn fill(program: &Program, input: &[u8]) -> Result<Vec<Filled>, Box<dyn Error>> {
    let (outcome, records) = execute_recorded(program, input, &Options::default(), &mut Discard)?;
    let image = Image::from(program);
    let statement = Statement {
        exit_code: outcome.exit_code,
        output: outcome.output,
    };
    let run = OneShard::new(&image, &records, &statement, single)?;
    let instruction = |pc| match program.instruction(pc) {
        Some(Ok(instruction)) => instruction,
        _ => unreachable!("{pc:#x} was executed, so it is an instruction"),
    };
    let instances = traces(
        &image,
        &run.part,
        &run.boundary(),
        &records,
        single,
        instruction,
    );
    let airs = airs(&image, &run.part, true);
    let filled = instances.into_iter().map(|instance| {
        let air = &airs[instance.table as usize];
        let height = air.periodic.first().map_or(0, Vec::len);
        let periodic = (0..height).flat_map(|row| air.periodic.iter().map(move |c| c[row]));
        let fixed = air.fixed.as_ref();
        // Rows that fill the table of instructions up repeat the first one, and are counted.
        let used = match instance.table {
            Table::Instructions => instance.trace.height(),
            _ => instance.used,
        };
        Filled {
            table: instance.table,
            rows: fixed.map_or(used, |fixed| fixed.height()),
            trace: canonical(instance.trace.values),
            fixed: fixed.map_or_else(Vec::new, |fixed| canonical(fixed.values.iter().copied())),
            periodic: canonical(periodic),
            periodic_width: air.periodic.len(),
            public: canonical(air.public.iter().copied()),
        }
    });
    Ok(filled.collect())
}

fn canonical(elements: impl IntoIterator<Item = F>) -> Vec<u32> {
    let elements = elements.into_iter();
    elements.map(|element| element.as_canonical_u32()).collect()
}

fn measure(filled: &[Filled], repetitions: usize) -> Result<(), Box<dyn Error>> {
    let plans: Vec<Plan> = Table::ALL.into_iter().map(Plan::of).collect();
    let mut heights = vec![0; Table::ALL.len()];
    let mut inputs = Vec::new();
    let mut messages = 0;
    for filled in filled {
        let index = filled.table as usize;
        heights[index] = filled.rows;
        messages += filled.rows * plans[index].messages.len();
        inputs.push(Input {
            table: filled.table,
            plan: &plans[index],
            cells: Cells {
                height: filled.trace.len() / filled.table.trace_width(),
                trace: &filled.trace,
                trace_width: filled.table.trace_width(),
                fixed: &filled.fixed,
                fixed_width: filled.table.fixed_width(),
                periodic: &filled.periodic,
                periodic_width: filled.periodic_width,
                public: &filled.public,
            },
            height: filled.rows,
        });
    }
    let greatest = heights.iter().max().copied().unwrap_or(1);
    let rows = greatest.next_power_of_two().ilog2().max(16);
    let heights = Heights::new(rows, &plans, &heights);
    let element = |seed: u32| QM31::from_coordinates_fn(|k| F::new(seed * 77 + k as u32));
    let lookups = Lookups {
        local: Fingerprints::new(element(1_000_001), element(2_000_003), 12),
        global: Fingerprints::new(element(3_000_005), element(4_000_007), 12),
    };
    println!(
        "{messages} messages, 2^{rows} rows, depth {}",
        heights.depth()
    );

    let (pool, platform, cancel) = (Pool::new(), Platform::detect(), Cancel::new());
    let mut samples = [Vec::new(), Vec::new()];
    for _ in 0..=repetitions {
        for (threads, samples) in (1..).zip(&mut samples) {
            let workers = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()?;
            let mut transcript = Steps::new();
            let start = Instant::now();
            let tree = workers.install(|| {
                tree::prove::<QM31>(
                    platform,
                    &pool,
                    &heights,
                    &inputs,
                    &lookups,
                    &mut transcript,
                    &cancel,
                )
            })?;
            let nanoseconds = |time: Duration| time.as_secs_f64() * 1e9 / messages as f64;
            let stages = tree.stages;
            samples.push(
                [
                    start.elapsed(),
                    stages.leaves,
                    stages.build,
                    stages.upper,
                    stages.leaf_level,
                ]
                .map(nanoseconds),
            );
            let operations = &mut Operations::default();
            let depth = heights.depth();
            let (global, claim) =
                fractions::check(depth, &tree.proof, &mut Steps::new(), operations)?;
            assert_eq!(claim, tree.claim);
            assert_eq!(
                global.numerator,
                QM31::default(),
                "global messages balance too"
            );
        }
    }
    for (threads, samples) in (1..).zip(&mut samples) {
        report(threads, samples);
    }
    Ok(())
}

/// Prints the median of each stage. The first sample waits for fresh memory, if it is that of the first tree.
fn report(threads: usize, samples: &mut Vec<[f64; 5]>) {
    let first = samples.remove(0);
    let column = |stage: usize| {
        let mut column: Vec<f64> = samples.iter().map(|sample| sample[stage]).collect();
        column.sort_by(f64::total_cmp);
        column
    };
    let median = |stage: usize| column(stage)[samples.len() / 2];
    let all = column(0);
    println!(
        "threads {threads}: {:.2} ns a message (least {:.2}, greatest {:.2}, first {:.2}): leaves {:.2}, building {:.2}, \
         upper levels {:.2}, leaf level {:.2}",
        median(0),
        all[0],
        all[samples.len() - 1],
        first[0],
        median(1),
        median(2),
        median(3),
        median(4),
    );
}
