//! Rows and leaves at the positions.

use rayon::prelude::*;
use zonda_circuits::F;
use zonda_verifier::{
    circle::place,
    merkle::distinct,
    steps::Steps,
    sums::{
        opening::present,
        pages::{Layout, PHASES},
        words::{RoundProof, RowsOpening, WordsProof, label},
    },
    transcript::element_bytes,
};

use super::{Input, Word};
use crate::engine::{challenge::ProverChallenge, commit::Commitment, openings, work::work};

/// Does the work before the positions, draws them, and opens the phases and the words of all rounds there: the end of
/// what is sent. `nonce` is that of the first work.
pub fn answer<E: ProverChallenge>(
    input: &Input<'_>,
    nonce: u64,
    mut rounds: Vec<RoundProof<E>>,
    words: &[(Word, u32)],
    last: Vec<E>,
    transcript: &mut Steps,
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
    let committed = words
        .iter()
        .map(|(word, fold)| (&word.values, &word.tree, *fold));
    let openings = openings::folds(committed, &positions, log_size);
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
        let siblings = commitment.siblings(&positions);
        let [group] = &commitment.groups[..] else {
            unreachable!("a phase with a matrix has one group");
        };
        let row = |t: usize| {
            let place = place(matrix.log_height + 1, t);
            (0..matrix.width).map(move |column| F::new(group.get(place, column)))
        };
        // Rows are far apart: all threads wait for memory at the same time.
        let cells = positions.into_par_iter().flat_map_iter(row).collect();
        RowsOpening { cells, siblings }
    });
    phases.collect()
}
