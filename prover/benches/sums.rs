//! The tree of fractions and the sum over rows on the tables of a real run: nanoseconds a message and a cell.
//!
//! ```sh
//! cargo bench -p zonda-prover --bench sums -- sha256 zeros 5
//! ```
//!
//! measures the guest `sha256` on the input file `zeros`, five times with one thread and five times with two, in
//! turn, in one process. Everything is verified.

use std::{
    env,
    error::Error,
    time::{Duration, Instant},
};

use rayon::{ThreadPool, ThreadPoolBuilder};
use zonda_kernels::{Platform, Pool};
use zonda_prover::{
    Cancel,
    engine::{
        Lookups,
        tree::{self, Input, Slots},
        zerocheck,
    },
};
use zonda_verifier::{
    Machine, Operations, QM31,
    fractions::{self, Claim},
    layout::committed_in_all,
    lookup, rows,
    transcript::Transcript,
};

use crate::common::{Run, lookups};

mod common;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    let [guest, input, repetitions] = &arguments[..] else {
        eprintln!("usage: sums GUEST INPUT REPETITIONS");
        return Ok(());
    };
    let (pool, platform) = (Pool::new(), Platform::detect());
    let run = Run::new(platform, &pool, guest, input)?;
    let repetitions = repetitions.parse()?;
    let claim = measure_tree(platform, &pool, &run, repetitions)?;
    measure_rows(platform, &pool, &run, &claim, repetitions)
}

/// Threads, as many as there shall be.
fn workers(threads: usize) -> Result<ThreadPool, rayon::ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(threads).build()
}

/// Measures the tree. Returns the claim on its leaves.
fn measure_tree(
    platform: Platform,
    pool: &Pool,
    run: &Run,
    repetitions: usize,
) -> Result<Claim<QM31>, Box<dyn Error>> {
    let (lookups, cancel) = (lookups(), Cancel::new());
    let inputs = run.tables().into_iter().map(|columns| Input {
        plan: &run.plans[columns.table as usize],
        columns,
    });
    let inputs: Vec<Input<'_>> = inputs.collect();
    let slots = Slots::new(&run.layout.heights, &run.plans);
    println!(
        "{} messages, 2^{} rows, depth {}",
        run.messages(),
        slots.row_bits,
        slots.depth()
    );
    let mut samples = [Vec::new(), Vec::new()];
    let mut claim = None;
    for _ in 0..=repetitions {
        for (threads, samples) in (1..).zip(&mut samples) {
            let transcript = &mut Transcript::new();
            let start = Instant::now();
            let tree = workers(threads)?.install(|| {
                tree::prove::<QM31>(
                    platform, pool, &slots, &inputs, &lookups, transcript, &cancel,
                )
            })?;
            let stages = tree.stages;
            samples.push([
                start.elapsed(),
                stages.leaves,
                stages.build,
                stages.upper,
                stages.leaf_level,
            ]);
            let (depth, operations) = (slots.depth(), &mut Operations::default());
            let (global, checked) =
                fractions::check(depth, &tree.proof, &mut Transcript::new(), operations)?;
            assert_eq!(checked, tree.claim);
            let total = global.numerator;
            assert_eq!(total, QM31::default(), "global messages balance too");
            claim = Some(checked);
        }
    }
    for (threads, samples) in (1..).zip(&mut samples) {
        report_tree(threads, run.messages(), samples);
    }
    Ok(claim.expect("a tree was proved"))
}

/// Prints the median of each stage. The first sample waits for fresh memory, if it is that of the first tree.
fn report_tree(threads: usize, messages: usize, samples: &mut Vec<[Duration; 5]>) {
    let first = samples.remove(0);
    let column = |stage: usize| {
        let samples = samples.iter();
        let mut column: Vec<f64> = samples.map(|all| of_each(all[stage], messages)).collect();
        column.sort_by(f64::total_cmp);
        column
    };
    let [all, leaves, building, upper, leaf_level] = [0, 1, 2, 3, 4].map(column);
    let median = |column: &[f64]| column[column.len() / 2];
    println!(
        "threads {threads}: {:.2} ns a message (least {:.2}, greatest {:.2}, first {:.2}): leaves {:.2}, building {:.2}, \
         upper levels {:.2}, leaf level {:.2}",
        median(&all),
        all[0],
        all[all.len() - 1],
        of_each(first[0], messages),
        median(&leaves),
        median(&building),
        median(&upper),
        median(&leaf_level),
    );
}

/// Nanoseconds of each of so many.
fn of_each(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() * 1e9 / count as f64
}

/// Measures the sum over rows.
fn measure_rows(
    platform: Platform,
    pool: &Pool,
    run: &Run,
    claim: &Claim<QM31>,
    repetitions: usize,
) -> Result<(), Box<dyn Error>> {
    let (tables, lookups, cancel) = (run.tables(), lookups(), Cancel::new());
    let heights = &run.layout.heights;
    let cells = heights.tables();
    let cells = cells.map(|(table, height)| height as usize * committed_in_all(table));
    let (cells, messages) = (cells.sum::<usize>(), run.messages());
    let known = zerocheck::Known {
        machine: &Machine::new(),
        heights,
        part: &run.part,
        tables: &tables,
        lookups: &lookups,
        claim,
    };
    let mut samples = [Vec::new(), Vec::new()];
    for _ in 0..=repetitions {
        for (threads, samples) in (1..).zip(&mut samples) {
            let start = Instant::now();
            let proved = workers(threads)?.install(|| {
                zerocheck::prove(platform, pool, &known, &mut Transcript::new(), &cancel)
            })?;
            samples.push(start.elapsed());
            verify(run, claim, &lookups, &proved)?;
        }
    }
    for (threads, samples) in (1..).zip(&mut samples) {
        // The first one waits for fresh memory.
        samples.remove(0);
        samples.sort_unstable();
        let of = |sample: Duration| {
            let (cell, message) = (of_each(sample, cells), of_each(sample, messages));
            format!("{cell:.2} ns a cell, {message:.2} a message")
        };
        println!(
            "threads {threads}: {} (least {})",
            of(samples[samples.len() / 2]),
            of(samples[0])
        );
    }
    Ok(())
}

fn verify(
    run: &Run,
    claim: &Claim<QM31>,
    lookups: &Lookups<QM31>,
    proved: &zerocheck::Proved<QM31>,
) -> Result<(), Box<dyn Error>> {
    let [local, global] = [&lookups.local, &lookups.global]
        .map(|own| lookup::Lookup::new(own.offset, own.powers[0], own.powers.len()));
    let (transcript, operations) = (&mut Transcript::new(), &mut Operations::default());
    let known = rows::Known {
        layout: &run.layout,
        machine: &Machine::new(),
        part: &run.part,
        lookups: lookup::Lookups {
            local: &local,
            global: &global,
        },
        claim,
    };
    let (proof, values) = (&proved.proof, &proved.values);
    let point = rows::check(&known, proof, values, transcript, operations)?;
    assert_eq!(point, proved.point);
    Ok(())
}
