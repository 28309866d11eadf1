//! Rows and leaves at the positions.

use rayon::prelude::*;
use zonda_circuits::F;
use zonda_verifier::{
    circle::place,
    proof::FoldOpening,
    sums::{
        opening::present,
        pages::{Layout, PHASES},
        words::RowsOpening,
    },
};

use super::Word;
use crate::engine::{challenge::ProverChallenge, commit::Commitment};

/// The rows of each phase that has a matrix, at sorted, distinct positions of the largest domain.
pub fn rows(
    layout: &Layout,
    commitments: &[&Commitment; PHASES],
    positions: &[usize],
) -> Vec<RowsOpening> {
    let phases = present(layout).map(|(phase, matrix)| {
        let commitment = commitments[phase];
        let lift = layout.log_height() - matrix.log_height;
        let mut positions: Vec<usize> = positions.iter().map(|t| t >> lift).collect();
        positions.dedup();
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

/// The leaves of every round of folding.
pub fn leaves<E: ProverChallenge>(
    words: &[(Word, u32)],
    positions: &[usize],
    log_size: u32,
) -> Vec<FoldOpening<E>> {
    let mut places: Vec<usize> = positions.iter().map(|t| place(log_size, *t)).collect();
    let openings = words.iter().map(|(word, fold)| {
        places.iter_mut().for_each(|place| *place >>= fold);
        places.sort_unstable();
        places.dedup();
        let entry = |place: usize| {
            E::from_coordinates_fn(|coordinate| F::new(word.values[coordinate][place]))
        };
        let leaf = |leaf: &usize| (leaf << fold..(leaf + 1) << fold).map(entry);
        FoldOpening {
            entries: places.iter().flat_map(leaf).collect(),
            siblings: word.tree.open(&places),
        }
    });
    openings.collect()
}
