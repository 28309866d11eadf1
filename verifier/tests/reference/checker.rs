//! A verifier of parts, a second time: from the document, with everything summed by its definition.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    machine::{self, Table},
};
use zonda_verifier::{
    Challenge,
    fractions::{Fraction, TreeProof},
    opening::OpeningProof,
    part::Body,
    preset::Parameters,
    proof::Digest,
    words::WordsProof,
};

use crate::{
    circle::{evaluate_line, place, point},
    layout::{Layout, MAIN, Matrix, Page},
    machine::{Combination, Lookups, Machine, width},
    multilinear::{dot, eq_points, eq_table, extension, lagrange, line, nodes},
    point::{LeafPoint, RowPoint},
    prover::leaf_bytes,
    spec::{Spec, cell_bytes, element_bytes},
    tree::{distinct, root_of},
};

/// The name of the check that failed.
pub type Refusal = &'static str;

/// The facts about a part before its body.
pub struct Task<'a> {
    pub layout: &'a Layout,
    pub part: &'a machine::Part,
    pub parameters: &'a Parameters,
    /// The roots of the phases before the main columns.
    pub roots: [Option<Digest>; MAIN],
    /// Checks that the verifier leaves out: none, unless it is flawed.
    pub flaws: &'a [Refusal],
}

impl Task<'_> {
    fn require(&self, check: Refusal, holds: bool) -> Result<(), Refusal> {
        if holds || self.flaws.contains(&check) {
            Ok(())
        } else {
            Err(check)
        }
    }
}

/// What is never left out: that there is as much of everything as the shape says.
fn count<T>(things: &[T], count: usize) -> Result<(), Refusal> {
    if things.len() == count {
        Ok(())
    } else {
        Err("form")
    }
}

/// Checks a part, whose transcript has come to its position: the sum of its global messages.
pub fn check<E: Challenge>(
    task: &Task<'_>,
    transcript: &mut Spec,
    global: (E, E),
    body: &Body<E>,
) -> Result<Fraction<E>, Refusal> {
    if task.layout.matrices.is_empty() {
        return Err("form");
    }
    let machine = &Machine::new::<E>();
    transcript.send("main", &body.main);
    let bits = task.parameters.lookup_work_bits;
    let works = transcript.work("lookup", bits, body.lookup_nonce);
    task.require("lookup work", works)?;
    let lookups: Lookups<E> = [transcript.lookup("lookup"), global];
    let depth = (task.layout.n + machine.slot_bits + 1) as usize;
    let (sum, claim) = tree(task, depth, &body.tree, transcript)?;
    let leaf = LeafPoint::new(&claim.point, task.layout.n, machine.slot_bits);
    let alpha = transcript.draw("alpha", &[]);
    let combination = Combination::new(machine, lookups, alpha, &leaf.slot);
    let at = rows(
        task,
        &combination,
        claim.value,
        alpha,
        &leaf.rows,
        body,
        transcript,
    )?;
    let gamma = transcript.draw("values", &body.values);
    let opened = opening(task, &at, gamma, &body.values, &body.opening, transcript)?;
    let mut roots = task.roots.to_vec();
    roots.push(Some(body.main));
    let values = &body.opening.words;
    words(task, &roots, &opened, values, &body.words, transcript)?;
    Ok(sum)
}

fn add<E: Challenge>(a: Fraction<E>, b: &Fraction<E>) -> Fraction<E> {
    Fraction {
        numerator: a.numerator * b.denominator + b.numerator * a.denominator,
        denominator: a.denominator * b.denominator,
    }
}

/// The claim on the leaves.
struct Leaf<E> {
    /// Numerator and denominator.
    value: (E, E),
    /// From the lowest bit.
    point: Vec<E>,
}

/// Section 8.3: the sum of the global messages, and what is left to show.
fn tree<E: Challenge>(
    task: &Task<'_>,
    depth: usize,
    proof: &TreeProof<E>,
    transcript: &mut Spec,
) -> Result<(Fraction<E>, Leaf<E>), Refusal> {
    count(&proof.nodes, 32)?;
    count(&proof.layers, depth - 5)?;
    let numerators: Vec<E> = proof.nodes.iter().map(|node| node.numerator).collect();
    let denominators: Vec<E> = proof.nodes.iter().map(|node| node.denominator).collect();
    let sent = [&numerators[..], &denominators].concat();
    let sums = [0..16, 16..32].map(|nodes| {
        let mut nodes = proof.nodes[nodes].iter();
        let first = *nodes.next().unwrap();
        nodes.fold(first, add)
    });
    task.require("balance", sums[0].numerator == E::ZERO)?;
    task.require("denominator", sums.iter().all(|s| s.denominator != E::ZERO))?;
    let mut point: Vec<E> = vec![transcript.draw("nodes", &sent)];
    point.extend((1..5).map(|_| transcript.draw::<E>("nodes", &[])));
    point.reverse();
    let mut p = extension(&numerators, &point);
    let mut q = extension(&denominators, &point);
    for layer in &proof.layers {
        let lambda = transcript.draw::<E>("lambda", &[]);
        let mut claim = p + lambda * q;
        count(&layer.rounds, point.len())?;
        let mut next = Vec::new();
        for ([m, e], t) in layer.rounds.iter().zip(&point) {
            let r = transcript.draw("tree", &[*m, *e]);
            claim = claim + *m * (r - *t) + *e * r * (r - E::ONE);
            next.push(r);
        }
        let [left, right] = layer.children;
        let (p0, q0) = (left.numerator, left.denominator);
        let (p1, q1) = (right.numerator, right.denominator);
        let sum = p0 * q1 + p1 * q0 + lambda * q0 * q1;
        task.require("children", sum == claim)?;
        let t = transcript.draw("children", &[p0, q0, p1, q1]);
        (p, q) = (line(p0, p1, t), line(q0, q1, t));
        next.insert(0, t);
        point = next;
    }
    let value = (p, q);
    Ok((sums[1], Leaf { value, point }))
}

/// Section 8.4: the point at which the values are.
fn rows<E: Challenge>(
    task: &Task<'_>,
    combination: &Combination<'_, E>,
    (p, q): (E, E),
    alpha: E,
    r: &[E],
    body: &Body<E>,
    transcript: &mut Spec,
) -> Result<RowPoint<E>, Refusal> {
    let weights = eq_table(r);
    let mut claim = p + alpha * (q - E::ONE);
    for (table, height) in &task.layout.tables {
        let below: E = weights[..*height].iter().copied().sum();
        claim -= below * combination.of_zeros(*table, &table.public(task.part));
    }
    let skip = &body.rows.skip;
    count(skip, 22)?;
    let sum = dot(&skip[..8], &eq_table(&r[4..7]));
    task.require("skip", sum == claim)?;
    let xi = transcript.draw("skip", skip);
    claim = dot(skip, &lagrange(&nodes(22), xi));
    let others = [&r[7..], &r[..4]].concat();
    count(&body.rows.rounds, others.len())?;
    let mut bound = Vec::new();
    for ([m, e, f], r) in body.rows.rounds.iter().zip(&others) {
        let rho = transcript.draw("row", &[*m, *e, *f]);
        claim = claim + *m * (rho - *r) + rho * (rho - E::ONE) * (*e + *f * rho);
        bound.push(rho);
    }
    let at = RowPoint::new(&bound, lagrange(&nodes(8), xi));
    count(&body.values, task.layout.values.len())?;
    let weights = at.weights();
    let mut sum = E::ZERO;
    for (table, height) in &task.layout.tables {
        let public = table.public(task.part);
        let value = |number| {
            let column = crate::layout::Column {
                table: *table,
                number,
            };
            if let Some(value) = task.layout.value(column) {
                return body.values[value];
            }
            let cells = (0..*height).map(|row| given(column, row, task.part));
            let terms = cells.zip(&weights);
            terms.map(|(cell, weight)| weight.mul_base(cell)).sum()
        };
        let cells: Vec<E> = (0..width(*table)).map(value).collect();
        sum += combination.of(*table, &cells, &public) - combination.of_zeros(*table, &public);
    }
    task.require("values", sum == claim)?;
    Ok(at)
}

/// A cell of a given column.
fn given(column: crate::layout::Column, row: usize, part: &machine::Part) -> F {
    let number = match (column.table, column.number) {
        (Table::Range16, 0) => row,
        (Table::Bytes, 0) => row >> 8,
        (Table::Bytes, 1) => row & 255,
        (Table::Bytes, 2) => (row >> 8) & (row & 255),
        (Table::PowersOfTwo, 0) => row,
        (Table::PowersOfTwo, 1) => 1 << row,
        (Table::Statement, 0) => usize::from(row == 0),
        (Table::Statement, number) => {
            let execution = part.execution.as_ref();
            let Some(byte) = execution.and_then(|e| e.output.get(row)) else {
                return F::ZERO;
            };
            let first = execution.map_or(0, |e| e.output_start);
            [0, 1, first as usize + row, usize::from(*byte)][number]
        }
        other => panic!("{other:?} is not given"),
    };
    F::from_usize(number)
}

/// What is left of the opening: the point of the column bits of each phase, and of the words.
struct Opened<E> {
    columns: Vec<Vec<E>>,
    point: Vec<E>,
}

/// The value at `y` of the polynomial of a round of products.
fn step<E: Challenge>(claim: E, [s0, e]: [E; 2], y: E) -> E {
    s0 + (claim - s0.double() - e) * y + e * y.square()
}

/// Section 8.5.
fn opening<E: Challenge>(
    task: &Task<'_>,
    at: &RowPoint<E>,
    gamma: E,
    values: &[E],
    proof: &OpeningProof<E>,
    transcript: &mut Spec,
) -> Result<Opened<E>, Refusal> {
    let layout = task.layout;
    count(&proof.low, 10)?;
    count(&proof.pages, layout.page_bits())?;
    count(&proof.phases, layout.matrices.len())?;
    count(&proof.words, layout.matrices.len())?;
    let column_bits = (0..layout.page_bits()).filter(|bit| layout.is_column_bit(*bit));
    count(&proof.column_nonces, column_bits.count())?;
    let powers: Vec<E> = gamma.powers().take(values.len()).collect();
    let mut claim = dot(&powers, values);
    let mut y = Vec::new();
    for message in &proof.low {
        y.push(transcript.draw("low", message));
        claim = step(claim, *message, y[y.len() - 1]);
    }
    let low = extension(&at.low(), &y);
    task.require("weight", low != E::ZERO)?;
    let mut nonces = proof.column_nonces.iter();
    for (bit, message) in proof.pages.iter().enumerate() {
        let mut elements = &message[..];
        if layout.is_column_bit(bit) {
            transcript.send("page", &element_bytes(message));
            let bits = task.parameters.columns_work_bits;
            let works = transcript.work("columns", bits, *nonces.next().unwrap());
            task.require("columns work", works)?;
            elements = &[];
        }
        y.push(transcript.draw("page", elements));
        claim = step(claim, *message, y[y.len() - 1]);
    }
    let mut sum = E::ZERO;
    for (matrix, value) in layout.matrices.iter().zip(&proof.phases) {
        let (own, beyond) = y[10..].split_at(matrix.page_bits as usize);
        let zero: E = beyond.iter().map(|y| E::ONE - *y).product();
        let pages = page_weights(layout, matrix, at, &powers);
        sum += dot(&pages, &eq_table(own)[..pages.len()]) * *value * zero.square();
    }
    task.require("phases", low * sum == claim)?;
    let delta = transcript.draw("phases", &proof.phases);
    let point = one_point(task, &y, delta, proof, transcript)?;
    let columns = |matrix: &Matrix| y[matrix.m as usize..][..matrix.column_bits().len()].to_vec();
    Ok(Opened {
        columns: layout.matrices.iter().map(columns).collect(),
        point,
    })
}

/// `g_p` of all pages.
fn page_weights<E: Challenge>(
    layout: &Layout,
    matrix: &Matrix,
    at: &RowPoint<E>,
    powers: &[E],
) -> Vec<E> {
    let eq_page = eq_table(&at.page);
    let weight = |Page { column, page }: &Page| {
        let number = layout.value(*column).unwrap();
        powers[number] * eq_page[*page]
    };
    matrix.pages.iter().map(weight).collect()
}

/// Step 3 of section 8.5: the point of the words.
fn one_point<E: Challenge>(
    task: &Task<'_>,
    y: &[E],
    delta: E,
    proof: &OpeningProof<E>,
    transcript: &mut Spec,
) -> Result<Vec<E>, Refusal> {
    let log_height = task.layout.log_height();
    count(&proof.point, log_height as usize)?;
    let powers: Vec<E> = delta.powers().take(proof.phases.len()).collect();
    let mut claim = dot(&powers, &proof.phases);
    let mut s = Vec::new();
    for message in &proof.point {
        s.push(transcript.draw("point", message));
        claim = step(claim, *message, s[s.len() - 1]);
    }
    let mut sum = E::ZERO;
    for ((matrix, word), power) in task.layout.matrices.iter().zip(&proof.words).zip(powers) {
        let z = &y[..matrix.m as usize];
        let q = log_height - matrix.m;
        let factor = E::TWO.exp_u64(q.into()).try_inverse().unwrap();
        let first = (E::ONE - z[0]) * (E::ONE - s[0]) + factor * z[0] * s[0];
        let weight = first * eq_points(&z[1..], &s[q as usize + 1..]);
        sum += power * *word * weight;
    }
    task.require("words", sum == claim)?;
    Ok(s)
}

/// Sections 8.6 and 8.7.
fn words<E: Challenge>(
    task: &Task<'_>,
    roots: &[Option<Digest>],
    opened: &Opened<E>,
    values: &[E],
    proof: &WordsProof<E>,
    transcript: &mut Spec,
) -> Result<(), Refusal> {
    let layout = task.layout;
    let parameters = task.parameters;
    transcript.send("words", &element_bytes(values));
    let works = transcript.work("words", parameters.words_work_bits, proof.nonce);
    task.require("words work", works)?;
    let delta: E = transcript.draw("words", &[]);
    let powers: Vec<E> = delta.powers().take(values.len()).collect();
    let challenges = halvings(task, dot(&powers, values), &opened.point, proof, transcript)?;
    let works = transcript.work("query", parameters.query_work_bits, proof.query_nonce);
    task.require("query work", works)?;
    let log_domain = layout.log_height() + 1;
    let positions = transcript.positions("query", parameters.queries, log_domain);
    count(&proof.rows, layout.matrices.len())?;
    // What the word holds at each of the places.
    let places = positions.iter().map(|t| place(log_domain, *t));
    let mut word: Vec<(usize, E)> = places.map(|place| (place, E::ZERO)).collect();
    for (number, matrix) in layout.matrices.iter().enumerate() {
        let shift = layout.log_height() - matrix.m;
        let rows = distinct(&positions, shift);
        let opening = &proof.rows[number];
        count(&opening.cells, rows.len() * matrix.width)?;
        let cells = rows.iter().copied().zip(opening.cells.chunks(matrix.width));
        let leaves: Vec<_> = cells
            .clone()
            .map(|(row, cells)| (row, cell_bytes(cells.iter().copied())))
            .collect();
        let root = root_of(matrix.m + 1, &leaves, &opening.siblings);
        let is_root = root.is_some() && root == roots[matrix.phase];
        task.require("root of rows", is_root)?;
        let weights = eq_table(&opened.columns[number]);
        for (position, (_, sum)) in positions.iter().zip(&mut word) {
            let (_, row) = cells
                .clone()
                .find(|(row, _)| *row == position >> shift)
                .unwrap();
            let terms = row.iter().zip(&weights);
            let value: E = terms.map(|(cell, weight)| weight.mul_base(*cell)).sum();
            *sum += powers[number] * value;
        }
    }
    folds(task, word, &challenges, proof)
}

/// The challenges of all halvings, and that they are about the value.
fn halvings<E: Challenge>(
    task: &Task<'_>,
    mut claim: E,
    point: &[E],
    proof: &WordsProof<E>,
    transcript: &mut Spec,
) -> Result<Vec<E>, Refusal> {
    let arities = task.layout.folds();
    count(&proof.rounds, arities.len())?;
    let mut challenges = Vec::new();
    for (round, arity) in proof.rounds.iter().zip(arities) {
        count(&round.halves, arity as usize)?;
        count(&round.nonces, arity as usize)?;
        transcript.send("fold", &round.root);
        for ([a, b], nonce) in round.halves.iter().zip(&round.nonces) {
            let s = point[challenges.len()];
            task.require("halves", line(*a, *b, s) == claim)?;
            transcript.send("halves", &element_bytes(&[*a, *b]));
            let bits = task.parameters.fold_work_bits;
            let works = transcript.work("fold", bits, *nonce);
            task.require("fold work", works)?;
            let c = transcript.draw("halves", &[]);
            claim = line(*a, *b, c);
            challenges.push(c);
        }
    }
    count(&proof.last, 64)?;
    let value = extension(&proof.last, &point[challenges.len()..]);
    task.require("final", value == claim)?;
    transcript.send("final", &element_bytes(&proof.last));
    Ok(challenges)
}

/// The leaves of all rounds: `word` is what the first must hold, by place.
fn folds<E: Challenge>(
    task: &Task<'_>,
    mut word: Vec<(usize, E)>,
    challenges: &[E],
    proof: &WordsProof<E>,
) -> Result<(), Refusal> {
    let log_domain = task.layout.log_height() + 1;
    let mut depth = 0;
    for round in &proof.rounds {
        let arity = round.halves.len();
        let places: Vec<usize> = word.iter().map(|(place, _)| *place).collect();
        let leaves = distinct(&places, arity as u32);
        let entries = &round.opening.entries;
        count(entries, leaves.len() << arity)?;
        let leaves: Vec<(usize, &[E])> =
            leaves.into_iter().zip(entries.chunks(1 << arity)).collect();
        for (place, value) in &word {
            let (leaf, entries) = leaves[leaves.partition_point(|(l, _)| *l < place >> arity)];
            let holds = entries[place - (leaf << arity)] == *value;
            task.require(if depth == 0 { "first leaf" } else { "leaf" }, holds)?;
        }
        let hashed: Vec<_> = leaves
            .iter()
            .map(|(leaf, entries)| (*leaf, leaf_bytes(entries)))
            .collect();
        let height = log_domain - depth - arity as u32;
        let root = root_of(height, &hashed, &round.opening.siblings);
        task.require("root of fold", root == Some(round.root))?;
        word = leaves
            .into_iter()
            .map(|(leaf, entries)| (leaf, fold(log_domain, depth, leaf, entries, challenges)))
            .collect();
        depth += arity as u32;
    }
    for (place, value) in word {
        let x = point(8, 0, place).x;
        let holds = evaluate_line(&proof.last, x) == value;
        task.require("last leaf", holds)?;
    }
    Ok(())
}

/// What the values of a leaf fold to, after `depth` halvings.
fn fold<E: Challenge>(
    log_domain: u32,
    mut depth: u32,
    leaf: usize,
    entries: &[E],
    challenges: &[E],
) -> E {
    let mut values = entries.to_vec();
    while values.len() > 1 {
        let first = leaf * (values.len() / 2);
        let pairs = values.chunks(2).enumerate();
        let folded = pairs.map(|(pair, values)| {
            let pair = first + pair;
            let w = match depth {
                0 => point(log_domain, 0, pair).y,
                depth => point(log_domain + 1 - depth, 0, 2 * pair).x,
            };
            let f0 = (values[0] + values[1]).halve();
            let f1 = (values[0] - values[1]).halve() * E::from_base(w).try_inverse().unwrap();
            line(f0, f1, challenges[depth as usize])
        });
        values = folded.collect();
        depth += 1;
    }
    values[0]
}
