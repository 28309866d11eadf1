//! A prover that is slow and plain. It shares with the verifier what must be agreed on, and states
//! the arguments itself.

use p3_field::PrimeCharacteristicRing;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::{
    F,
    builder::Circuit,
    bus::Bus,
    evaluate::{Listener, Row},
    machine::{self, Image, Table},
};
use zonda_verifier::{
    Challenge, Claim, Header, Instance, Layout, PartHeader, Proof, Scope, Shape, VerifyingKey,
    circle::{Point, place, point, point_at, position, vanishing},
    interpolate::{Twiddles, evaluate, values},
    layout::{BOUNDARY, MAIN, PHASES, QUOTIENT, SUMS, fixed_phase},
    merkle::distinct,
    proof::{Body, Digest, FoldOpening, Nonces, Opened, Roots},
    protocol::{self, label},
    transcript::element_bytes,
};

use crate::{
    run::{Part, Run},
    spec::Spec,
    tree::{Committed, Groups, Tree, interpolate},
};

/// The deviations of a dishonest prover; the honest one has none. After each step
/// the prover goes on as if it had been honest, with challenges that follow from its messages.
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

    /// Whose turn it is: everything that follows is about this part.
    fn enter(&mut self, part: usize) {}

    /// The header, before it is absorbed.
    fn head(&mut self, header: &mut Header) {}

    /// Whether it does the work; `round` counts those of folding.
    fn works(&self, at: &'static str, round: usize) -> bool {
        true
    }

    /// Extended columns: those that it computes with, and those that it commits to.
    fn commit(&mut self, phase: usize, layout: &Layout, known: &mut Groups, told: &mut Groups) {}

    /// The claims of each instance and scope.
    fn claim(&mut self, layout: &Layout, claims: &mut Vec<E>) {}

    /// The opened values.
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

/// An instance with its trace: columns that are committed before the global challenge, then the
/// others.
#[derive(Clone)]
pub struct Input {
    pub table: Table,
    pub trace: RowMajorMatrix<F>,
}

type Columns = Vec<Vec<F>>;

/// Count and fields of a message on a bus.
type Message = (Bus, F, Vec<F>);

/// The evaluation of a row.
#[derive(Default)]
struct Said {
    constraints: Vec<F>,
    /// Local, then global.
    messages: [Vec<Message>; 2],
}

impl Listener for &mut Said {
    fn constraint(&mut self, value: F) {
        self.constraints.push(value);
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        let scope = usize::from(matches!(bus, Bus::Boundary | Bus::Instruction));
        self.messages[scope].push((bus, count, fields.to_vec()));
    }
}

fn said(table: Table, trace: &[F], fixed: &[F], periodic: &[F], public: &[F]) -> Said {
    let mut said = Said::default();
    table.eval(&mut Circuit::new(&mut Row::new(
        trace, fixed, periodic, public, &mut said,
    )));
    said
}

fn columns_of(matrix: &RowMajorMatrix<F>) -> Columns {
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

/// Sums of the lookup argument in one scope: the columns, in the order of memory, and the claim.
fn sums<E: Challenge>(
    rows: &[Said],
    scope: usize,
    fingerprint: impl Fn(&Message) -> E,
) -> Option<(Vec<Vec<E>>, E)> {
    let log_height = rows.len().ilog2();
    let pairs = rows[0].messages[scope].len().div_ceil(2);
    if pairs == 0 {
        return None;
    }
    let mut columns = vec![vec![E::ZERO; rows.len()]; pairs];
    let mut claim = E::ZERO;
    for (w, said) in rows.iter().enumerate() {
        let mut sum = E::ZERO;
        for (k, pair) in said.messages[scope].chunks(2).enumerate() {
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
    Some((columns, claim))
}

fn fingerprint<E: Challenge>((z, beta): (E, E), (bus, _, fields): &Message) -> E {
    let mut sum = z + E::from_u32(*bus as u32);
    let mut power = beta;
    for field in fields {
        sum += power.mul_base(*field);
        power *= beta;
    }
    sum
}

/// The data of a part that a prover has before the global challenges.
struct Begun<'a> {
    part: &'a Part,
    layout: Layout,
    /// Of phases up to that of the boundary: columns per instance.
    columns: Vec<Vec<Columns>>,
    committed: Vec<Committed>,
}

/// Commits to the columns of a phase, per instance.
fn commit<E: Challenge>(
    prover: &mut impl Prover<E>,
    layout: &Layout,
    number: usize,
    per_instance: &[Columns],
) -> Committed {
    let phase = &layout.phases[number];
    let mut groups = vec![Vec::new(); phase.groups.len()];
    for (columns, instance) in per_instance.iter().zip(&layout.instances) {
        let height = instance.log_height();
        let group = phase.groups.iter().position(|g| g.log_height == height);
        if let Some(group) = group {
            groups[group].extend(columns.iter().map(|column| interpolate(column)));
        }
    }
    let lie = |known: &mut Groups, told: &mut Groups| {
        prover.commit(number, layout, known, told);
    };
    Committed::new(phase, &groups, lie)
}

fn begin<'a, E: Challenge>(
    key: &VerifyingKey,
    image: &Image,
    part: &'a Part,
    prover: &mut impl Prover<E>,
) -> (Begun<'a>, PartHeader) {
    let instance = |input: &Input| Instance {
        table: input.table,
        log_height: input.trace.height().ilog2() as u8,
    };
    let shape = Shape(part.inputs.iter().map(instance).collect());
    let layout = Layout::new(&shape, E::DEGREE);
    let fixed = |number: usize| {
        let of = move |input: &Input| match fixed_phase(input.table.role()) {
            Some(phase) if phase == number => input.table.fixed(image),
            _ => None,
        };
        let columns = part.inputs.iter().map(of);
        columns
            .map(|matrix| matrix.as_ref().map(columns_of).unwrap_or_default())
            .collect()
    };
    let early = |input: &Input| columns_of(&input.trace)[..input.table.boundary_width()].to_vec();
    let mut columns: Vec<Vec<Columns>> = (0..BOUNDARY).map(fixed).collect();
    columns.push(part.inputs.iter().map(early).collect());
    let committed: Vec<Committed> = (0..=BOUNDARY)
        .map(|number| commit(prover, &layout, number, &columns[number]))
        .collect();
    if prover.is_honest() {
        for (committed, root) in committed.iter().zip(key.fixed_roots()) {
            assert!(committed.told.is_empty() || committed.root() == *root);
        }
    }
    let header = PartHeader {
        shape,
        boundary_root: committed[BOUNDARY].root(),
        links: part.links.clone(),
    };
    let begun = Begun {
        part,
        layout,
        columns,
        committed,
    };
    (begun, header)
}

fn works<E: Challenge>(
    prover: &impl Prover<E>,
    transcript: &mut Spec,
    at: &'static str,
    round: usize,
    bits: u32,
) -> u64 {
    if prover.works(at, round) {
        transcript.grind(at, bits)
    } else {
        transcript.work(at, bits, 0);
        0
    }
}

pub fn prove<E: Challenge>(key: &VerifyingKey, run: &Run, prover: &mut impl Prover<E>) -> Proof {
    let mut header = Header {
        preset: key.preset(),
        claim: Claim {
            program_id: *key.program_id(),
            key_digest: key.digest(),
            exit_code: run.statement.exit_code,
            output_length: run.statement.output.len() as u32,
            output_digest: *blake3::hash(&run.statement.output).as_bytes(),
        },
        shards: run.shards,
        ..Header::default()
    };
    let mut begun = Vec::new();
    for (index, part) in run.parts.iter().enumerate() {
        prover.enter(index);
        let (part, part_header) = begin(key, &run.image, part, prover);
        begun.push(part);
        header.parts.push(part_header);
    }
    prover.head(&mut header);
    let mut transcript = prover.transcript();
    transcript.begin(key, &run.statement, &header);
    let bits = key.parameters().global_work_bits;
    header.global_nonce = works(prover, &mut transcript, label::GLOBAL, 0, bits);
    let global = transcript.global();
    let mut parts = Vec::new();
    for (index, begun) in begun.into_iter().enumerate() {
        prover.enter(index);
        let stated = begun.part.links.part(index, &run.statement);
        let transcript = transcript.enter_part(index);
        let layout = begun.layout.clone();
        let body = prove_part(key, &stated, begun, global, transcript, prover);
        parts.push(body.to_bytes(&layout));
    }
    Proof { header, parts }
}

/// Sections 8.2 to 8.7.
fn prove_part<E: Challenge>(
    key: &VerifyingKey,
    stated: &machine::Part,
    begun: Begun<'_>,
    global: (E, E),
    mut transcript: Spec,
    prover: &mut impl Prover<E>,
) -> Body<E> {
    let Begun {
        part: Part { inputs, .. },
        layout,
        mut columns,
        mut committed,
    } = begun;
    let parameters = key.parameters();
    let n = layout.log_height;
    let heights: Vec<u32> = layout.instances.iter().map(Instance::log_height).collect();
    let public: Vec<Vec<F>> = inputs.iter().map(|i| i.table.public(stated)).collect();
    let periodic: Vec<Columns> = inputs.iter().map(|i| i.table.periodic(stated)).collect();

    // 2.
    let mut nonces = Nonces::default();
    let late = |input: &Input| columns_of(&input.trace)[input.table.boundary_width()..].to_vec();
    columns.push(inputs.iter().map(late).collect());
    committed.push(commit(prover, &layout, MAIN, &columns[MAIN]));
    transcript.absorb(label::MAIN, &committed[MAIN].root());
    let bits = parameters.lookup_work_bits;
    nonces.lookup = works(prover, &mut transcript, label::LOOKUP, 0, bits);
    let z: E = transcript.challenge(label::LOOKUP_Z);
    let beta: E = transcript.challenge(label::LOOKUP_BETA);
    let challenges = [(z, beta), global];

    // 3.
    let (mut claims, mut sum_columns) = (Vec::new(), Vec::new());
    for (i, input) in inputs.iter().enumerate() {
        let fixed: Vec<&Columns> = columns[..BOUNDARY].iter().map(|c| &c[i]).collect();
        let rows: Vec<Said> = (0..input.trace.height())
            .map(|w| {
                let fixed: Vec<F> = fixed.iter().flat_map(|c| row(c, w)).collect();
                let trace = input.trace.row_slice(w).unwrap();
                said(
                    input.table,
                    &trace,
                    &fixed,
                    &row(&periodic[i], w),
                    &public[i],
                )
            })
            .collect();
        for said in &rows {
            assert!(
                !prover.is_honest() || said.constraints.iter().all(|c| *c == F::ZERO),
                "{}",
                input.table.name()
            );
        }
        let mut coordinates = Columns::new();
        for (scope, challenges) in challenges.into_iter().enumerate() {
            let fingerprint = |message: &Message| fingerprint(challenges, message);
            if let Some((sums, claim)) = sums(&rows, scope, fingerprint) {
                coordinates.extend(sums.iter().flat_map(|column| {
                    (0..E::DEGREE).map(|c| column.iter().map(|x| x.coordinate(c)).collect())
                }));
                claims.push(claim);
            }
        }
        sum_columns.push(coordinates);
    }
    columns.push(sum_columns);
    committed.push(commit(prover, &layout, SUMS, &columns[SUMS]));
    prover.claim(&layout, &mut claims);
    transcript.absorb(label::SUMS, &committed[SUMS].root());
    transcript.absorb(label::CLAIMS, &element_bytes(&claims));
    let bits = parameters.constraints_work_bits;
    nonces.constraints = works(prover, &mut transcript, label::CONSTRAINTS, 0, bits);
    let alpha: E = transcript.challenge(label::CONSTRAINTS);

    // 4. C on the largest domain, by position.
    let size = 1_usize << (n + 1);
    let mut c = vec![E::ZERO; size];
    for (i, input) in inputs.iter().enumerate() {
        let m = heights[i] + 1;
        let part = |phase: usize| -> Columns {
            let span = layout.phases[phase].spans[i];
            if span.width == 0 {
                return Vec::new();
            }
            committed[phase].known[span.group][span.offset..span.offset + span.width].to_vec()
        };
        let fixed: Columns = (0..BOUNDARY).flat_map(part).collect();
        let trace: Columns = [BOUNDARY, MAIN].into_iter().flat_map(part).collect();
        let sums = part(SUMS);
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
        let inverse = E::from_usize(1 << heights[i]).try_inverse().unwrap();
        let shares = Scope::ALL.map(|scope| {
            let is_it =
                |sum: &zonda_verifier::layout::RunningSum| sum.instance == i && sum.scope == scope;
            let index = layout.running_sums().position(|sum| is_it(&sum));
            index.map(|index| claims[index] * inverse)
        });
        let mut rows: Vec<Vec<E>> = vec![Vec::new(); 1 << m];
        for k in (1..2_usize << m).step_by(2) {
            let t = position_of(m, k);
            let before = position_of(m, k + (2 << m) - 4);
            let [trace, fixed, periodic] = [&trace, &fixed, &periodic].map(|c| row(c, t));
            let said = said(input.table, &trace, &fixed, &periodic, &public[i]);
            let mut all: Vec<E> = said.constraints.iter().map(|c| E::from_base(*c)).collect();
            // The chain of pairs starts again with the global messages.
            let mut first = 0;
            for ((messages, challenges), share) in said.messages.iter().zip(challenges).zip(shares)
            {
                let pairs = messages.len().div_ceil(2);
                for (k, pair) in messages.chunks(2).enumerate() {
                    let mut u = element(first + k, t);
                    if k > 0 {
                        u -= element(first + k - 1, t);
                    }
                    if k + 1 == pairs {
                        u = u - element(first + k, before) + share.unwrap();
                    }
                    let d = pair.iter().map(|message| fingerprint(challenges, message));
                    let d: Vec<E> = d.collect();
                    all.push(match pair {
                        [a] => u * d[0] - E::from_base(a.1),
                        [a, b] => u * d[0] * d[1] - d[1].mul_base(a.1) - d[0].mul_base(b.1),
                        _ => unreachable!(),
                    });
                }
                first += pairs;
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
    committed.push({
        let lie = |known: &mut Groups, told: &mut Groups| {
            prover.commit(QUOTIENT, &layout, known, told);
        };
        Committed::new(&layout.phases[QUOTIENT], std::slice::from_ref(&halves), lie)
    });
    transcript.absorb(label::QUOTIENT, &committed[QUOTIENT].root());
    let bits = parameters.point_work_bits;
    nonces.point = works(prover, &mut transcript, label::POINT, 0, bits);
    let (z_point, w_point) = protocol::points(&layout, transcript.challenge(label::POINT)).unwrap();

    // 5.
    let mut at_point = vec![E::ZERO; layout.columns()];
    let mut before = Vec::new();
    for (phase, per_instance) in columns.iter().enumerate() {
        for (i, columns) in per_instance.iter().enumerate() {
            let at = |p: Point<E>| p.double_times(n - heights[i]);
            let opened = evaluate(columns, heights[i], at(z_point), &mut Default::default());
            let range = layout.phases[phase].columns(i);
            at_point[range].copy_from_slice(&opened.unwrap());
            if phase == SUMS {
                let start = layout.phases[SUMS].columns(i).start;
                for sum in layout.running_sums().filter(|sum| sum.instance == i) {
                    let last = &columns[sum.columns.start - start..sum.columns.end - start];
                    let at = at(w_point);
                    let opened = evaluate(last, heights[i], at, &mut Default::default());
                    before.extend(opened.unwrap());
                }
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
    let halves = evaluate(&half_values, n, z_point, &mut Default::default());
    at_point[range].copy_from_slice(&halves.unwrap());
    let mut opened = Opened { at_point, before };
    prover.open(&layout, z_point, &mut opened);
    let said = [&opened.at_point[..], &opened.before].concat();
    transcript.absorb(label::OPENED, &element_bytes(&said));
    let bits = parameters.batch_work_bits;
    nonces.batch = works(prover, &mut transcript, label::BATCH, 0, bits);
    let gamma = prover.gamma(transcript.challenge(label::BATCH));

    // 6. F, by position.
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
    let positions = transcript.positions(label::QUERY, parameters.queries, n + 1);
    let phases: [_; PHASES] =
        std::array::from_fn(|i| committed[i].open(&layout.phases[i], n + 1, &positions));
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
    let [main, sums, quotient]: [Digest; 3] =
        [MAIN, SUMS, QUOTIENT].map(|phase| committed[phase].root());
    Body {
        roots: Roots {
            main,
            sums,
            quotient,
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
