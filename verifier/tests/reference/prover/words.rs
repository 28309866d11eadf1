//! Low degree and value, and the queries: sections 8.6 and 8.7.

use zonda_verifier::{
    Challenge,
    preset::Parameters,
    proof::FoldOpening,
    words::{RoundProof, RowsOpening, WordsProof},
};

use super::{Committed, Prover, Session, opening::Claims};
use crate::{
    circle::{Halvings, place},
    layout::Layout,
    multilinear::{bind, eq_table, extension},
    spec::element_bytes,
    tree::{Tree, distinct},
};

/// The bytes of a leaf: coordinate 0 of all values, then coordinate 1, and so on.
pub fn leaf_bytes<E: Challenge>(values: &[E]) -> Vec<u8> {
    let coordinates = (0..E::DEGREE).flat_map(|c| values.iter().map(move |v| v.coordinate(c)));
    crate::spec::cell_bytes(coordinates)
}

/// A word: its values in the order of memory, and its tree.
struct Word<E> {
    values: Vec<E>,
    log_arity: u32,
    tree: Tree,
}

/// The polynomial whose word is folded.
fn combined<E: Challenge>(words: &[Vec<E>], delta: E) -> Vec<E> {
    let mut sum = vec![E::ZERO; words[0].len()];
    let mut power = E::ONE;
    for word in words {
        sum.iter_mut()
            .zip(word)
            .for_each(|(sum, c)| *sum += power * *c);
        power *= delta;
    }
    sum
}

/// The even or the odd coefficients.
fn half<E: Challenge>(coefficients: &[E], odd: usize) -> Vec<E> {
    coefficients.iter().skip(odd).step_by(2).copied().collect()
}

/// All rounds of folding, and the last coefficients.
fn prove_folding<E: Challenge, P: Prover<E>>(
    layout: &Layout,
    mut coefficients: Vec<E>,
    mut point: &[E],
    work: u32,
    proof: &mut WordsProof<E>,
    session: &mut Session<'_, P>,
) -> Vec<Word<E>> {
    let halvings = Halvings::new(layout.log_height() + 1);
    let mut depth = 0;
    let mut folded = Vec::new();
    for (number, log_arity) in layout.folds().into_iter().enumerate() {
        let mut values = halvings.values(&coefficients, depth, E::mul_base);
        session.prover.word(number, &mut values);
        let tree = Tree::new(values.chunks(1 << log_arity).map(leaf_bytes));
        session.transcript.send("fold", &tree.root());
        let mut round = RoundProof {
            root: tree.root(),
            ..RoundProof::default()
        };
        for _ in 0..log_arity {
            let s;
            (s, point) = (point[0], &point[1..]);
            let mut halves = [0, 1].map(|odd| extension(&half(&coefficients, odd), point));
            session.tell("halves", &[E::ONE - s, s], &mut halves);
            let (nonce, c) = session.worked("halves", &halves, ("fold", work));
            coefficients = bind(&coefficients, c);
            round.halves.push(halves);
            round.nonces.push(nonce);
            depth += 1;
        }
        folded.push(Word {
            values,
            log_arity,
            tree,
        });
        proof.rounds.push(round);
    }
    proof.last = coefficients;
    session.tell("final", &eq_table(point), &mut proof.last);
    session
        .transcript
        .send("final", &element_bytes(&proof.last));
    folded
}

/// `words` are the values sent of each phase's word.
pub fn prove<E: Challenge, P: Prover<E>>(
    layout: &Layout,
    committed: &[Committed],
    claims: &Claims<E>,
    words: &[E],
    parameters: &Parameters,
    session: &mut Session<'_, P>,
) -> WordsProof<E> {
    let mut proof = WordsProof::default();
    let delta;
    let work = ("words", parameters.words_work_bits);
    (proof.nonce, delta) = session.worked("words", words, work);
    let word = combined(&claims.words, delta);
    let work = parameters.fold_work_bits;
    let folded = prove_folding(layout, word, &claims.point, work, &mut proof, session);
    proof.query_nonce = session.work("query", parameters.query_work_bits);
    let log_domain = layout.log_height() + 1;
    let transcript = &mut session.transcript;
    let positions = transcript.positions("query", parameters.queries, log_domain);
    for (matrix, committed) in layout.matrices.iter().zip(committed) {
        let rows = distinct(&positions, layout.log_height() - matrix.m);
        let cells = rows.iter().flat_map(|t| committed.rows[*t].clone());
        proof.rows.push(RowsOpening {
            cells: cells.collect(),
            siblings: committed.tree.siblings(&rows),
        });
    }
    let places = positions.into_iter().map(|t| place(log_domain, t));
    let mut places: Vec<usize> = places.collect();
    for (round, word) in proof.rounds.iter_mut().zip(&folded) {
        places = distinct(&places, word.log_arity);
        round.opening = word.open(&places);
    }
    proof
}

impl<E: Challenge> Word<E> {
    fn open(&self, leaves: &[usize]) -> FoldOpening<E> {
        let values = |leaf: &usize| {
            let start = leaf << self.log_arity;
            self.values[start..start + (1 << self.log_arity)].to_vec()
        };
        FoldOpening {
            entries: leaves.iter().flat_map(values).collect(),
            siblings: self.tree.siblings(leaves),
        }
    }
}
