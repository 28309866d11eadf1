//! A prover that is slow and plain. It shares with the verifier what must be agreed on, and states
//! the arguments itself.

use p3_field::PrimeCharacteristicRing;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    builder::Circuit,
    bus::Bus,
    evaluate::{Listener, Row},
    machine::{Image, Statement, Table},
    system::statement,
};
use zonda_verifier::{
    Challenge, Instance, Layout, Parameters, Shape, VerifyingKey,
    circle::{Point, place, point, point_at, position, vanishing},
    interpolate::{Twiddles, evaluate, values},
    merkle::distinct,
    proof::{Body, FoldOpening, Nonces, Opened, Roots},
    protocol::{self, label},
    transcript::element_bytes,
};

use crate::{
    spec::Spec,
    tree::{Committed, Groups, Tree, interpolate},
};

/// What a dishonest prover does otherwise than the honest one, who does none of it. After each step
/// the prover goes on as if it had been honest, with challenges that follow from what it said.
#[allow(unused_variables)]
pub trait Prover<E: Challenge> {
    /// Whether everything must come out as it should.
    fn is_honest(&self) -> bool {
        false
    }

    /// The transcript that it keeps.
    fn transcript(&self) -> Spec {
        Spec::default()
    }

    /// Whether it does the work; `round` counts those of folding.
    fn works(&self, at: &'static str, round: usize) -> bool {
        true
    }

    /// Extended columns: those that it computes with, and those that it commits to.
    fn commit(&mut self, phase: usize, layout: &Layout, known: &mut Groups, told: &mut Groups) {}

    /// What it claims of each instance.
    fn claim(&mut self, claims: &mut Vec<E>) {}

    /// What it opens.
    fn open(&mut self, layout: &Layout, point: Point<E>, opened: &mut Opened<E>) {}

    /// The challenge that batches, if it takes another one than it drew.
    fn gamma(&self, drawn: E) -> E {
        drawn
    }

    /// The function that is folded, in the order of memory.
    fn compose(&mut self, entries: &mut [E]) {}

    /// The coefficients with which folding ends.
    fn end(&mut self, last: &mut Vec<E>) {}
}

/// The honest prover.
pub struct Honest;

impl<E: Challenge> Prover<E> for Honest {
    fn is_honest(&self) -> bool {
        true
    }
}

/// An instance with its trace.
#[derive(Clone)]
pub struct Input {
    pub table: Table,
    pub trace: RowMajorMatrix<F>,
}

type Columns = Vec<Vec<F>>;

/// What a row says.
#[derive(Default)]
struct Said {
    constraints: Vec<F>,
    messages: Vec<(Bus, F, Vec<F>)>,
}

impl Listener for &mut Said {
    fn constraint(&mut self, value: F) {
        self.constraints.push(value);
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        self.messages.push((bus, count, fields.to_vec()));
    }
}

fn said(table: Table, main: &[F], fixed: &[F], periodic: &[F], public: &[F]) -> Said {
    let mut said = Said::default();
    table.eval(&mut Circuit::new(&mut Row::new(
        main, fixed, periodic, public, &mut said,
    )));
    said
}

fn columns(matrix: &RowMajorMatrix<F>) -> Columns {
    let column = |index| {
        matrix.values[index..]
            .iter()
            .step_by(matrix.width())
            .copied()
    };
    (0..matrix.width())
        .map(|index| column(index).collect())
        .collect()
}

fn row(columns: &[Vec<F>], index: usize) -> Vec<F> {
    columns.iter().map(|column| column[index]).collect()
}

/// The position of the odd multiple `k` of the generator in the domain of `2^m` points.
fn position_of(log_size: u32, multiple: usize) -> usize {
    let order = 2 << log_size;
    let k = multiple % order;
    let (c, k) = if k % 4 == 1 { (0, k) } else { (1, order - k) };
    let bits = log_size - 1;
    let low = if bits == 0 {
        0
    } else {
        ((k as u32 - 1) / 4).reverse_bits() >> (32 - bits)
    };
    c << bits | low as usize
}

/// Sums of the lookup argument: the columns, in the order of memory, and the claim.
fn sums<E: Challenge>(
    rows: &[Said],
    fingerprint: impl Fn(&(Bus, F, Vec<F>)) -> E,
) -> (Vec<Vec<E>>, E) {
    let log_height = rows.len().ilog2();
    let pairs = rows[0].messages.len().div_ceil(2);
    let mut columns = vec![vec![E::ZERO; rows.len()]; pairs];
    let mut claim = E::ZERO;
    for (w, said) in rows.iter().enumerate() {
        let mut sum = E::ZERO;
        for (k, pair) in said.messages.chunks(2).enumerate() {
            for message in pair {
                sum += fingerprint(message)
                    .try_inverse()
                    .unwrap()
                    .mul_base(message.1);
            }
            columns[k][w] = sum;
        }
        claim += sum;
    }
    let share = claim * E::from_usize(rows.len()).try_inverse().unwrap();
    let mut running = E::ZERO;
    for i in 0..rows.len() {
        let w = place(log_height, position_of(log_height, 2 * i + 1));
        running += columns[pairs - 1][w] - share;
        columns[pairs - 1][w] = running;
    }
    (columns, claim)
}

pub fn prove<E: Challenge>(
    key: &VerifyingKey,
    image: &Image,
    stated: &Statement,
    inputs: &[Input],
    prover: &mut impl Prover<E>,
) -> Body<E> {
    let Parameters { queries, .. } = *key.parameters();
    let parameters = key.parameters();
    let shape = Shape(
        inputs
            .iter()
            .map(|input| Instance {
                table: input.table,
                log_height: input.trace.height().ilog2() as u8,
            })
            .collect(),
    );
    let layout = Layout::new(&shape, E::DEGREE);
    let n = layout.log_height;
    let public = statement::public(image, stated);
    let heights: Vec<u32> = shape.0.iter().map(Instance::log_height).collect();

    // Columns per instance.
    let fixed: Vec<Columns> = inputs
        .iter()
        .map(|input| {
            input
                .table
                .fixed(image)
                .as_ref()
                .map(columns)
                .unwrap_or_default()
        })
        .collect();
    let main: Vec<Columns> = inputs.iter().map(|input| columns(&input.trace)).collect();
    let periodic: Vec<Columns> = inputs
        .iter()
        .map(|input| match input.table {
            Table::Statement => statement::periodic(stated),
            _ => Vec::new(),
        })
        .collect();
    let commit = |prover: &mut dyn Prover<E>, number: usize, per_instance: &[Columns]| {
        let phase = &layout.phases[number];
        let mut groups = vec![Vec::new(); phase.groups.len()];
        for (columns, height) in per_instance.iter().zip(&heights) {
            let group = phase
                .groups
                .iter()
                .position(|group| group.log_height == *height);
            if let Some(group) = group {
                groups[group].extend(columns.iter().map(|column| interpolate(column)));
            }
        }
        let lie = |known: &mut Groups, told: &mut Groups| {
            prover.commit(number, &layout, known, told);
        };
        Committed::new(phase, &groups, lie)
    };

    // 1.
    let mut nonces = Nonces::default();
    let mut transcript = prover.transcript();
    transcript.begin(key, stated, &shape);
    let works = |prover: &dyn Prover<E>, transcript: &mut Spec, at, round, bits| {
        if prover.works(at, round) {
            transcript.grind(at, bits)
        } else {
            transcript.work(at, bits, 0);
            0
        }
    };
    let bits = parameters.global_work_bits;
    nonces.global = works(prover, &mut transcript, label::GLOBAL, 0, bits);
    transcript.enter_shard::<E>();
    let committed_fixed = commit(prover, 0, &fixed);
    if prover.is_honest() {
        assert_eq!(committed_fixed.tree.root(), *key.fixed_root());
    }

    // 2.
    let committed_main = commit(prover, 1, &main);
    transcript.absorb(label::MAIN, &committed_main.tree.root());
    let bits = parameters.lookup_work_bits;
    nonces.lookup = works(prover, &mut transcript, label::LOOKUP, 0, bits);
    let z: E = transcript.challenge(label::LOOKUP_Z);
    let beta: E = transcript.challenge(label::LOOKUP_BETA);
    let fingerprint = |(bus, _, fields): &(Bus, F, Vec<F>)| {
        let mut sum = z + E::from_u32(*bus as u32);
        for (j, field) in fields.iter().enumerate() {
            sum += beta.exp_u64(j as u64 + 1).mul_base(*field);
        }
        sum
    };

    // 3.
    let (mut claims, mut sum_columns) = (Vec::new(), Vec::new());
    for (i, input) in inputs.iter().enumerate() {
        let rows: Vec<Said> = (0..input.trace.height())
            .map(|w| {
                let [main, fixed, periodic] = [&main, &fixed, &periodic].map(|c| row(&c[i], w));
                said(input.table, &main, &fixed, &periodic, &public)
            })
            .collect();
        for said in &rows {
            assert!(
                !prover.is_honest() || said.constraints.iter().all(|c| *c == F::ZERO),
                "{}",
                input.table.name()
            );
        }
        let (columns, claim) = sums(&rows, fingerprint);
        let coordinates = columns.iter().flat_map(|column| {
            (0..E::DEGREE).map(|c| column.iter().map(|x| x.coordinate(c)).collect())
        });
        sum_columns.push(coordinates.collect::<Columns>());
        claims.push(claim);
    }
    let committed_sums = commit(prover, 2, &sum_columns);
    prover.claim(&mut claims);
    transcript.absorb(label::SUMS, &committed_sums.tree.root());
    transcript.absorb(label::CLAIMS, &element_bytes(&claims));
    let bits = parameters.constraints_work_bits;
    nonces.constraints = works(prover, &mut transcript, label::CONSTRAINTS, 0, bits);
    let alpha: E = transcript.challenge(label::CONSTRAINTS);

    // 4. C on the largest domain, by position.
    let size = 1_usize << (n + 1);
    let mut c = vec![E::ZERO; size];
    for (i, input) in inputs.iter().enumerate() {
        let m = heights[i] + 1;
        let part = |committed: &Committed, phase: usize| -> Columns {
            let span = layout.phases[phase].spans[i];
            if span.width == 0 {
                return Vec::new();
            }
            committed.known[span.group][span.offset..span.offset + span.width].to_vec()
        };
        let [fixed, main, sums] = [
            part(&committed_fixed, 0),
            part(&committed_main, 1),
            part(&committed_sums, 2),
        ];
        let periodic: Columns = periodic[i]
            .iter()
            .map(|column| {
                let mut column = interpolate(column);
                column.resize(1 << m, F::ZERO);
                values(&mut column, &Twiddles::new(m));
                (0..1 << m).map(|t| column[place(m, t)]).collect()
            })
            .collect();
        let element =
            |k: usize, t: usize| -> E { E::from_coordinates_fn(|c| sums[k * E::DEGREE + c][t]) };
        let pairs = sums.len() / E::DEGREE;
        let share = claims[i] * E::from_usize(1 << heights[i]).try_inverse().unwrap();
        let mut rows: Vec<Vec<E>> = vec![Vec::new(); 1 << m];
        for k in (1..2_usize << m).step_by(2) {
            let t = position_of(m, k);
            let before = position_of(m, k + (2 << m) - 4);
            let [main, fixed, periodic] = [&main, &fixed, &periodic].map(|c| row(c, t));
            let said = said(input.table, &main, &fixed, &periodic, &public);
            let mut all: Vec<E> = said.constraints.iter().map(|c| E::from_base(*c)).collect();
            for (k, pair) in said.messages.chunks(2).enumerate() {
                let mut u = element(k, t);
                if k > 0 {
                    u -= element(k - 1, t);
                }
                if k + 1 == pairs {
                    u = u - element(k, before) + share;
                }
                let d: Vec<E> = pair.iter().map(fingerprint).collect();
                all.push(match pair {
                    [a] => u * d[0] - E::from_base(a.1),
                    [a, b] => u * d[0] * d[1] - d[1].mul_base(a.1) - d[0].mul_base(b.1),
                    _ => unreachable!(),
                });
            }
            rows[t] = all;
        }
        for (t, c) in c.iter_mut().enumerate() {
            for constraint in &rows[t >> (n - heights[i])] {
                *c = *c * alpha + *constraint;
            }
        }
    }
    let mut coefficients: Vec<Vec<F>> = vec![vec![F::ZERO; size]; E::DEGREE];
    for w in 0..size {
        let t = position(n + 1, w);
        let v = vanishing(n, point_at(n + 1, t).x);
        let q = c[t].mul_base(p3_field::Field::inverse(&v));
        for (coordinate, column) in coefficients.iter_mut().enumerate() {
            column[w] = q.coordinate(coordinate);
        }
    }
    let coefficients: Columns = coefficients
        .iter()
        .map(|column| interpolate(column))
        .collect();
    let halves: Columns = [0..size / 2, size / 2..size]
        .into_iter()
        .flat_map(|half| {
            coefficients
                .iter()
                .map(move |column| column[half.clone()].to_vec())
        })
        .collect();
    let committed_quotient = {
        let lie = |known: &mut Groups, told: &mut Groups| prover.commit(3, &layout, known, told);
        Committed::new(&layout.phases[3], std::slice::from_ref(&halves), lie)
    };
    transcript.absorb(label::QUOTIENT, &committed_quotient.tree.root());
    let bits = parameters.point_work_bits;
    nonces.point = works(prover, &mut transcript, label::POINT, 0, bits);
    let (z_point, w_point) = protocol::points(&layout, transcript.challenge(label::POINT)).unwrap();

    // 5.
    let mut at_point = vec![E::ZERO; layout.columns()];
    let mut before = Vec::new();
    for (phase, per_instance) in [&fixed, &main, &sum_columns].into_iter().enumerate() {
        for (i, columns) in per_instance.iter().enumerate() {
            let at = |p: Point<E>| p.double_times(n - heights[i]);
            let opened = evaluate(columns, heights[i], at(z_point), &mut Default::default());
            let range = layout.phases[phase].columns(i);
            at_point[range].copy_from_slice(&opened);
            if phase == 2 {
                let last = &columns[columns.len() - E::DEGREE..];
                before.extend(evaluate(
                    last,
                    heights[i],
                    at(w_point),
                    &mut Default::default(),
                ));
            }
        }
    }
    let half_values: Columns = halves
        .iter()
        .map(|half| {
            let mut half = half.clone();
            values(&mut half, &Twiddles::new(n));
            half
        })
        .collect();
    let range = layout.quotient().groups[0].columns();
    at_point[range].copy_from_slice(&evaluate(&half_values, n, z_point, &mut Default::default()));
    let mut opened = Opened { at_point, before };
    prover.open(&layout, z_point, &mut opened);
    let said = [&opened.at_point[..], &opened.before].concat();
    transcript.absorb(label::OPENED, &element_bytes(&said));
    let bits = parameters.batch_work_bits;
    nonces.batch = works(prover, &mut transcript, label::BATCH, 0, bits);
    let gamma = prover.gamma(transcript.challenge(label::BATCH));

    // 6. F, by position.
    let committed = [
        committed_fixed,
        committed_main,
        committed_sums,
        committed_quotient,
    ];
    let mut lifted: Vec<(&[F], u32)> = Vec::new();
    for (phase, committed) in layout.phases.iter().zip(&committed) {
        for (group, columns) in phase.groups.iter().zip(&committed.told) {
            lifted.extend(
                columns
                    .iter()
                    .map(|column| (&column[..], n - group.log_height)),
            );
        }
    }
    let mut f = vec![E::ZERO; size];
    let mut power = E::ONE;
    let mut add = |columns: &[(&[F], u32)], opened: &[E], at: Point<E>| {
        let conj = at.conjugate();
        let chord = Point {
            x: conj.x - at.x,
            y: conj.y - at.y,
        };
        let mut sum = vec![E::ZERO; size];
        let (mut slope, mut start) = (E::ZERO, E::ZERO);
        for ((column, shift), v) in columns.iter().zip(opened) {
            for (t, sum) in sum.iter_mut().enumerate() {
                *sum += power.mul_base(column[t >> shift]);
            }
            let rise = (v.conjugate() - *v) * chord.y.try_inverse().unwrap();
            slope += power * rise;
            start += power * (*v - rise * at.y);
            power *= gamma;
        }
        for (t, sum) in sum.into_iter().enumerate() {
            let p = point_at(n + 1, t).lift::<E>();
            let v = (p.x - at.x) * chord.y - (p.y - at.y) * chord.x;
            f[t] += (sum - slope * p.y - start) * v.try_inverse().unwrap();
        }
    };
    add(&lifted, &opened.at_point, z_point);
    let again: Vec<_> = layout
        .opened_before()
        .map(|column| lifted[column])
        .collect();
    add(&again, &opened.before, w_point);

    // 7. Folding, in the order of memory.
    let mut entries: Vec<E> = (0..size).map(|w| f[position(n + 1, w)]).collect();
    prover.compose(&mut entries);
    let (mut layers, mut fold_roots) = (Vec::new(), Vec::new());
    let mut over_y = true;
    for arity in layout.folds() {
        let log_leaves = entries.len().ilog2() - arity;
        let leaf = |log_size: u32, index: usize| {
            if log_size < log_leaves {
                return Vec::new();
            }
            let mut bytes = Vec::new();
            let leaf = &entries[index << arity..(index + 1) << arity];
            for c in 0..E::DEGREE {
                for entry in leaf {
                    bytes.extend(
                        p3_field::PrimeField32::as_canonical_u32(&entry.coordinate(c))
                            .to_le_bytes(),
                    );
                }
            }
            bytes
        };
        let tree = Tree::new(log_leaves, leaf);
        transcript.absorb(label::FOLD, &tree.root());
        let bits = parameters.fold_work_bits;
        let round = nonces.folds.len();
        let nonce = works(prover, &mut transcript, label::FOLD, round, bits);
        nonces.folds.push(nonce);
        let mut beta: E = transcript.challenge(label::FOLD);
        fold_roots.push(tree.root());
        layers.push((entries.clone(), tree, arity));
        for _ in 0..arity {
            let k = entries.len().ilog2();
            let fold = |j: usize| {
                let twiddle = if over_y {
                    point(k, false, j as u32).y
                } else {
                    point(k + 1, false, 2 * j as u32).x
                };
                let [a, b] = [entries[2 * j], entries[2 * j + 1]];
                a + b + beta * (a - b) * E::from_base(twiddle).try_inverse().unwrap()
            };
            entries = (0..entries.len() / 2).map(fold).collect();
            over_y = false;
            beta = beta.square();
        }
    }
    let mut last = entries;
    for j in 0..7_u32 {
        let stride = 1 << j;
        for block in (0..128).step_by(2 * stride) {
            let x = point(7 - j + 1, false, (block >> j) as u32).x;
            let inverse = E::from_base(x.double()).try_inverse().unwrap();
            for i in block..block + stride {
                let [a, b] = [last[i], last[i + stride]];
                last[i] = (a + b).halve();
                last[i + stride] = (a - b) * inverse;
            }
        }
    }
    assert!(
        !prover.is_honest() || last[64..].iter().all(|x| *x == E::ZERO),
        "F is of low degree"
    );
    last.truncate(64);
    prover.end(&mut last);
    transcript.absorb(label::FINAL, &element_bytes(&last));
    let bits = parameters.query_work_bits;
    nonces.query = works(prover, &mut transcript, label::QUERY, 0, bits);
    let positions = transcript.positions(label::QUERY, queries, n + 1);
    let mut phases = [(); 4].map(|()| Default::default());
    for (i, opening) in phases.iter_mut().enumerate() {
        *opening = committed[i].open(&layout.phases[i], n + 1, &positions);
    }
    let mut indices: Vec<usize> = positions.iter().map(|t| place(n + 1, *t)).collect();
    let mut folds = Vec::new();
    for (entries, tree, arity) in layers {
        let leaves = distinct(&indices, arity);
        let leaf = |leaf: &usize| entries[leaf << arity..(leaf + 1) << arity].to_vec();
        folds.push(FoldOpening {
            entries: leaves.iter().flat_map(leaf).collect(),
            siblings: tree.siblings(&leaves),
        });
        indices = leaves;
    }
    Body {
        shape,
        roots: Roots {
            main: committed[1].tree.root(),
            sums: committed[2].tree.root(),
            quotient: committed[3].tree.root(),
        },
        claims,
        opened,
        fold_roots,
        last,
        nonces,
        phases,
        folds,
    }
}
