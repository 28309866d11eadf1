//! The opening of the values: section 8.5.

use zonda_circuits::F;
use zonda_verifier::{Challenge, opening::OpeningProof, preset::Parameters};

use super::{Prover, Session};
use crate::{
    layout::{Layout, Matrix, PAGE, Page},
    lift::{lift, lifted_weight},
    multilinear::{bind, eq_table, extension},
    point::RowPoint,
};

/// Of each phase the coefficients of its word, lifted; and the point at which their values are sent.
pub struct Claims<E> {
    pub words: Vec<Vec<E>>,
    pub point: Vec<E>,
}

/// `s(0)` and the coefficient of the square, of a sum of products of two multilinear functions.
fn round<E: Challenge>(products: &[(Vec<E>, Vec<E>)]) -> [E; 2] {
    let mut message = [E::ZERO; 2];
    for (a, b) in products {
        let (a, []) = a.as_chunks() else { panic!() };
        let (b, []) = b.as_chunks() else { panic!() };
        for ([a0, a1], [b0, b1]) in a.iter().zip(b) {
            message[0] += *a0 * *b0;
            message[1] += (*a1 - *a0) * (*b1 - *b0);
        }
    }
    message
}

fn bind_all<E: Challenge>(products: &mut [(Vec<E>, Vec<E>)], x: E) {
    for (a, b) in products {
        (*a, *b) = (bind(a, x), bind(b, x));
    }
}

/// Rounds without work: messages and challenges.
fn rounds<E: Challenge, P: Prover<E>>(
    label: &'static str,
    products: &mut [(Vec<E>, Vec<E>)],
    session: &mut Session<'_, P>,
) -> (Vec<[E; 2]>, Vec<E>) {
    let (mut messages, mut point) = (Vec::new(), Vec::new());
    while products[0].0.len() > 1 {
        let message = session.message(label, round(products));
        let y = session.transcript.draw(label, &message);
        bind_all(products, y);
        messages.push(message);
        point.push(y);
    }
    (messages, point)
}

/// The weights `g_p` of a phase's pages.
fn page_weights<E: Challenge>(
    layout: &Layout,
    matrix: &Matrix,
    at: &RowPoint<E>,
    gamma: E,
) -> Vec<E> {
    let eq_page = eq_table(&at.page);
    let weight = |Page { column, page }: &Page| {
        let number = layout.value(*column).unwrap();
        gamma.exp_u64(number as u64) * eq_page[*page]
    };
    matrix.pages.iter().map(weight).collect()
}

/// The cells of a page of a phase after another.
fn pages(columns: &[Vec<F>]) -> impl Iterator<Item = &[F]> {
    columns.iter().flat_map(|column| column.chunks(PAGE))
}

fn combine<E: Challenge>(weights: &[E], cells: impl IntoIterator<Item = F>) -> E {
    let terms = weights.iter().zip(cells);
    terms.map(|(weight, cell)| weight.mul_base(cell)).sum()
}

/// Step 1: the sum over the low bits, at the point with which it ends.
fn prove_low<E: Challenge, P: Prover<E>>(
    phases: &[Phase<'_, E>],
    at: &RowPoint<E>,
    session: &mut Session<'_, P>,
) -> (Vec<[E; 2]>, Vec<E>) {
    let mut u = vec![E::ZERO; PAGE];
    for phase in phases {
        for (page, weight) in pages(phase.columns).zip(&phase.weights) {
            for (sum, cell) in u.iter_mut().zip(page) {
                *sum += weight.mul_base(*cell);
            }
        }
    }
    rounds("low", &mut [(at.low(), u)], session)
}

/// A phase: its matrix, its columns and the weights of its pages.
struct Phase<'a, E> {
    matrix: &'a Matrix,
    columns: &'a [Vec<F>],
    weights: Vec<E>,
}

/// Step 2: the page bits, whose challenges are added to `y`.
fn prove_pages<E: Challenge, P: Prover<E>>(
    layout: &Layout,
    phases: &[Phase<'_, E>],
    low: E,
    y: &mut Vec<E>,
    (work, proof): (u32, &mut OpeningProof<E>),
    session: &mut Session<'_, P>,
) {
    let eq_low = eq_table(y);
    let at_low = |page: &[F]| combine(&eq_low, page.iter().copied());
    let sequence = |phase: &Phase<'_, E>| pages(phase.columns).map(at_low).collect();
    let sequences: Vec<Vec<E>> = phases.iter().map(sequence).collect();
    let filled = |mut values: Vec<E>, bits: usize| {
        values.resize(1 << bits, E::ZERO);
        values
    };
    let bits = layout.page_bits();
    let product = |(phase, pages): (&Phase<'_, E>, &Vec<E>)| {
        let weights = phase.weights.iter().map(|weight| *weight * low).collect();
        (filled(weights, bits), filled(pages.clone(), bits))
    };
    let mut products: Vec<_> = phases.iter().zip(&sequences).map(product).collect();
    for bit in 0..bits {
        let message = session.message("page", round(&products));
        let challenge = if layout.is_column_bit(bit) {
            let (nonce, challenge) = session.worked("page", &message, ("columns", work));
            proof.column_nonces.push(nonce);
            challenge
        } else {
            session.transcript.draw("page", &message)
        };
        bind_all(&mut products, challenge);
        proof.pages.push(message);
        y.push(challenge);
    }
    let mut weights = Vec::new();
    for ((phase, pages), (weight, _)) in phases.iter().zip(sequences).zip(&products) {
        let own_bits = phase.matrix.page_bits as usize;
        let (own, beyond) = y[10..].split_at(own_bits);
        proof.phases.push(extension(&filled(pages, own_bits), own));
        weights.push(weight[0] * beyond.iter().map(|y| E::ONE - *y).product::<E>());
    }
    session.tell("phases", &weights, &mut proof.phases);
}

/// Step 3: one point for all words.
fn prove_point<E: Challenge, P: Prover<E>>(
    layout: &Layout,
    phases: &[Phase<'_, E>],
    y: &[E],
    delta: E,
    proof: &mut OpeningProof<E>,
    session: &mut Session<'_, P>,
) -> Claims<E> {
    let log_height = layout.log_height();
    let (mut words, mut products) = (Vec::new(), Vec::new());
    for (phase, power) in phases.iter().zip(delta.powers()) {
        let m = phase.matrix.m as usize;
        let eq_columns = eq_table(&y[m..][..phase.matrix.column_bits().len()]);
        let cells = |row| phase.columns.iter().map(move |column: &Vec<F>| column[row]);
        let column = (0..1 << m).map(|row| combine(&eq_columns, cells(row)));
        let column: Vec<E> = column.collect();
        let q = log_height - phase.matrix.m;
        let word = lift(&column, q);
        let weight = |x| power * lifted_weight(&y[..m], q, x);
        products.push(((0..1 << log_height).map(weight).collect(), word.clone()));
        words.push(word);
    }
    let point;
    (proof.point, point) = rounds("point", &mut products, session);
    proof.words = words.iter().map(|word| extension(word, &point)).collect();
    let weights: Vec<E> = products.iter().map(|(weight, _)| weight[0]).collect();
    session.tell("words", &weights, &mut proof.words);
    Claims { words, point }
}

/// `columns` are the coefficients of each phase.
pub fn prove<E: Challenge, P: Prover<E>>(
    layout: &Layout,
    columns: &[&[Vec<F>]],
    at: &RowPoint<E>,
    gamma: E,
    parameters: &Parameters,
    session: &mut Session<'_, P>,
) -> (OpeningProof<E>, Claims<E>) {
    let phases = layout.matrices.iter().zip(columns);
    let phases = phases.map(|(matrix, columns)| Phase {
        weights: page_weights(layout, matrix, at, gamma),
        matrix,
        columns,
    });
    let phases: Vec<Phase<'_, E>> = phases.collect();
    let mut proof = OpeningProof::default();
    let mut y;
    (proof.low, y) = prove_low(&phases, at, session);
    let low = extension(&at.low(), &y);
    let work = parameters.columns_work_bits;
    prove_pages(layout, &phases, low, &mut y, (work, &mut proof), session);
    let delta = session.transcript.draw("phases", &proof.phases);
    let claims = prove_point(layout, &phases, &y, delta, &mut proof, session);
    (proof, claims)
}
