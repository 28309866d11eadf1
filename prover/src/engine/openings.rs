//! The openings at the query positions: rows of the phases, leaves of the folds.

use rayon::prelude::*;
use zonda_circuits::F;
use zonda_kernels::Tree;
use zonda_verifier::{
    circle::place,
    layout::Phase,
    merkle::distinct,
    proof::{FoldOpening, PhaseOpening},
};

use super::{challenge::ProverChallenge, commit::Commitment, quotient::Coordinates};

/// A phase's rows and siblings at sorted, distinct positions of the largest domain.
pub fn rows(
    phase: &Phase,
    commitment: &Commitment,
    queries: &[usize],
    log_size: u32,
) -> PhaseOpening {
    let rows = phase
        .groups
        .iter()
        .zip(&commitment.groups)
        .map(|(columns, group)| {
            let positions = distinct(queries, log_size - columns.log_size());
            let row = |t: usize| {
                let place = place(columns.log_size(), t);
                (0..columns.width).map(move |column| F::new(group.get(place, column)))
            };
            // Rows are far apart: all threads wait for memory at the same time.
            positions.into_par_iter().flat_map_iter(row).collect()
        })
        .collect();
    let positions = distinct(queries, log_size - phase.log_size());
    PhaseOpening {
        rows,
        siblings: commitment.siblings(&positions),
    }
}

/// The leaves and siblings of every round of folding, at positions of the domain of `2^log_size` points. Of a round
/// come its values, its tree, and the logarithm of the entries of a leaf.
pub fn folds<'a, E: ProverChallenge>(
    rounds: impl IntoIterator<Item = (&'a Coordinates, &'a Tree, u32)>,
    queries: &[usize],
    log_size: u32,
) -> Vec<FoldOpening<E>> {
    let mut places: Vec<usize> = queries.iter().map(|t| place(log_size, *t)).collect();
    let openings = rounds.into_iter().map(|(values, tree, log_arity)| {
        places = distinct(&places, log_arity);
        let entry =
            |place: usize| E::from_coordinates_fn(|coordinate| F::new(values[coordinate][place]));
        let leaf = |leaf: &usize| (leaf << log_arity..(leaf + 1) << log_arity).map(entry);
        FoldOpening {
            entries: places.iter().flat_map(leaf).collect(),
            siblings: tree.open(&places),
        }
    });
    openings.collect()
}
