//! Commitment to columns: the portable definition, which the prover's faster one must agree with.
//!
//! Sections 5 and 6 of the protocol. The verifier needs it to derive keys only.

use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_circuits::F;

use crate::{
    circle::place,
    interpolate::{Twiddles, coefficients, values},
    layout::{Group, Phase},
    merkle::put_row,
    preset::LOG_BLOWUP,
    proof::Digest,
};

/// The root of a phase whose instances have these columns, of power-of-two heights.
pub fn root(instances: &[&RowMajorMatrix<F>]) -> Digest {
    let widths: Vec<_> = instances
        .iter()
        .map(|matrix| (log_height(matrix), matrix.width()))
        .collect();
    let phase = Phase::new(&widths, 0);
    let mut bytes = Vec::new();
    let mut nodes: Vec<Digest> = Vec::new();
    for log_size in (0..=phase.log_size()).rev() {
        let extended: Vec<_> = phase
            .groups
            .iter()
            .filter(|group| group.log_size() == log_size)
            .flat_map(|group| extend(group, instances))
            .collect();
        let mut row = |below: &[Digest], position: usize| {
            bytes.clear();
            below.iter().for_each(|digest| bytes.extend(digest));
            let place = place(log_size, position);
            for column in &extended {
                put_row(&mut bytes, column.get(place..=place).unwrap_or_default());
            }
            *blake3::hash(&bytes).as_bytes()
        };
        nodes = if nodes.is_empty() {
            let size = 1_usize.wrapping_shl(log_size);
            (0..size).map(|position| row(&[], position)).collect()
        } else {
            let pairs = nodes.chunks(2).enumerate();
            pairs.map(|(position, pair)| row(pair, position)).collect()
        };
    }
    nodes.first().copied().unwrap_or_default()
}

/// The columns of a group on the larger domain, each in the order of memory.
fn extend(group: &Group, instances: &[&RowMajorMatrix<F>]) -> Vec<Vec<F>> {
    let inverted = Twiddles::new(group.log_height).invert();
    let twiddles = Twiddles::new(group.log_size());
    let members = instances
        .iter()
        .filter(|matrix| log_height(matrix) == group.log_height);
    let mut columns = Vec::with_capacity(group.width);
    for matrix in members {
        for index in 0..matrix.width() {
            let cells = matrix.values.iter().skip(index).step_by(matrix.width());
            let mut column: Vec<F> = cells.copied().collect();
            coefficients(&mut column, &inverted);
            column.resize(column.len().wrapping_shl(LOG_BLOWUP), F::ZERO);
            values(&mut column, &twiddles);
            columns.push(column);
        }
    }
    columns
}

fn log_height(matrix: &RowMajorMatrix<F>) -> u32 {
    matrix.height().checked_ilog2().unwrap_or(0)
}
