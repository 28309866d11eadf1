//! The prover, step by step (PROTOCOL.md, section 8).

use std::time::Instant;

use p3_field::PrimeField32;
use rayon::prelude::*;
use zonda_circuits::{F, machine::Table, tape::Plan};
use zonda_kernels::{Group, LINE, Platform, Pool, Transform, Tree, Twiddles, grind};
use zonda_verifier::{
    Layout, Shape, Statement, VerifyingKey,
    circle::{Point, place},
    layout::{Phase, SUMS},
    proof::{Body, FoldOpening, Nonces, Opened, PhaseOpening, Roots},
    protocol::{self, label},
    transcript::Transcript,
};

use super::{
    challenge::ProverChallenge,
    commit::{self, Commitment, Rows},
    deep::{self, powers},
    fold,
    lookup::Fingerprints,
    opened,
    points::Points,
    quotient::{self, Coordinates},
    sums,
    table::{Cells, Extended},
};
use crate::stage::{Clock, Stage};

/// The columns that the program fixes, committed to.
pub struct Fixed {
    /// The tables that have any, the logarithms of their heights, and their cells, row-major,
    /// canonical.
    pub tables: Vec<(Table, usize, Vec<u32>)>,
    /// The extended columns and their tree.
    pub commitment: Commitment,
}

/// Tables to be proved: everything that is not in the key.
pub struct Filled<'a> {
    /// The instances.
    pub shape: &'a Shape,
    /// Each instance's committed cells, row-major, canonical.
    pub cells: Vec<Vec<u32>>,
    /// The periodic columns of the statement's table.
    pub periodic: &'a [Vec<F>],
    /// The public values of the statement's table.
    pub public: &'a [F],
}

/// Why there is no proof of filled tables.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A challenge hit one of the values for which the protocol has no next step.
    #[error("a challenge hit an exceptional value, which has the probability of a lucky guess")]
    Challenge,
}

/// What every stage computes with.
#[derive(Clone)]
pub struct Engine {
    /// The SIMD platform.
    pub platform: Platform,
    /// Buffers for columns.
    pub pool: Pool,
}

impl Default for Engine {
    /// The fastest platform of this machine.
    fn default() -> Self {
        Self {
            platform: Platform::detect(),
            pool: Pool::new(),
        }
    }
}

impl Engine {
    /// Commits to the columns that the program fixes: tables in order, the logarithms of their
    /// heights, and their cells.
    pub fn fix(&self, tables: Vec<(Table, usize, Vec<u32>)>) -> Fixed {
        let widths: Vec<_> = tables
            .iter()
            .map(|(table, log_height, _)| (*log_height as u32, table.fixed_width()))
            .collect();
        let phase = Phase::new(&widths, 0);
        let twiddles = Twiddles::new(phase.log_size() as usize);
        let mut groups = commit::groups(&self.pool, &phase);
        fill_all(&mut groups, &phase, |index, width| Rows {
            cells: &tables[index].2,
            width,
        });
        let commitment = Commitment::of(self.platform, &self.pool, &twiddles, groups);
        Fixed { tables, commitment }
    }

    /// Proves that the tables hold. The proof of tables that do not hold is refused.
    ///
    /// # Errors
    /// See [`EngineError`].
    #[allow(clippy::too_many_lines)]
    pub(crate) fn prove<E: ProverChallenge>(
        &self,
        key: &VerifyingKey,
        fixed: &Fixed,
        statement: &Statement,
        filled: Filled<'_>,
        clock: &mut Clock<'_>,
    ) -> Result<Body<E>, EngineError> {
        let (platform, pool) = (self.platform, &self.pool);
        let parameters = *key.parameters();
        let layout = Layout::new(filled.shape, E::DEGREE);
        let log_height = layout.log_height as usize;
        let log_size = log_height + 1;
        let twiddles = Twiddles::new(log_size);
        let plans: Vec<Plan> = layout.instances.iter().map(|i| Plan::of(i.table)).collect();
        let mut nonces = Nonces::default();

        clock.enter(Stage::Commit);
        // 8.1 Statement and shards.
        let mut transcript = protocol::begin(key, statement, filled.shape);
        nonces.global = self.work(&mut transcript, label::GLOBAL, parameters.global_work_bits);
        protocol::enter_shard::<E>(&mut transcript);

        // 8.2 Main columns.
        let mut groups = commit::groups(pool, layout.main());
        fill_all(&mut groups, layout.main(), |index, width| Rows {
            cells: &filled.cells[index],
            width,
        });
        let main = Commitment::of(platform, pool, &twiddles, groups);
        transcript.absorb(label::MAIN, &main.tree.root());

        // 8.3 Sums.
        clock.enter(Stage::Sums);
        nonces.lookup = self.work(&mut transcript, label::LOOKUP, parameters.lookup_work_bits);
        let z: E = transcript.challenge(label::LOOKUP_Z);
        let beta: E = transcript.challenge(label::LOOKUP_BETA);
        let widest = layout.counts.iter().map(|counts| counts.widest).max();
        let lookups = Fingerprints::new(z, beta, widest.unwrap_or(0));
        let (periodic_rows, public) = stated(&filled);
        let of_statement = |index: usize| layout.instances[index].table == Table::Statement;
        let fixed_of = |table: Table| fixed.tables.iter().find(|(fixed, ..)| *fixed == table);
        let mut groups = commit::groups(pool, layout.sums());
        let mut running = Vec::new();
        for (index, instance) in layout.instances.iter().enumerate() {
            let (table, stated) = (instance.table, of_statement(index));
            let cells = Cells {
                height: 1 << instance.log_height,
                main: &filled.cells[index],
                main_width: table.width(),
                fixed: fixed_of(table).map_or(&[], |(.., cells)| cells),
                fixed_width: table.fixed_width(),
                periodic: if stated { &periodic_rows } else { &[] },
                periodic_width: if stated { filled.periodic.len() } else { 0 },
                public: if stated { &public } else { &[] },
            };
            let span = &layout.sums().spans[index];
            let place = sums::Place {
                group: &mut groups[span.group],
                offset: span.offset,
            };
            let plan = &plans[index];
            let totals = sums::fractions::<E>(platform, pool, table, plan, &cells, &lookups, place)
                .ok_or(EngineError::Challenge)?;
            running.push(totals);
        }
        let periodic_width = filled.periodic.len();
        drop(filled);
        let claims: Vec<E> = running
            .par_iter_mut()
            .map(|totals| sums::run(platform, totals))
            .collect();
        for (span, running) in layout.sums().spans.iter().zip(running) {
            let place = sums::Place {
                group: &mut groups[span.group],
                offset: span.offset + span.width - E::DEGREE,
            };
            sums::put(place, &running);
        }
        let sums = Commitment::of(platform, pool, &twiddles, groups);
        protocol::absorb_sums(&mut transcript, &sums.tree.root(), &claims);

        // 8.4 Quotient.
        clock.enter(Stage::Quotient);
        nonces.constraints = self.work(
            &mut transcript,
            label::CONSTRAINTS,
            parameters.constraints_work_bits,
        );
        let alpha: E = transcript.challenge(label::CONSTRAINTS);
        let periodic = (0..layout.instances.len())
            .find(|index| of_statement(*index))
            .map(|index| {
                let log_height = layout.instances[index].log_height as usize;
                let mut group = commit::empty(pool, log_height, periodic_width);
                let rows = Rows {
                    cells: &periodic_rows,
                    width: periodic_width,
                };
                commit::fill(&mut group, &[rows]);
                let transform = Transform::new(platform, &twiddles);
                transform.extend(&mut group.blocks_mut()[0], log_height);
                group
            });
        let constraint_powers = {
            let mut powers = powers(alpha, layout.constraints());
            powers.reverse();
            powers
        };
        let mut next = 0;
        let instances: Vec<_> = (0..layout.instances.len())
            .map(|index| {
                let counts = &layout.counts[index];
                let first = next;
                next += counts.constraints + counts.sums();
                let stated = of_statement(index);
                quotient::Instance {
                    table: layout.instances[index].table,
                    plan: &plans[index],
                    log_height: layout.instances[index].log_height as usize,
                    fixed: extended(layout.fixed(), &fixed.commitment.groups, index),
                    main: extended(layout.main(), &main.groups, index),
                    sums: extended(layout.sums(), &sums.groups, index),
                    periodic: Extended {
                        group: periodic.as_ref().filter(|_| stated),
                        offset: 0,
                        width: if stated { periodic_width } else { 0 },
                    },
                    public: if stated { &public } else { &[] },
                    claim: claims[index],
                    powers: &constraint_powers[first..next],
                }
            })
            .collect();
        let values = by_height::<E>(pool, log_height, |height, values| {
            for instance in instances.iter().filter(|i| i.log_height == height) {
                quotient::add(platform, instance, &lookups, values);
            }
        });
        drop(instances);
        drop(periodic);
        let whole = quotient::divide(platform, pool, &values, log_height);
        drop(values);
        let halves = self.halves::<E>(whole, &twiddles);
        let quotient = Commitment::of_extended(platform, pool, vec![halves]);
        transcript.absorb(label::QUOTIENT, &quotient.tree.root());

        // 8.5 Out-of-domain point.
        clock.enter(Stage::Open);
        nonces.point = self.work(&mut transcript, label::POINT, parameters.point_work_bits);
        let tau: E = transcript.challenge(label::POINT);
        let (point, before) = protocol::points(&layout, tau).ok_or(EngineError::Challenge)?;
        let phases = [&fixed.commitment, &main, &sums, &quotient];
        let opened = self.open(&layout, phases, point, before)?;
        protocol::absorb_opened(&mut transcript, &opened);

        // 8.6 Batching.
        clock.enter(Stage::Compose);
        nonces.batch = self.work(&mut transcript, label::BATCH, parameters.batch_work_bits);
        let gamma: E = transcript.challenge(label::BATCH);
        let composition = self.compose(&layout, phases, &opened, [point, before], gamma)?;

        // 8.7 Low-degree test.
        clock.enter(Stage::Fold);
        let points = Points::new(log_size);
        let folds = layout.folds();
        let halvings: u32 = folds.iter().sum();
        let fold_twiddles = fold::Twiddles::new(&points, log_size);
        drop(points);
        let mut layers: Vec<(Coordinates, Tree)> = Vec::new();
        let mut values = composition;
        let mut done = 0;
        for log_arity in &folds {
            let tree = {
                let columns: Vec<&[u32]> = values.iter().map(|column| &column[..]).collect();
                Tree::of_codeword(platform, pool, &columns, 1 << log_arity)
            };
            transcript.absorb(label::FOLD, &tree.root());
            nonces
                .folds
                .push(self.work(&mut transcript, label::FOLD, parameters.fold_work_bits));
            let beta: E = transcript.challenge(label::FOLD);
            let arity = *log_arity as usize;
            let folded = fold::fold(pool, &values, &fold_twiddles, done, arity, beta);
            layers.push((values, tree));
            values = folded;
            done += *log_arity as usize;
        }
        debug_assert_eq!(done as u32, halvings);
        let last = fold::coefficients::<E>(&values, &fold_twiddles, done);
        protocol::absorb_last(&mut transcript, &last);

        // Queries.
        nonces.query = self.work(&mut transcript, label::QUERY, parameters.query_work_bits);
        let mut queries = transcript.positions(label::QUERY, parameters.queries, log_size as u32);
        queries.sort_unstable();
        queries.dedup();
        let body = Body {
            shape: Shape(layout.instances.clone()),
            roots: Roots {
                main: main.tree.root(),
                sums: sums.tree.root(),
                quotient: quotient.tree.root(),
            },
            claims,
            opened,
            fold_roots: layers.iter().map(|(_, tree)| tree.root()).collect(),
            last,
            nonces,
            phases: core::array::from_fn(|phase| {
                open_rows(
                    &layout.phases[phase],
                    phases[phase],
                    &queries,
                    log_size as u32,
                )
            }),
            folds: open_folds(&layers, &folds, &queries, log_size as u32),
        };
        clock.leave(Instant::now());
        Ok(body)
    }

    /// Finds the nonce of a proof of work and goes on from it.
    fn work(&self, transcript: &mut Transcript, label: &'static str, bits: u32) -> u64 {
        let mut padded = [0; 16];
        padded[..label.len()].copy_from_slice(label.as_bytes());
        let nonce = grind(self.platform, transcript.state(), &padded, bits as u8);
        let found = transcript.work(label, bits, nonce);
        debug_assert!(found, "the nonce was searched for");
        nonce
    }

    /// The two halves of the quotient, extended, from its values on the extended domain.
    fn halves<E: ProverChallenge>(&self, mut whole: Group, twiddles: &Twiddles) -> Group {
        let transform = Transform::new(self.platform, twiddles).parallel();
        let size = whole.height();
        let log_size = size.ilog2() as usize;
        transform.interpolate(&mut whole.blocks_mut()[0], log_size);
        // The upper half of the coefficients moves beside the lower half.
        const LINES_PER_TASK: usize = 1 << 12;
        let words = LINE * LINES_PER_TASK;
        let lines = &mut whole.blocks_mut()[0];
        let (lower, upper) = lines.split_at_mut(LINE * size / 2);
        let lower = lower.par_chunks_mut(words);
        lower
            .zip(upper.par_chunks(words))
            .for_each(|(lower, upper)| {
                let rows = lower.chunks_exact_mut(LINE).zip(upper.chunks_exact(LINE));
                for (lower, upper) in rows {
                    lower[E::DEGREE..2 * E::DEGREE].copy_from_slice(&upper[..E::DEGREE]);
                }
            });
        transform.evaluate_extended(lines, log_size - 1);
        Group::from_blocks(size, 2 * E::DEGREE, whole.into_blocks())
    }

    /// All columns at the out-of-domain points.
    fn open<E: ProverChallenge>(
        &self,
        layout: &Layout,
        phases: [&Commitment; 4],
        point: Point<E>,
        before: Point<E>,
    ) -> Result<Opened<E>, EngineError> {
        let largest = layout.log_height;
        let mut at_point = vec![E::ZERO; layout.columns()];
        let mut at_before = vec![E::ZERO; layout.columns()];
        let mut heights: Vec<u32> = layout.instances.iter().map(|i| i.log_height()).collect();
        heights.sort_unstable();
        heights.dedup();
        for height in heights {
            let points = Points::new(height as usize + 1);
            let weights = |at: Point<E>| {
                let at = at.double_times(largest - height);
                opened::weights(height as usize, &points, &at).ok_or(EngineError::Challenge)
            };
            let (at, earlier) = (weights(point)?, weights(before)?);
            for (phase, (columns, commitment)) in layout.phases.iter().zip(phases).enumerate() {
                let groups = columns.groups.iter().zip(&commitment.groups);
                for (number, (columns, group)) in groups.enumerate() {
                    if columns.log_height != height {
                        continue;
                    }
                    let values = opened::open(self.platform, group, 0..columns.width, &at);
                    at_point[columns.columns()].copy_from_slice(&values);
                    let spans = columns_of(&layout.phases[phase], number);
                    for span in spans.filter(|_| phase == SUMS) {
                        let range = span.end - E::DEGREE..span.end;
                        let values = opened::open(self.platform, group, range.clone(), &earlier);
                        let first = columns.first;
                        at_before[first + range.start..first + range.end].copy_from_slice(&values);
                    }
                }
            }
        }
        Ok(Opened {
            at_point,
            before: layout
                .opened_before()
                .map(|column| at_before[column])
                .collect(),
        })
    }

    /// The DEEP composition.
    fn compose<E: ProverChallenge>(
        &self,
        layout: &Layout,
        phases: [&Commitment; 4],
        opened: &Opened<E>,
        [point, before]: [Point<E>; 2],
        gamma: E,
    ) -> Result<Coordinates, EngineError> {
        let log_height = layout.log_height as usize;
        let platform = self.platform;
        let columns = layout.columns();
        let powers = powers(gamma, columns + opened.before.len());
        let (at_point, at_before) = powers.split_at(columns);

        let pool = &self.pool;
        let combined = by_height::<E>(pool, log_height, |height, sums| {
            for (columns, commitment) in layout.phases.iter().zip(phases) {
                for (columns, group) in columns.groups.iter().zip(&commitment.groups) {
                    if columns.log_height as usize == height {
                        let powers = &at_point[columns.columns()];
                        deep::combine(platform, group, 0..columns.width, powers, sums);
                    }
                }
            }
        });
        let combined_before = by_height::<E>(pool, log_height, |height, sums| {
            let phase = layout.sums();
            let mut powers = at_before;
            for instance in 0..layout.instances.len() {
                let span = &phase.spans[instance];
                if span.width == 0 {
                    continue;
                }
                let (own, rest) = powers.split_at(E::DEGREE);
                powers = rest;
                if phase.groups[span.group].log_height as usize == height {
                    let end = span.offset + span.width;
                    let group = &phases[SUMS].groups[span.group];
                    deep::combine(platform, group, end - E::DEGREE..end, own, sums);
                }
            }
        });
        let opened = [
            deep::Opened {
                point,
                columns: &combined,
                line: deep::line(&point, at_point.iter().zip(&opened.at_point)),
            },
            deep::Opened {
                point: before,
                columns: &combined_before,
                line: deep::line(&before, at_before.iter().zip(&opened.before)),
            },
        ];
        let points = Points::new(log_height + 1);
        deep::divide(platform, pool, &points, &opened).ok_or(EngineError::Challenge)
    }
}

/// The columns of the instances that stand in group `number` of a phase, by their place in it.
fn columns_of(phase: &Phase, number: usize) -> impl Iterator<Item = core::ops::Range<usize>> {
    let spans = phase.spans.iter();
    spans
        .filter(move |span| span.group == number && span.width > 0)
        .map(|span| span.offset..span.offset + span.width)
}

/// Values on the largest extended domain: what `add` adds for each height, lifted.
fn by_height<E: ProverChallenge>(
    pool: &Pool,
    largest: usize,
    mut add: impl FnMut(usize, &mut Coordinates),
) -> Coordinates {
    let smallest = zonda_circuits::machine::MIN_LOG_HEIGHT;
    let mut values = quotient::zeros::<E>(pool, 2 << smallest);
    add(smallest, &mut values);
    for height in smallest + 1..=largest {
        values = quotient::lift(pool, &values);
        add(height, &mut values);
    }
    values
}

/// Fills the groups of a phase with the columns of its instances.
fn fill_all<'a>(groups: &mut [Group], phase: &Phase, rows: impl Fn(usize, usize) -> Rows<'a>) {
    for (number, group) in groups.iter_mut().enumerate() {
        let spans = phase.spans.iter().enumerate();
        let own = spans.filter(|(_, span)| span.group == number && span.width > 0);
        let matrices: Vec<_> = own.map(|(index, span)| rows(index, span.width)).collect();
        commit::fill(group, &matrices);
    }
}

/// An instance's columns in the groups of a phase.
fn extended<'a>(phase: &Phase, groups: &'a [Group], instance: usize) -> Extended<'a> {
    let span = phase.spans.get(instance).copied().unwrap_or_default();
    Extended {
        group: (span.width > 0).then(|| &groups[span.group]),
        offset: span.offset,
        width: span.width,
    }
}

/// The statement's periodic columns as rows, and its public values, canonical.
fn stated(filled: &Filled<'_>) -> (Vec<u32>, Vec<u32>) {
    let height = filled.periodic.first().map_or(0, Vec::len);
    let rows = (0..height)
        .flat_map(|row| {
            filled
                .periodic
                .iter()
                .map(move |column| column[row].as_canonical_u32())
        })
        .collect();
    let public = filled.public.iter().map(F::as_canonical_u32).collect();
    (rows, public)
}

/// A phase's rows and siblings at sorted, distinct positions of the largest domain.
fn open_rows(
    phase: &Phase,
    commitment: &Commitment,
    queries: &[usize],
    log_size: u32,
) -> PhaseOpening {
    let rows = phase
        .groups
        .iter()
        .zip(&commitment.groups)
        .map(|(columns, group)| {
            let mut positions: Vec<usize> = queries
                .iter()
                .map(|t| t >> (log_size - columns.log_size()))
                .collect();
            positions.dedup();
            let row = |t: usize| {
                let place = place(columns.log_size(), t);
                (0..columns.width).map(move |column| F::new(group.get(place, column)))
            };
            positions.into_iter().flat_map(row).collect()
        })
        .collect();
    let mut positions: Vec<usize> = queries
        .iter()
        .map(|t| t >> (log_size - phase.log_size()))
        .collect();
    positions.dedup();
    PhaseOpening {
        rows,
        siblings: commitment.tree.open(&positions),
    }
}

/// The leaves and siblings of every round of folding.
fn open_folds<E: ProverChallenge>(
    layers: &[(Coordinates, Tree)],
    folds: &[u32],
    queries: &[usize],
    log_size: u32,
) -> Vec<FoldOpening<E>> {
    let mut places: Vec<usize> = queries.iter().map(|t| place(log_size, *t)).collect();
    let mut openings = Vec::new();
    for ((values, tree), log_arity) in layers.iter().zip(folds) {
        let arity = 1 << log_arity;
        places.iter_mut().for_each(|place| *place >>= log_arity);
        places.sort_unstable();
        places.dedup();
        let entry =
            |place: usize| E::from_coordinates_fn(|coordinate| F::new(values[coordinate][place]));
        openings.push(FoldOpening {
            entries: places
                .iter()
                .flat_map(|leaf| (leaf * arity..(leaf + 1) * arity).map(entry))
                .collect(),
            siblings: tree.open(&places),
        });
    }
    openings
}
