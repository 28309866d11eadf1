//! The prover of one part, step by step (PROTOCOL.md, section 8).

use std::{ops::Deref, time::Instant};

use p3_field::PrimeField32;
use rayon::prelude::*;
use zonda_circuits::{
    F,
    machine::{Part, Table},
    tape::Plan,
};
use zonda_kernels::{
    AllocationError, Buffer, Group, LINE, Platform, Pool, Transform, Tree, Twiddles, grind,
};
use zonda_riscv_emu::allocate::{self, OutOfMemory};
use zonda_verifier::{
    Layout, Shape, VerifyingKey,
    circle::Point,
    layout::{BOUNDARY, FIXED_PROGRAM, PHASES, Phase, SUMS, fixed_phase},
    merkle,
    proof::{Body, Nonces, Opened, Roots},
    protocol::{self, label},
    transcript::Transcript,
};

use super::{
    challenge::ProverChallenge,
    commit::{self, Commitment, Rows},
    deep::{self, powers},
    fixed::Fixed,
    fold,
    global::Global,
    lookup::{Fingerprints, Lookups},
    opened, openings,
    points::Points,
    quotient::{self, Coordinates},
    sums,
    table::{Cells, Extended},
};
use crate::{
    cancel::{Cancel, Cancelled},
    job::Job,
    stage::Stage,
};

/// The tables of a part to be proved: everything that is not in the key.
pub struct Filled {
    /// The instances.
    pub shape: Shape,
    /// Each instance's trace, row-major, canonical: the columns committed before the global
    /// challenge, then those committed after it.
    pub traces: Vec<Buffer>,
    /// The statement of the part.
    pub stated: Part,
}

/// The statement of one instance, canonical.
struct Stated {
    /// Periodic cells, row-major.
    periodic: Vec<u32>,
    /// How many periodic columns there are.
    periodic_width: usize,
    /// The public values.
    public: Vec<u32>,
}

/// Why there is no proof of filled tables.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A challenge hit one of the values for which the protocol has no next step.
    #[error("a challenge hit an exceptional value, which has the probability of a lucky guess")]
    Challenge,
    /// The system refuses memory.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// The work was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<AllocationError> for EngineError {
    fn from(AllocationError { bytes }: AllocationError) -> Self {
        Self::OutOfMemory(OutOfMemory { bytes })
    }
}

/// The tools that every stage computes with.
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
    /// Commits to the columns of a part that come before the global challenge.
    ///
    /// # Errors
    /// If the work is to stop, or memory is refused.
    pub(crate) fn commit_boundary(
        &self,
        shape: &Shape,
        traces: &[impl Deref<Target = [u32]> + Sync],
        stride: impl Fn(Table) -> usize,
        cancel: &Cancel,
    ) -> Result<Commitment, EngineError> {
        // The challenge field plays no part in this phase.
        let layout = Layout::new(shape, 1);
        let phase = layout.boundary();
        let twiddles = Twiddles::new(phase.log_size() as usize)?;
        let mut groups = commit::groups(&self.pool, phase)?;
        commit::fill_all(&mut groups, phase, |index, width| Rows {
            cells: &traces[index],
            stride: stride(layout.instances[index].table),
            columns: 0..width,
        });
        Commitment::of(self.platform, &self.pool, &twiddles, groups, cancel)
    }

    /// Proves that the tables of part `index` of a run hold. The proof of tables that do not hold is
    /// refused. `boundary` is what [`Self::commit_boundary`] gives for these tables.
    ///
    /// # Errors
    /// See [`EngineError`].
    #[allow(clippy::too_many_arguments, clippy::too_many_lines)]
    pub(crate) fn prove_part<E: ProverChallenge>(
        &self,
        key: &VerifyingKey,
        fixed: &Fixed,
        global: &Global,
        index: u32,
        boundary: &Commitment,
        filled: Filled,
        job: &mut Job<'_>,
    ) -> Result<Body<E>, EngineError> {
        let (platform, pool) = (self.platform, &self.pool);
        let cancel = &job.cancel().clone();
        let parameters = *key.parameters();
        let Filled {
            shape,
            traces,
            stated,
        } = filled;
        let layout = Layout::new(&shape, E::DEGREE);
        let log_height = layout.log_height as usize;
        let log_size = log_height + 1;
        let twiddles = Twiddles::new(log_size)?;
        let plans: Vec<Plan> = layout.instances.iter().map(|i| Plan::of(i.table)).collect();
        let instances = layout.instances.iter();
        let stated = instances.map(|instance| Stated::of(instance.table, &stated));
        let stated: Vec<Stated> = stated.collect::<Result<_, _>>()?;
        let mut nonces = Nonces::default();
        let none = Commitment::default();
        // A phase that the part does not have has no columns.
        let fixed_phases: [&Commitment; BOUNDARY] = core::array::from_fn(|phase| {
            let is_there = !layout.phases[phase].groups.is_empty();
            let fixed = fixed.phase(phase).filter(|_| is_there);
            fixed.map_or(&none, |fixed| &fixed.commitment)
        });

        job.enter(Stage::Commit)?;
        // 8.2 Main columns.
        let (mut transcript, global) = global.enter::<E>(index);
        let mut groups = commit::groups(pool, layout.main())?;
        commit::fill_all(&mut groups, layout.main(), |index, _| {
            let table = layout.instances[index].table;
            Rows {
                cells: &traces[index],
                stride: table.trace_width(),
                columns: table.boundary_width()..table.trace_width(),
            }
        });
        let main = Commitment::of(platform, pool, &twiddles, groups, cancel)?;
        transcript.absorb(label::MAIN, &main.root());

        // 8.3 Sums.
        job.enter(Stage::Sums)?;
        nonces.lookup = self.work(&mut transcript, label::LOOKUP, parameters.lookup_work_bits);
        let z: E = transcript.challenge(label::LOOKUP_Z);
        let beta: E = transcript.challenge(label::LOOKUP_BETA);
        let widest = layout.counts.iter().map(|counts| counts.widest).max();
        let widest = widest.unwrap_or(0);
        let lookups = Lookups {
            local: Fingerprints::new(z, beta, widest),
            global: Fingerprints::new(global.z, global.beta, widest),
        };
        let mut groups = commit::groups(pool, layout.sums())?;
        let mut running = Vec::new();
        for (index, instance) in layout.instances.iter().enumerate() {
            job.check()?;
            let table = instance.table;
            let cells = Cells {
                height: 1 << instance.log_height,
                trace: &traces[index],
                trace_width: table.trace_width(),
                fixed: fixed.cells(table),
                fixed_width: table.fixed_width(),
                periodic: &stated[index].periodic,
                periodic_width: stated[index].periodic_width,
                public: &stated[index].public,
            };
            let span = &layout.sums().spans[index];
            let place = sums::Place {
                group: &mut groups[span.group],
                offset: span.offset,
            };
            let plan = &plans[index];
            let totals =
                sums::fractions::<E>(platform, pool, table, plan, &cells, &lookups, place, cancel);
            running.push(totals?);
        }
        drop(traces);
        let claims: Vec<Vec<E>> = running
            .par_iter_mut()
            .map(|totals| {
                totals
                    .iter_mut()
                    .map(|totals| sums::run(platform, totals))
                    .collect()
            })
            .collect();
        for (span, totals) in layout.sums().spans.iter().zip(&running) {
            for totals in totals {
                let place = sums::Place {
                    group: &mut groups[span.group],
                    offset: span.offset,
                };
                sums::put(place, totals);
            }
        }
        drop(running);
        job.check()?;
        let sums = Commitment::of(platform, pool, &twiddles, groups, cancel)?;
        let all_claims: Vec<E> = claims.iter().flatten().copied().collect();
        protocol::absorb_sums(&mut transcript, &sums.root(), &all_claims);

        // 8.4 Quotient.
        job.enter(Stage::Quotient)?;
        nonces.constraints = self.work(
            &mut transcript,
            label::CONSTRAINTS,
            parameters.constraints_work_bits,
        );
        let alpha: E = transcript.challenge(label::CONSTRAINTS);
        let periodic: Vec<Option<Group>> = stated
            .iter()
            .zip(&layout.instances)
            .map(|(stated, instance)| {
                let width = stated.periodic_width;
                let log_height = instance.log_height as usize;
                if width == 0 {
                    return Ok(None);
                }
                let mut group = commit::empty(pool, log_height, width)?;
                commit::fill(&mut group, &[Rows::whole(&stated.periodic, width)]);
                let transform = Transform::new(platform, &twiddles);
                transform.extend(&mut group.blocks_mut()[0], log_height);
                Ok(Some(group))
            })
            .collect::<Result<_, AllocationError>>()?;
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
                let instance = &layout.instances[index];
                let phase = fixed_phase(instance.table.role()).unwrap_or(FIXED_PROGRAM);
                quotient::Instance {
                    table: instance.table,
                    plan: &plans[index],
                    log_height: instance.log_height as usize,
                    fixed: extended(&layout.phases[phase], &fixed_phases[phase].groups, index),
                    boundary: extended(layout.boundary(), &boundary.groups, index),
                    main: extended(layout.main(), &main.groups, index),
                    sums: extended(layout.sums(), &sums.groups, index),
                    periodic: Extended {
                        group: periodic[index].as_ref(),
                        offset: 0,
                        width: stated[index].periodic_width,
                    },
                    public: &stated[index].public,
                    claims: &claims[index],
                    powers: &constraint_powers[first..next],
                }
            })
            .collect();
        let values = by_height::<E>(pool, log_height, |height, values| {
            for instance in instances.iter().filter(|i| i.log_height == height) {
                quotient::add(platform, instance, &lookups, values, cancel);
            }
        })?;
        drop(instances);
        drop(periodic);
        cancel.check()?;
        let whole = quotient::divide(platform, pool, &values, log_height)?;
        drop(values);
        let halves = self.halves::<E>(whole, &twiddles);
        let quotient = Commitment::of_extended(platform, pool, vec![halves])?;
        transcript.absorb(label::QUOTIENT, &quotient.root());

        // 8.5 Out-of-domain point.
        job.enter(Stage::Open)?;
        nonces.point = self.work(&mut transcript, label::POINT, parameters.point_work_bits);
        let tau: E = transcript.challenge(label::POINT);
        let (point, before) = protocol::points(&layout, tau).ok_or(EngineError::Challenge)?;
        let [lookup, program, gaps] = fixed_phases;
        let phases = [lookup, program, gaps, boundary, &main, &sums, &quotient];
        let opened = self.open(&layout, phases, point, before, cancel)?;
        protocol::absorb_opened(&mut transcript, &opened);

        // 8.6 Batching.
        job.enter(Stage::Compose)?;
        nonces.batch = self.work(&mut transcript, label::BATCH, parameters.batch_work_bits);
        let gamma: E = transcript.challenge(label::BATCH);
        let composition = self.compose(&layout, phases, &opened, [point, before], gamma, cancel)?;

        // 8.7 Low-degree test.
        job.enter(Stage::Fold)?;
        let points = Points::new(platform, log_size)?;
        let folds = layout.folds();
        let halvings: u32 = folds.iter().sum();
        let fold_twiddles = fold::Twiddles::new(&points, log_size)?;
        drop(points);
        let mut layers: Vec<(Coordinates, Tree)> = Vec::new();
        let mut values = composition;
        let mut done = 0;
        for log_arity in &folds {
            let tree = {
                let columns: Vec<&[u32]> = values.iter().map(|column| &column[..]).collect();
                Tree::of_codeword(platform, pool, &columns, 1 << log_arity)?
            };
            transcript.absorb(label::FOLD, &tree.root());
            nonces
                .folds
                .push(self.work(&mut transcript, label::FOLD, parameters.fold_work_bits));
            let beta: E = transcript.challenge(label::FOLD);
            cancel.check()?;
            let arity = *log_arity as usize;
            let folded = fold::fold(pool, &values, &fold_twiddles, done, arity, beta)?;
            layers.push((values, tree));
            values = folded;
            done += *log_arity as usize;
        }
        debug_assert_eq!(done as u32, halvings);
        let last = fold::coefficients::<E>(&values, &fold_twiddles, done);
        protocol::absorb_last(&mut transcript, &last);

        // Queries.
        nonces.query = self.work(&mut transcript, label::QUERY, parameters.query_work_bits);
        let queries = transcript.positions(label::QUERY, parameters.queries, log_size as u32);
        let queries = merkle::distinct(&queries, 0);
        let body = Body {
            roots: Roots {
                main: main.root(),
                sums: sums.root(),
                quotient: quotient.root(),
            },
            claims: all_claims,
            opened,
            fold_roots: layers.iter().map(|(_, tree)| tree.root()).collect(),
            last,
            nonces,
            phases: core::array::from_fn(|phase| {
                let layout = &layout.phases[phase];
                openings::rows(layout, phases[phase], &queries, log_size as u32)
            }),
            folds: {
                let rounds = layers.iter().zip(&folds);
                let rounds = rounds.map(|((values, tree), fold)| (values, tree, *fold));
                openings::folds(rounds, &queries, log_size as u32)
            },
        };
        job.leave(Instant::now());
        Ok(body)
    }

    /// Finds the nonce of a proof of work and goes on from it.
    pub(crate) fn work(&self, transcript: &mut Transcript, label: &'static str, bits: u32) -> u64 {
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
        phases: [&Commitment; PHASES],
        point: Point<E>,
        before: Point<E>,
        cancel: &Cancel,
    ) -> Result<Opened<E>, EngineError> {
        let largest = layout.log_height;
        let mut at_point = vec![E::ZERO; layout.columns()];
        let mut at_before = vec![E::ZERO; layout.columns()];
        let mut heights: Vec<u32> = layout.instances.iter().map(|i| i.log_height()).collect();
        heights.sort_unstable();
        heights.dedup();
        for height in heights {
            let points = Points::new(self.platform, height as usize + 1)?;
            let weights = |at: Point<E>| {
                let at = at.double_times(largest - height);
                opened::weights(self.platform, &self.pool, height as usize, &points, &at)
            };
            let (at, earlier) = (weights(point)?, weights(before)?);
            for (phase, (columns, commitment)) in layout.phases.iter().zip(phases).enumerate() {
                let groups = columns.groups.iter().zip(&commitment.groups);
                for (columns, group) in groups {
                    if columns.log_height != height {
                        continue;
                    }
                    cancel.check()?;
                    let values = opened::open(self.platform, group, 0..columns.width, &at);
                    at_point[columns.columns()].copy_from_slice(&values);
                    let first = columns.first;
                    let sums = layout.running_sums().filter(|_| phase == SUMS);
                    for sum in sums.filter(|sum| columns.columns().contains(&sum.columns.start)) {
                        let range = sum.columns.start - first..sum.columns.end - first;
                        let values = opened::open(self.platform, group, range, &earlier);
                        at_before[sum.columns].copy_from_slice(&values);
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
        phases: [&Commitment; PHASES],
        opened: &Opened<E>,
        [point, before]: [Point<E>; 2],
        gamma: E,
        cancel: &Cancel,
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
                    if columns.log_height as usize == height && !cancel.is_cancelled() {
                        let powers = &at_point[columns.columns()];
                        deep::combine(platform, group, 0..columns.width, powers, sums);
                    }
                }
            }
        })?;
        let combined_before = by_height::<E>(pool, log_height, |height, values| {
            let groups = layout.sums().groups.iter().zip(&phases[SUMS].groups);
            for (columns, group) in groups.filter(|(c, _)| c.log_height as usize == height) {
                let sums = layout.running_sums().zip(at_before.chunks_exact(E::DEGREE));
                for (sum, powers) in sums {
                    if columns.columns().contains(&sum.columns.start) {
                        let first = columns.first;
                        let range = sum.columns.start - first..sum.columns.end - first;
                        deep::combine(platform, group, range, powers, values);
                    }
                }
            }
        })?;
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
        cancel.check()?;
        let points = Points::new(platform, log_height + 1)?;
        deep::divide(platform, pool, &points, &opened)?.ok_or(EngineError::Challenge)
    }
}

/// Values on the largest extended domain: what `add` adds for each height, lifted.
fn by_height<E: ProverChallenge>(
    pool: &Pool,
    largest: usize,
    mut add: impl FnMut(usize, &mut Coordinates),
) -> Result<Coordinates, AllocationError> {
    let smallest = zonda_circuits::machine::MIN_LOG_HEIGHT;
    let mut values = quotient::zeros::<E>(pool, 2 << smallest)?;
    add(smallest, &mut values);
    for height in smallest + 1..=largest {
        values = quotient::lift(pool, &values)?;
        add(height, &mut values);
    }
    Ok(values)
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

/// Bytes of a row of the statement's periodic columns.
const PERIODIC_BYTES: usize = 4 * size_of::<F>();

impl Stated {
    fn of(table: Table, part: &Part) -> Result<Self, OutOfMemory> {
        if let (Table::Statement, Some(execution)) = (table, &part.execution) {
            // The verifier makes the same columns, and has no such error.
            allocate::expect(PERIODIC_BYTES * execution.output.len().next_power_of_two())?;
        }
        let periodic = table.periodic(part);
        let height = periodic.first().map_or(0, Vec::len);
        let row = |row| periodic.iter().map(move |column| column[row]);
        let mut cells = allocate::with_capacity(periodic.len() * height)?;
        cells.extend(
            (0..height)
                .flat_map(row)
                .map(|cell| cell.as_canonical_u32()),
        );
        let public = table.public(part);
        Ok(Self {
            periodic: cells,
            periodic_width: periodic.len(),
            public: public.iter().map(F::as_canonical_u32).collect(),
        })
    }
}
