//! The openings at the query positions: rows of the phases, leaves of the folds.

use rayon::prelude::*;
use zonda_circuits::F;
use zonda_kernels::Tree;
use zonda_verifier::{
    circle::place,
    layout::Phase,
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
            let mut positions: Vec<usize> = queries
                .iter()
                .map(|t| t >> (log_size - columns.log_size()))
                .collect();
            positions.dedup();
            let row = |t: usize| {
                let place = place(columns.log_size(), t);
                (0..columns.width).map(move |column| F::new(group.get(place, column)))
            };
            // Rows are far apart: all threads wait for memory at the same time.
            positions.into_par_iter().flat_map_iter(row).collect()
        })
        .collect();
    let mut positions: Vec<usize> = queries
        .iter()
        .map(|t| t >> (log_size - phase.log_size()))
        .collect();
    positions.dedup();
    PhaseOpening {
        rows,
        siblings: commitment.siblings(&positions),
    }
}

/// The leaves and siblings of every round of folding.
pub fn folds<E: ProverChallenge>(
    layers: &[(Coordinates, Tree)],
    folds: &[u32],
    queries: &[usize],
    log_size: u32,
) -> Vec<FoldOpening<E>> {
    let mut places: Vec<usize> = queries.iter().map(|t| place(log_size, *t)).collect();
    let mut openings = Vec::new();
    for ((values, tree), log_arity) in layers.iter().zip(folds) {
        let arity = 1 << log_arity;
        places.iter_mut().for_each(|place| *place >>= log_arity);
        places.sort_unstable();
        places.dedup();
        let entry =
            |place: usize| E::from_coordinates_fn(|coordinate| F::new(values[coordinate][place]));
        openings.push(FoldOpening {
            entries: places
                .iter()
                .flat_map(|leaf| (leaf * arity..(leaf + 1) * arity).map(entry))
                .collect(),
            siblings: tree.open(&places),
        });
    }
    openings
}
