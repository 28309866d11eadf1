//! Commitment, opening and words of the engine of sums, on arbitrary cells: nanoseconds a cell of each step.
//!
//! ```sh
//! cargo bench -p zonda-prover --bench opening -- 20 112 3
//! ```
//!
//! measures a main matrix of 2^20 rows and 112 columns, three times with one thread and three times with two, in turn.
//! Each proof is verified.

use std::{env, error::Error, time::Instant};

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{F, machine::Table};
use zonda_kernels::{Platform, Pool, Twiddles};
use zonda_prover::{
    Cancel,
    engine::{Commitment, ProverChallenge, matrices, opening, words},
};
use zonda_verifier::{
    Operations, QM31, Sextic,
    steps::Steps,
    sums::{
        heights::Heights,
        multilinear::{self, eq_index},
        opening as checked,
        pages::{LOG_PAGE, Layout, MAIN, committed},
        point::RowPoint,
        words as checked_words,
        words::WordsParameters,
    },
};

const PARAMETERS: WordsParameters = WordsParameters {
    queries: 194,
    query_work_bits: 10,
    fold_work_bits: 4,
    words_work_bits: 8,
    columns_work_bits: 8,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    let [log_height, width, repetitions, degree @ ..] = &arguments[..] else {
        eprintln!("usage: opening LOG_HEIGHT WIDTH REPETITIONS [6]");
        return Ok(());
    };
    let layout = layout(log_height.parse()?, width.parse()?);
    let repetitions = repetitions.parse()?;
    if degree.is_empty() {
        measure::<QM31>(&layout, repetitions)
    } else {
        measure::<Sextic>(&layout, repetitions)
    }
}

/// Tables, from the widest on, that fill a main matrix of this size.
fn layout(log_height: u32, width: usize) -> Layout {
    let mut left = width << (log_height - LOG_PAGE);
    let mut heights = [0; Table::ALL.len()];
    let mut tables = Table::ALL.to_vec();
    tables.sort_by_key(|table| core::cmp::Reverse(committed(*table, MAIN)));
    for table in tables {
        let columns = committed(table, MAIN);
        if columns > 0 && committed(table, 0) + committed(table, 1) + committed(table, 2) == 0 {
            let pages = (left / columns).min(1 << 12);
            heights[table as usize] = (pages << LOG_PAGE) as u32;
            left -= pages * columns;
        }
    }
    Layout::new(&Heights::new(|table| heights[table as usize]))
}

fn element<E: ProverChallenge>(seed: usize) -> E {
    E::from_coordinates_fn(|k| F::from_usize(1_000_003 * seed * (k + 1) + 77 * k + seed * seed))
}

const STEPS: [&str; 10] = [
    "fill",
    "transform",
    "hash",
    "page sums",
    "page values",
    "combination",
    "opening, all",
    "word 1, all",
    "fold by 16",
    "words, all",
];

#[expect(clippy::too_many_lines, reason = "one step after another")]
fn measure<E: ProverChallenge>(layout: &Layout, repetitions: usize) -> Result<(), Box<dyn Error>> {
    let (pool, platform, cancel) = (Pool::new(), Platform::detect(), Cancel::new());
    let matrix = &layout.phases[MAIN];
    let cells = (matrix.width << matrix.log_height) as f64;
    println!(
        "2^{} rows, {} columns, degree {}",
        matrix.log_height,
        matrix.width,
        E::DEGREE
    );
    let mut cells_of_main = vec![0_u32; matrix.width << matrix.log_height];
    let mut state = 1_u32;
    for cell in &mut cells_of_main[..matrix.sequence.pages << LOG_PAGE] {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *cell = (state >> 1).min(0x7fff_fffe);
    }
    let main = &cells_of_main[..];
    let rest = layout.heights.log_rows() as usize - 7;
    let point = RowPoint {
        lanes: core::array::from_fn(|i| element(i + 1)),
        skipped: core::array::from_fn(|i| element(i + 10)),
        rest: (30..30 + rest).map(element).collect(),
    };
    let twiddles = Twiddles::new(layout.log_size() as usize)?;
    let at: Vec<E> = (50..60).map(element).collect();
    let column_weights: Vec<E> = (0..matrix.width).map(|i| element(i + 70)).collect();
    let page_weights: Vec<E> = (0..matrix.sequence.pages)
        .map(|i| element(i + 200))
        .collect();
    let values = values(layout, main, &point);

    let mut samples = [const { [const { Vec::new() }; STEPS.len()] }; 2];
    for _ in 0..=repetitions {
        for (threads, samples) in (1..).zip(&mut samples) {
            let workers = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()?;
            workers.install(|| -> Result<(), Box<dyn Error>> {
                let mut step = 0;
                let mut start = Instant::now();
                let mut lap = |per: f64| {
                    samples[step].push(start.elapsed().as_secs_f64() * 1e9 / per);
                    step += 1;
                    start = Instant::now();
                };
                let mut group = matrices::fill(platform, &pool, main, matrix)?;
                lap(cells);
                let log_height = matrix.log_height as usize;
                matrices::evaluate(platform, &twiddles, &mut group, log_height, &cancel)?;
                lap(cells);
                let commitment = Commitment::of_extended(platform, &pool, vec![group])?;
                lap(cells);
                opening::cells::sums(platform, &[(main, &page_weights)]);
                lap(cells);
                opening::cells::values(platform, main, matrix.sequence.pages, &at);
                lap(cells);
                opening::cells::combine(platform, &pool, main, matrix, &column_weights)?;
                lap(cells);
                let nothing = Commitment::default();
                let input = opening::Input {
                    platform,
                    pool: &pool,
                    layout,
                    words: [&[], &[], &[], main],
                    parameters: &PARAMETERS,
                };
                let mut transcript = Steps::new();
                let opened = opening::prove(&input, &point, &values, &mut transcript, &cancel)?;
                lap(cells);
                let word = &opened.combined[0];
                let count = (2_usize << log_height) as f64;
                let domain = zonda_kernels::Domain::Circle;
                words::Word::new(platform, &pool, &twiddles, word, domain, 4)?;
                lap(count);
                word.fold(platform, &pool, &multilinear::table(&at[..4]))?;
                lap(count);
                let input = words::Input {
                    platform,
                    pool: &pool,
                    twiddles: &twiddles,
                    layout,
                    commitments: [&nothing, &nothing, &nothing, &commitment],
                    parameters: &PARAMETERS,
                };
                let (claims, combined) = (&opened.claims, opened.combined);
                let proof = words::prove(&input, claims, combined, &mut transcript, &cancel)?;
                lap(cells);
                let (steps, operations) = (&mut Steps::new(), &mut Operations::default());
                let start = Instant::now();
                let opening = &opened.proof;
                let claims = checked::check(
                    layout,
                    &PARAMETERS,
                    &point,
                    &values,
                    opening,
                    steps,
                    operations,
                )?;
                let middle = Instant::now();
                let roots = [None, None, None, Some(commitment.root())];
                checked_words::check(
                    layout,
                    &roots,
                    &PARAMETERS,
                    &claims,
                    &proof,
                    steps,
                    operations,
                )?;
                println!(
                    "verified: opening {:?}, words {:?}",
                    middle - start,
                    middle.elapsed()
                );
                Ok(())
            })?;
        }
    }
    for (step, name) in STEPS.iter().enumerate() {
        let median = |samples: &mut Vec<f64>| {
            // The first one waits for fresh memory.
            samples.remove(0);
            samples.sort_by(f64::total_cmp);
            samples[samples.len() / 2]
        };
        let [one, two] = [0, 1].map(|threads: usize| median(&mut samples[threads][step]));
        let what = if matches!(step, 7 | 8) {
            "value of the word"
        } else {
            "cell"
        };
        println!("{name:>14}: {one:.3} ns a {what} with one thread, {two:.3} with two");
    }
    Ok(())
}

/// The values of all columns.
fn values<E: ProverChallenge>(layout: &Layout, main: &[u32], point: &RowPoint<E>) -> Vec<E> {
    let mut values = vec![E::ZERO; layout.values()];
    let low = point.low_weights();
    for chunk in &layout.phases[MAIN].sequence.chunks {
        let first = layout.value(chunk.table, MAIN);
        for column in 0..chunk.columns {
            for page in 0..1 << chunk.log_pages {
                let place = chunk.start + (column << chunk.log_pages) + page;
                let cells = &main[place << LOG_PAGE..][..low.len()];
                let terms = cells.iter().zip(&low);
                let sum: E = terms.map(|(cell, w)| w.mul_base(F::new(*cell))).sum();
                values[first + column] += eq_index(point.pages(), chunk.first + page) * sum;
            }
        }
    }
    values
}
