//! The sum over rows on the tables of real runs: nanoseconds a cell and a message.
//!
//! ```sh
//! cargo bench -p zonda-prover --bench zerocheck -- sha256 zeros 5
//! ```
//!
//! measures the guest `sha256` on the input file `zeros`, five times with one thread and five times with two, in
//! turn, in one process. Each proof is verified.

use std::{env, error::Error, fs, time::Instant};

use p3_field::PrimeField32;
use p3_matrix::Matrix;
use zonda_circuits::{
    F,
    instances::single,
    machine::{Image, Part, Statement, Table, airs},
    system::powers_of_two::POWERS,
    tape::Plan,
    witness::{OneShard, traces},
};
use zonda_kernels::{Platform, Pool};
use zonda_prover::{
    Cancel,
    engine::{
        Cells, Fingerprints, Lookups,
        pages::{Columns, PAGE, Pages, Source, TableColumns},
        tree::{self, Heights, Input},
        zerocheck,
    },
};
use zonda_riscv_emu::{
    execute::{Discard, Options, execute_recorded},
    program::Program,
};
use zonda_verifier::{
    Challenge, Machine, Operations, QM31, constraints, fractions,
    steps::Steps,
    sums::{
        heights,
        pages::{BOUNDARY, FIXED_GAPS, FIXED_PROGRAM, Layout, MAIN, committed},
        rows,
    },
};

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
        eprintln!("usage: zerocheck GUEST INPUT REPETITIONS");
        return Ok(());
    };
    let guests = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/elf");
    let program = Program::from_elf(&fs::read(format!("{guests}/{guest}.elf"))?)?;
    let (part, filled) = fill(&program, &fs::read(input)?)?;
    measure(&part, &filled, repetitions.parse()?)
}

/// The tables of a whole run.
fn fill(program: &Program, input: &[u8]) -> Result<(Part, Vec<Filled>), Box<dyn Error>> {
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
        let rows = fixed.map_or(used, |fixed| fixed.height());
        let rows = if instance.table == Table::PowersOfTwo {
            POWERS
        } else {
            rows
        };
        Filled {
            table: instance.table,
            rows,
            trace: canonical(instance.trace.values),
            fixed: fixed.map_or_else(Vec::new, |fixed| canonical(fixed.values.iter().copied())),
            periodic: canonical(periodic),
            periodic_width: air.periodic.len(),
            public: canonical(air.public.iter().copied()),
        }
    });
    let filled = filled.filter(|filled| filled.rows > 0).collect();
    Ok((run.part.clone(), filled))
}

fn canonical(elements: impl IntoIterator<Item = F>) -> Vec<u32> {
    let elements = elements.into_iter();
    elements.map(|element| element.as_canonical_u32()).collect()
}

/// The columns of all phases, in pages.
struct Store {
    phases: Vec<Pages>,
    given: Pages,
}

impl Store {
    fn new(
        platform: Platform,
        pool: &Pool,
        part: &Part,
        filled: &[Filled],
    ) -> Result<Self, Box<dyn Error>> {
        let heights = heights(filled);
        let mut phases = Vec::new();
        for (phase, matrix) in Layout::new(&heights).phases.iter().enumerate() {
            let sequence = &matrix.sequence;
            let mut pages = Pages::zeroed(pool, sequence, sequence.pages * PAGE)?;
            let sources = filled.iter().filter(|own| committed(own.table, phase) > 0);
            let sources = sources.map(|own| {
                let (cells, stride) = match phase {
                    FIXED_PROGRAM | FIXED_GAPS => (&own.fixed[..], own.table.fixed_width()),
                    BOUNDARY => (&own.trace[..], own.table.trace_width()),
                    _ => (
                        &own.trace[own.table.boundary_width()..],
                        own.table.trace_width(),
                    ),
                };
                Source {
                    table: own.table,
                    cells,
                    stride,
                    height: own.rows,
                }
            });
            pages.fill(platform, &sources.collect::<Vec<_>>());
            phases.push(pages);
        }
        let given = zerocheck::given_columns(platform, pool, &heights, part)?;
        Ok(Self { phases, given })
    }

    fn tables<'a>(&'a self, filled: &'a [Filled]) -> Vec<TableColumns<'a>> {
        let columns = |own: &'a Filled| {
            let table = own.table;
            let given = self.given.of(table);
            let own_fixed = [FIXED_PROGRAM, FIXED_GAPS].map(|phase| self.phases[phase].of(table));
            let own_fixed = own_fixed.into_iter().find(|columns| columns.width() > 0);
            let is_stated = table == Table::Statement;
            let none = Columns::default();
            TableColumns {
                table,
                height: own.rows,
                fixed: own_fixed.unwrap_or(if is_stated { none } else { given }),
                boundary: self.phases[BOUNDARY].of(table),
                main: if is_stated {
                    given
                } else {
                    self.phases[MAIN].of(table)
                },
                periodic: if is_stated { given } else { none },
                public: &own.public,
            }
        };
        filled.iter().map(columns).collect()
    }
}

fn heights(filled: &[Filled]) -> heights::Heights {
    heights::Heights::new(|table| {
        let own = filled.iter().find(|own| own.table == table);
        own.map_or(0, |own| own.rows as u32)
    })
}

fn measure(part: &Part, filled: &[Filled], repetitions: usize) -> Result<(), Box<dyn Error>> {
    let (pool, platform, cancel) = (Pool::new(), Platform::detect(), Cancel::new());
    let plans: Vec<Plan> = Table::ALL.into_iter().map(Plan::of).collect();
    let heights = heights(filled);
    let store = Store::new(platform, &pool, part, filled)?;
    let tables = store.tables(filled);
    let element = |seed: u32| QM31::from_coordinates_fn(|k| F::new(seed * 77 + k as u32));
    let challenges = [1_000_001, 2_000_003, 3_000_005, 4_000_007].map(element);
    let [z, beta, global_z, global_beta] = challenges;
    let lookups = Lookups {
        local: Fingerprints::new(z, beta, 12),
        global: Fingerprints::new(global_z, global_beta, 12),
    };
    let (mut cells, mut messages) = (0, 0);
    for own in filled {
        let phases = (0..4).map(|phase| committed(own.table, phase));
        cells += own.rows * phases.sum::<usize>();
        messages += own.rows * plans[own.table as usize].messages.len();
    }
    println!(
        "{cells} cells, {messages} messages, 2^{} rows",
        heights.log_rows()
    );
    let machine = Machine::new();
    let claim = leaves(platform, &pool, filled, &plans, &heights, &lookups)?;
    let mut samples = [Vec::new(), Vec::new()];
    for _ in 0..=repetitions {
        for (threads, samples) in (1..).zip(&mut samples) {
            let workers = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()?;
            let mut transcript = Steps::new();
            let start = Instant::now();
            let proved = workers.install(|| {
                let known = zerocheck::Known {
                    machine: &machine,
                    heights: &heights,
                    part,
                    tables: &tables,
                    lookups: &lookups,
                    claim: &claim,
                };
                zerocheck::prove::<QM31>(platform, &pool, &known, &mut transcript, &cancel)
            })?;
            samples.push(start.elapsed().as_secs_f64() * 1e9);
            verify(&heights, part, &claim, &lookups, &proved)?;
        }
    }
    for (threads, samples) in (1..).zip(&mut samples) {
        // The first one waits for fresh memory.
        samples.remove(0);
        samples.sort_by(f64::total_cmp);
        let of = |sample: f64| {
            let (cell, message) = (sample / cells as f64, sample / messages as f64);
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
    heights: &heights::Heights,
    part: &Part,
    claim: &fractions::Claim<QM31>,
    lookups: &Lookups<QM31>,
    proved: &zerocheck::Proved<QM31>,
) -> Result<(), Box<dyn Error>> {
    let [local, global] = [&lookups.local, &lookups.global]
        .map(|own| constraints::Lookup::new(own.offset, own.powers[0], own.powers.len()));
    let lookups = constraints::Lookups {
        local: &local,
        global: &global,
    };
    let (mut transcript, mut operations) = (Steps::new(), Operations::default());
    let known = rows::Known {
        layout: &Layout::new(heights),
        machine: &Machine::new(),
        part,
        lookups,
        claim,
    };
    let (proof, values) = (&proved.proof, &proved.values);
    let point = rows::check(&known, proof, values, &mut transcript, &mut operations)?;
    assert_eq!(point, proved.point);
    Ok(())
}

/// The claim on the leaves in which the tree ends.
fn leaves(
    platform: Platform,
    pool: &Pool,
    filled: &[Filled],
    plans: &[Plan],
    heights: &heights::Heights,
    lookups: &Lookups<QM31>,
) -> Result<fractions::Claim<QM31>, Box<dyn Error>> {
    let inputs = filled.iter().map(|filled| Input {
        table: filled.table,
        plan: &plans[filled.table as usize],
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
    let inputs: Vec<Input<'_>> = inputs.collect();
    let all = Table::ALL.map(|table| heights.of(table) as usize);
    let of_tree = Heights::new(heights.log_rows(), plans, &all);
    let cancel = Cancel::new();
    let mut transcript = Steps::new();
    let tree = tree::prove::<QM31>(
        platform,
        pool,
        &of_tree,
        &inputs,
        lookups,
        &mut transcript,
        &cancel,
    )?;
    Ok(tree.claim)
}
