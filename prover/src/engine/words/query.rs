//! Rows and leaves at the positions.

use rayon::prelude::*;
use zonda_circuits::F;
use zonda_verifier::{
    circle::place,
    fri::put_leaf,
    layout::{Layout, PHASES},
    merkle::{distinct, put_row},
    opening::present,
    proof::FoldOpening,
    protocol::label,
    transcript::Transcript,
    transcript::element_bytes,
    words::{RoundProof, RowsOpening, WordsProof},
};

use super::{Input, Word};
use crate::engine::{challenge::ProverChallenge, commit::Commitment, work::work};

/// Does the work before the positions, draws them, and opens the phases and the words of all rounds there: the end of
/// what is sent. `nonce` is that of the first work.
pub fn answer<E: ProverChallenge>(
    input: &Input<'_>,
    nonce: u64,
    mut rounds: Vec<RoundProof<E>>,
    words: &[(Word, u32)],
    last: Vec<E>,
    transcript: &mut Transcript,
) -> WordsProof<E> {
    let Input {
        platform,
        layout,
        parameters,
        ..
    } = *input;
    transcript.send(label::FINAL, &element_bytes(&last));
    let query_nonce = work(
        platform,
        transcript,
        label::QUERY,
        parameters.query_work_bits,
    );
    let log_size = layout.log_size();
    let positions = transcript.positions(label::QUERY, parameters.queries, log_size);
    let positions = distinct(&positions, 0);
    let openings = folds(words, &positions, log_size);
    for (round, opening) in rounds.iter_mut().zip(openings) {
        round.opening = opening;
    }
    WordsProof {
        nonce,
        rounds,
        last,
        query_nonce,
        rows: rows(layout, &input.commitments, &positions),
    }
}

/// The rows of each phase that has a matrix, at sorted, distinct positions of the largest domain.
fn rows(
    layout: &Layout,
    commitments: &[&Commitment; PHASES],
    positions: &[usize],
) -> Vec<RowsOpening> {
    let phases = present(layout).map(|(phase, matrix)| {
        let commitment = commitments[phase];
        let lift = layout.log_height() - matrix.log_height;
        let positions = distinct(positions, lift);
        let opened = commitment.opened();
        let (group, tree) = opened.expect("a phase with a matrix is committed to");
        let row = |t: usize| {
            let place = place(matrix.log_height + 1, t);
            (0..matrix.width).map(move |column| F::new(group.get(place, column)))
        };
        let siblings = tree.open(&positions, |t| {
            let mut bytes = Vec::new();
            put_row(&mut bytes, &row(t).collect::<Vec<_>>());
            bytes
        });
        // Rows are far apart: all threads wait for memory at the same time.
        let cells = positions.into_par_iter().flat_map_iter(row).collect();
        RowsOpening { cells, siblings }
    });
    phases.collect()
}

/// The leaves and siblings of every round of folding, at positions of the domain of `2^log_size` points. Of a round
/// come its word, and the logarithm of the entries of a leaf.
fn folds<E: ProverChallenge>(
    words: &[(Word, u32)],
    queries: &[usize],
    log_size: u32,
) -> Vec<FoldOpening<E>> {
    let mut places: Vec<usize> = queries.iter().map(|t| place(log_size, *t)).collect();
    let openings = words.iter().map(|(Word { values, tree }, log_arity)| {
        places = distinct(&places, *log_arity);
        let entry =
            |place: usize| E::from_coordinates_fn(|coordinate| F::new(values[coordinate][place]));
        let leaf = |leaf: &usize| (leaf << log_arity..(leaf + 1) << log_arity).map(entry);
        FoldOpening {
            entries: places.iter().flat_map(leaf).collect(),
            siblings: tree.open(&places, |index| {
                let mut bytes = Vec::new();
                put_leaf::<E>(&mut bytes, &leaf(&index).collect::<Vec<_>>());
                bytes
            }),
        }
    });
    openings.collect()
}
