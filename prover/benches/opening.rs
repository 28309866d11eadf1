//! Commitment, opening and words, on arbitrary cells: nanoseconds a cell of each step.
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
use zonda_kernels::{Domain, Platform, Pool, Twiddles};
use zonda_prover::{
    Cancel,
    engine::{Commitment, ProverChallenge, commit, opening, words},
};
use zonda_verifier::{
    Operations, QM31, Sextic,
    heights::Heights,
    layout::{LOG_PAGE, Layout, MAIN, PHASES, committed},
    multilinear::{self, eq_index},
    opening as checked,
    opening::OpeningProof,
    point::RowPoint,
    preset::Parameters,
    transcript::Transcript,
    words as checked_words,
    words::WordsProof,
};

type Failure = Box<dyn Error + Send + Sync>;

const PARAMETERS: Parameters = Parameters {
    queries: 194,
    query_work_bits: 10,
    fold_work_bits: 4,
    words_work_bits: 8,
    columns_work_bits: 8,
    global_work_bits: 0,
    lookup_work_bits: 0,
};

fn main() -> Result<(), Failure> {
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

/// Which of them are of the values of a word.
const OF_WORDS: [usize; 2] = [7, 8];

/// What is measured.
struct Subject<'a, E> {
    layout: &'a Layout,
    cells: &'a [u32],
    point: RowPoint<E>,
    values: Vec<E>,
    twiddles: Twiddles,
    platform: Platform,
    pool: Pool,
    cancel: Cancel,
}

fn measure<E: ProverChallenge>(layout: &Layout, repetitions: usize) -> Result<(), Failure> {
    let matrix = &layout.phases[MAIN];
    println!(
        "2^{} rows, {} columns, degree {}",
        matrix.log_height,
        matrix.width,
        E::DEGREE
    );
    let mut cells = vec![0_u32; matrix.width << matrix.log_height];
    let mut state = 1_u32;
    for cell in &mut cells[..matrix.sequence.pages << LOG_PAGE] {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *cell = (state >> 1).min(0x7fff_fffe);
    }
    let rest = layout.heights.log_rows() as usize - 7;
    let point = RowPoint::<E> {
        lanes: core::array::from_fn(|i| element(i + 1)),
        skipped: core::array::from_fn(|i| element(i + 10)),
        rest: (30..30 + rest).map(element).collect(),
    };
    let subject = Subject {
        layout,
        cells: &cells,
        values: values(layout, &cells, &point),
        point,
        twiddles: Twiddles::new(layout.log_size() as usize)?,
        platform: Platform::detect(),
        pool: Pool::new(),
        cancel: Cancel::new(),
    };
    let mut samples = [Vec::new(), Vec::new()];
    for _ in 0..=repetitions {
        for (threads, samples) in (1..).zip(&mut samples) {
            let workers = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()?;
            samples.push(workers.install(|| subject.once())?);
        }
    }
    for (step, name) in STEPS.iter().enumerate() {
        let median = |samples: &[Vec<f64>]| {
            // The first one waits for fresh memory.
            let mut samples: Vec<f64> = samples[1..].iter().map(|sample| sample[step]).collect();
            samples.sort_by(f64::total_cmp);
            samples[samples.len() / 2]
        };
        let [one, two] = samples.each_ref().map(|samples| median(samples));
        let (what, per) = if OF_WORDS.contains(&step) {
            ("value of the word", 2 << matrix.log_height)
        } else {
            ("cell", cells.len())
        };
        let [one, two] = [one, two].map(|seconds| seconds * 1e9 / per as f64);
        println!("{name:>14}: {one:.3} ns a {what} with one thread, {two:.3} with two");
    }
    Ok(())
}

impl<E: ProverChallenge> Subject<'_, E> {
    /// The seconds of each step.
    fn once(&self) -> Result<Vec<f64>, Failure> {
        let Self {
            layout,
            cells,
            platform,
            ref twiddles,
            ref pool,
            ref cancel,
            ..
        } = *self;
        let matrix = &layout.phases[MAIN];
        let mut seconds = Vec::new();
        let mut start = Instant::now();
        let mut lap = |seconds: &mut Vec<f64>| {
            seconds.push(start.elapsed().as_secs_f64());
            start = Instant::now();
        };
        let mut group = commit::fill(platform, pool, cells, matrix)?;
        lap(&mut seconds);
        let log_height = matrix.log_height as usize;
        commit::evaluate(platform, twiddles, &mut group, log_height, cancel)?;
        lap(&mut seconds);
        let commitment = Commitment::new(platform, pool, group)?;
        lap(&mut seconds);
        let weights: Vec<E> = (0..matrix.sequence.pages).map(element).collect();
        lap(&mut Vec::new());
        opening::cells::sums(platform, &[(cells, &weights)]);
        lap(&mut seconds);
        let at: Vec<E> = (50..60).map(element).collect();
        opening::cells::values(platform, cells, matrix.sequence.pages, &at);
        lap(&mut seconds);
        opening::cells::combine(platform, pool, cells, matrix, &weights)?;
        lap(&mut seconds);
        self.prove(&commitment, &mut seconds)?;
        Ok(seconds)
    }

    /// The opening and the words; verified.
    fn prove(&self, commitment: &Commitment, seconds: &mut Vec<f64>) -> Result<(), Failure> {
        let Self {
            layout,
            cells,
            platform,
            ref point,
            ref values,
            ref twiddles,
            ref pool,
            ref cancel,
        } = *self;
        let start = Instant::now();
        let input = opening::Input {
            platform,
            pool,
            layout,
            words: [&[], &[], &[], cells],
            parameters: &PARAMETERS,
        };
        let mut transcript = Transcript::new();
        let opened = opening::prove(&input, point, values, &mut transcript, cancel)?;
        seconds.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        let word = &opened.combined[0];
        words::Word::new(platform, pool, twiddles, word, Domain::Circle, 4)?;
        seconds.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        let weights = multilinear::table(&point.rest[..4]);
        word.fold(platform, pool, &weights)?;
        seconds.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        let nothing = Commitment::default();
        let input = words::Input {
            platform,
            pool,
            twiddles,
            layout,
            commitments: [&nothing, &nothing, &nothing, commitment],
            parameters: &PARAMETERS,
        };
        let (claims, combined) = (&opened.claims, opened.combined);
        let proof = words::prove(&input, claims, combined, &mut transcript, cancel)?;
        seconds.push(start.elapsed().as_secs_f64());
        let roots = [None, None, None, Some(commitment.root())];
        self.verify(&opened.proof, &roots, &proof)
    }

    fn verify(
        &self,
        opening: &OpeningProof<E>,
        roots: &[Option<[u8; 32]>; PHASES],
        words: &WordsProof<E>,
    ) -> Result<(), Failure> {
        let Self {
            layout,
            point,
            values,
            ..
        } = self;
        let (steps, operations) = (&mut Transcript::new(), &mut Operations::default());
        let parameters = &PARAMETERS;
        let start = Instant::now();
        let claims = checked::check(
            layout, parameters, point, values, opening, steps, operations,
        )?;
        let middle = Instant::now();
        checked_words::check(layout, roots, parameters, &claims, words, steps, operations)?;
        let (first, second) = (middle - start, middle.elapsed());
        println!("verified: opening {first:?}, words {second:?}");
        Ok(())
    }
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
