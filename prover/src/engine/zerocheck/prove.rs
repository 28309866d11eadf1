//! The sum over rows, round by round.

use rayon::prelude::*;
use zonda_circuits::{
    F,
    machine::{Part, Table},
};
use zonda_kernels::{Buffer, Kernel, LINE, Platform, Pool};
use zonda_verifier::{
    Challenge, Machine, Operations,
    combination::{Combination, LeafPoint, slot_bits},
    fractions::Claim,
    heights::Heights,
    lookup,
    multilinear::table as eq_table,
    nodes::{NODES, SKIP_VALUES, lagrange},
    point::{LANE_BITS, RowPoint},
    protocol::label,
    rows::{Coordinates, RowsProof, end, next},
    transcript::Transcript,
};

use super::{
    super::{columns::TableColumns, pages::PAGE, tree::blocks::block_words},
    rounds::{self, Blocks, Folded, FromCells, Round, Skipped, Stored},
    skip::{self, Extension, Skip},
    sums::{Eq, TASK, add, page, range, total},
    values::{LINES, PAGES, Values},
    weights::Prepared,
};
use crate::{
    cancel::Cancel,
    engine::{
        EngineError,
        challenge::{ProverChallenge, weight},
        lookup::{Fingerprints, Lookups},
    },
};

/// What is known before the sum.
#[derive(Clone, Copy)]
pub struct Known<'a, E> {
    /// The machine.
    pub machine: &'a Machine,
    /// How many rows each table has.
    pub heights: &'a Heights,
    /// The statement of the part.
    pub part: &'a Part,
    /// The tables that have rows, in order.
    pub tables: &'a [TableColumns<'a>],
    /// The challenges of the messages.
    pub lookups: &'a Lookups<E>,
    /// The claim on the leaves.
    pub claim: &'a Claim<E>,
}

/// A sum over rows that was proved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proved<E> {
    /// All that is sent of it.
    pub proof: RowsProof<E>,
    /// The values of all committed columns. The opening sends them.
    pub values: Vec<E>,
    /// Where the columns have these values.
    pub point: RowPoint<E>,
}

/// Proves a claim on leaves, and that all constraints hold, down to the values of all columns at one point. The values
/// are not sent.
///
/// What comes of tables that do not satisfy their statements is refused by a verifier.
///
/// # Errors
/// If a challenge hit an exceptional value, the system refuses memory, or the work is to stop.
///
/// # Panics
/// If the tables are not those that the heights give rows, or the claim is about other leaves.
pub fn prove<E: ProverChallenge>(
    platform: Platform,
    pool: &Pool,
    known: &Known<'_, E>,
    transcript: &mut Transcript,
    cancel: &Cancel,
) -> Result<Proved<E>, EngineError> {
    let Known {
        machine, heights, ..
    } = *known;
    let leaf = LeafPoint::new(known.claim, heights.log_rows(), slot_bits(machine));
    let leaf = leaf.expect("a claim on the leaves of these heights");
    let [local, global] = [&known.lookups.local, &known.lookups.global].map(challenges);
    let combination = Combination {
        machine,
        leaf: &leaf,
        lookups: lookup::Lookups {
            local: &local,
            global: &global,
        },
        alpha: transcript.challenge(label::ALPHA),
    };
    let operations = &mut Operations::default();
    let value = &known.claim.value;
    let claim = combination.claim(heights, known.part, value, operations);
    let claim = claim.expect("a power of beta for each field");
    let tables: Vec<(Table, u32)> = heights.tables().collect();
    assert_eq!(tables.len(), known.tables.len());
    let prepared = tables.par_iter().zip(known.tables).map(|(own, columns)| {
        let (table, height) = (own.0, own.1 as usize);
        assert_eq!((table, height), (columns.table, columns.height));
        Prepared::new(table, height, known.part, &combination, known.lookups)
    });
    let mut proving = Proving {
        platform,
        pool,
        tables: known.tables,
        prepared: prepared.collect(),
        rows: Coordinates::new(&leaf.rows),
        sum: claim.sum,
        challenges: Vec::new(),
        proof: RowsProof::default(),
        transcript,
        cancel,
    };
    let (affine, skipped) = proving.skip()?;
    cancel.check()?;
    let mut blocks = proving.enter(affine, &skipped)?;
    cancel.check()?;
    for round in 1..proving.rows.rest.len() {
        blocks = proving.fold(blocks, round)?;
        cancel.check()?;
    }
    let values = proving.lanes(&blocks)?;
    cancel.check()?;
    proving.finish(skipped.xi, &values)
}

fn challenges<E: Challenge>(own: &Fingerprints<E>) -> lookup::Lookup<E> {
    let beta = own.powers.first().copied().unwrap_or_default();
    lookup::Lookup::new(own.offset, beta, own.powers.len())
}

/// A sum over rows that is being proved.
struct Proving<'a, E: ProverChallenge> {
    platform: Platform,
    pool: &'a Pool,
    tables: &'a [TableColumns<'a>],
    prepared: Vec<Prepared<E>>,
    /// The coordinates of the claim.
    rows: Coordinates<'a, E>,
    /// The sum that is still to be shown.
    sum: E,
    challenges: Vec<E>,
    proof: RowsProof<E>,
    transcript: &'a mut Transcript,
    cancel: &'a Cancel,
}

/// The challenge of the first round.
struct Xi<E: ProverChallenge> {
    xi: E,
    weights: Skipped<E>,
}

impl<E: ProverChallenge> Proving<'_, E> {
    /// Runs kernels, and adds up their sums. When the work is to stop, they are not all there.
    fn run<K: Kernel<Output = Vec<u32>> + Send>(&self, tasks: Vec<K>) -> Vec<u32> {
        let work = |task: K| {
            if self.cancel.is_cancelled() {
                Vec::new()
            } else {
                self.platform.run(task)
            }
        };
        tasks.into_par_iter().map(work).reduce(Vec::new, add)
    }

    /// The first round. Returns the affine part of all rows of each table.
    fn skip(&mut self) -> Result<(Vec<Buffer>, Xi<E>), EngineError> {
        let eq = Eq::new(self.rows.rest);
        let extension = Extension::new();
        let lanes = eq_table(self.rows.lanes);
        let words = NODES * block_words(E::DEGREE);
        let groups = self.prepared.iter().map(|own| skip::groups(own.height));
        let affine = groups.map(|groups| self.pool.take(groups * words));
        let mut affine = affine.collect::<Result<Vec<Buffer>, _>>()?;
        let mut tasks = Vec::new();
        for ((table, prepared), affine) in self.tables.iter().zip(&self.prepared).zip(&mut affine) {
            let groups = skip::groups(prepared.height);
            let chunks = affine.chunks_mut(skip::affine_words(E::DEGREE));
            for (task, affine) in chunks.enumerate() {
                tasks.push(Skip {
                    table,
                    prepared,
                    extension: &extension,
                    groups: range(task, groups),
                    low: &eq.low,
                    high: eq.high[task],
                    affine,
                });
            }
        }
        let sums = self.run(tasks);
        let values = skip::polynomial(&sums, &self.prepared, &lanes, self.rows.rest);
        let xi: E = self.transcript.exchange(label::SKIP, &values);
        let terms = lagrange(SKIP_VALUES, xi);
        self.sum = terms.iter().zip(&values).map(|(l, s)| *l * *s).sum();
        self.proof.skip = values;
        let real = lagrange(NODES, xi);
        let weights = Skipped {
            weights: core::array::from_fn(|i| weight(&real[i])),
            scalars: core::array::from_fn(|i| real[i].scalar()),
        };
        Ok((affine, Xi { xi, weights }))
    }

    /// The round of the first of the other bits: groups become blocks.
    fn enter(&mut self, affine: Vec<Buffer>, xi: &Xi<E>) -> Result<Vec<Buffer>, EngineError> {
        let tables = self.tables.iter().zip(&self.prepared).zip(&affine);
        let sources = tables.map(|((table, prepared), affine)| FromCells {
            pages: (0..prepared.height.div_ceil(PAGE))
                .map(|number| page(table, prepared.kept.iter().copied(), number))
                .collect(),
            affine,
            skipped: &xi.weights,
            groups: skip::groups(prepared.height),
        });
        let sources: Vec<_> = sources.collect();
        let (blocks, sums) = self.pass(&sources, 0)?;
        let pairs = pairs(&sources);
        self.round(&sums, 0, &pairs)?;
        Ok(blocks)
    }

    /// The round of one of the other bits: blocks are folded with the challenge of the round before.
    fn fold(&mut self, blocks: Vec<Buffer>, round: usize) -> Result<Vec<Buffer>, EngineError> {
        let sources = self.folded(&blocks);
        let (folded, sums) = self.pass(&sources, round)?;
        self.round(&sums, round, &pairs(&sources))?;
        Ok(folded)
    }

    fn folded<'b>(&self, blocks: &'b [Buffer]) -> Vec<Folded<'b, E>> {
        let r = self.challenges.last().map_or(E::ZERO, |r| *r).scalar();
        let tables = self.prepared.iter().zip(blocks);
        let source = tables.map(|(prepared, blocks)| Folded {
            blocks,
            columns: prepared.kept.len() + 1,
            r,
        });
        source.collect()
    }

    /// Makes the blocks of each table, and sums over their pairs.
    fn pass<B: Blocks<E> + Sync>(
        &self,
        sources: &[B],
        round: usize,
    ) -> Result<(Vec<Buffer>, Vec<u32>), EngineError> {
        let eq = Eq::new(self.rows.rest.get(round + 1..).unwrap_or_default());
        let words = |prepared: &Prepared<E>| (prepared.kept.len() + 1) * block_words(E::DEGREE);
        let tables = self.prepared.iter().zip(sources);
        let buffers = tables.map(|(own, source)| self.pool.take(source.count() * words(own)));
        let mut buffers = buffers.collect::<Result<Vec<Buffer>, _>>()?;
        let mut tasks = Vec::new();
        for ((prepared, from), to) in self.prepared.iter().zip(sources).zip(&mut buffers) {
            let pairs = from.count().div_ceil(2);
            let chunks = to.chunks_mut(2 * TASK * words(prepared));
            for (task, to) in chunks.enumerate() {
                tasks.push(Round {
                    prepared,
                    from,
                    pairs: range(task, pairs),
                    to: Some(to),
                    low: &eq.low,
                    high: eq.high[task],
                });
            }
        }
        let sums = self.run(tasks);
        Ok((buffers, sums))
    }

    /// Sends the polynomial of one of the other bits above the lanes; each table has so many pairs of blocks.
    fn round(&mut self, sums: &[u32], round: usize, pairs: &[usize]) -> Result<(), EngineError> {
        let lanes = eq_table(self.rows.lanes);
        let rest = &self.rows.rest[round + 1..];
        let polynomial = rounds::polynomial(sums, &self.prepared, &lanes, rest, pairs);
        self.send(polynomial)
    }

    /// Sends a round's polynomial, given its value at 0 and its coefficients.
    fn send(&mut self, [at_zero, e, f]: [E; 3]) -> Result<(), EngineError> {
        let coordinate = self.rows.order().nth(self.challenges.len());
        let coordinate = coordinate.ok_or(EngineError::Challenge)?;
        let inverse = coordinate.try_inverse().ok_or(EngineError::Challenge)?;
        let round = [(self.sum - at_zero) * inverse, e, f];
        let r = self.transcript.exchange(label::ROW, &round);
        self.sum = next(self.sum, round, coordinate, r);
        self.proof.rounds.push(round);
        self.challenges.push(r);
        Ok(())
    }

    /// The rounds of the lanes: each table is one block. Returns the values of its kept columns.
    fn lanes(&mut self, blocks: &[Buffer]) -> Result<Vec<Vec<E>>, EngineError> {
        let sources = self.folded(blocks);
        let (blocks, _) = self.pass(&sources, self.rows.rest.len())?;
        // By table, column and lane.
        let mut columns: Vec<Vec<Vec<E>>> = blocks.iter().map(|block| elements(block)).collect();
        let one = [E::ONE.scalar()];
        for bit in 0..LANE_BITS {
            let pairs: Vec<Vec<u32>> = columns.iter().map(|own| pair_of_blocks(own)).collect();
            let tables = self.prepared.iter().zip(&pairs);
            let sources = tables.map(|(prepared, blocks)| Stored {
                blocks,
                columns: prepared.kept.len() + 1,
            });
            let sources: Vec<Stored<'_>> = sources.collect();
            let tables = self.prepared.iter().zip(&sources);
            let tasks = tables.map(|(prepared, from)| Round {
                prepared,
                from,
                pairs: 0..1,
                to: None,
                low: &one,
                high: one[0],
            });
            let tasks = tasks.collect();
            let sums = self.run::<Round<'_, E, _>>(tasks);
            let lanes = eq_table(&self.rows.lanes[bit + 1..]);
            let pairs = vec![1; self.prepared.len()];
            let polynomial = rounds::polynomial(&sums, &self.prepared, &lanes, &[], &pairs);
            self.send(polynomial)?;
            let r = self.challenges.last().map_or(E::ZERO, |r| *r);
            for column in columns.iter_mut().flatten() {
                *column = column.chunks(2).map(|p| p[0] + r * (p[1] - p[0])).collect();
            }
        }
        let first = |own: Vec<Vec<E>>| own.into_iter().map(|column| column[0]).collect();
        Ok(columns.into_iter().map(first).collect())
    }

    /// The values of all columns, given those of the kept ones.
    fn finish(self, xi: E, kept: &[Vec<E>]) -> Result<Proved<E>, EngineError> {
        let point = end(xi, &self.challenges);
        let others = self.others(&point);
        self.cancel.check()?;
        let mut values = Vec::new();
        for ((prepared, kept), others) in self.prepared.iter().zip(kept).zip(&others) {
            for column in prepared.committed.clone() {
                let place = |columns: &[usize]| columns.binary_search(&column).ok();
                let own = place(&prepared.kept).map(|place| kept[place]);
                values.extend(own.or_else(|| place(&prepared.others).map(|place| others[place])));
            }
        }
        Ok(Proved {
            proof: self.proof,
            values,
            point,
        })
    }

    /// The values of the columns that are not kept.
    fn others(&self, point: &RowPoint<E>) -> Vec<Vec<E>> {
        let inner = eq_table(point.inner());
        let lines = inner
            .iter()
            .flat_map(|inner| point.skipped.iter().map(|s| *inner * *s));
        let lines: Vec<_> = lines.map(|line| weight(&line)).collect();
        debug_assert_eq!(lines.len(), LINES);
        let weights: Vec<E::Scalar> = eq_table(point.pages()).iter().map(E::scalar).collect();
        let lanes = eq_table(&point.lanes);
        let tables = self.tables.par_iter().zip(&self.prepared);
        let values = tables.map(|(table, prepared)| {
            let pages = prepared.height.div_ceil(PAGE);
            let tasks = (0..pages).step_by(PAGES).map(|first| Values::<E> {
                table,
                columns: &prepared.others,
                pages: first..(first + PAGES).min(pages),
                lines: &lines,
                weights: &weights,
                one: E::ONE.scalar(),
            });
            total(&self.run(tasks.collect()), &lanes)
        });
        values.collect()
    }
}

/// How many pairs of blocks each table has.
fn pairs<E: ProverChallenge, B: Blocks<E>>(sources: &[B]) -> Vec<usize> {
    let counts = sources.iter().map(Blocks::count);
    counts.map(|blocks| blocks.div_ceil(2)).collect()
}

/// The columns of one block, by lane.
fn elements<E: Challenge>(block: &[u32]) -> Vec<Vec<E>> {
    let columns = block.chunks_exact(block_words(E::DEGREE));
    let lane =
        |column: &[u32], lane: usize| E::from_coordinates_fn(|k| F::new(column[LINE * k + lane]));
    columns
        .map(|column| (0..LINE).map(|index| lane(column, index)).collect())
        .collect()
}

/// Two blocks: the even lanes, and the odd ones.
fn pair_of_blocks<E: ProverChallenge>(columns: &[Vec<E>]) -> Vec<u32> {
    let words = block_words(E::DEGREE);
    let mut blocks = vec![0; 2 * columns.len() * words];
    for (side, block) in blocks.chunks_exact_mut(columns.len() * words).enumerate() {
        for (column, words) in columns.iter().zip(block.chunks_exact_mut(words)) {
            for (lane, element) in column.iter().skip(side).step_by(2).enumerate() {
                for (k, word) in weight(element).into_iter().enumerate().take(E::DEGREE) {
                    words[LINE * k + lane] = word;
                }
            }
        }
    }
    blocks
}
