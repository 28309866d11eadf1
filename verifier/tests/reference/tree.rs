//! Committed columns: extension, trees, openings.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::F;
use zonda_verifier::{
    circle::place,
    interpolate::{Twiddles, coefficients, values},
    layout::Phase,
    merkle::{distinct, missing, put_row},
    proof::{Digest, PhaseOpening},
};

/// The layers of a tree, from the leaves.
#[derive(Clone)]
pub struct Tree(Vec<Vec<Digest>>);

impl Tree {
    /// A tree whose node `i` of a layer of `2^log_size` hashes its children and `bytes(log_size, i)`.
    pub fn new(log_size: u32, bytes: impl Fn(u32, usize) -> Vec<u8>) -> Self {
        let leaf = |i| *blake3::hash(&bytes(log_size, i)).as_bytes();
        let mut layers: Vec<Vec<Digest>> = vec![(0..1 << log_size).map(leaf).collect()];
        for log_size in (0..log_size).rev() {
            let below = layers.last().unwrap();
            let node = |i: usize| {
                let parts = [&below[2 * i][..], &below[2 * i + 1], &bytes(log_size, i)];
                *blake3::hash(&parts.concat()).as_bytes()
            };
            let layer = (0..1 << log_size).map(node).collect();
            layers.push(layer);
        }
        Self(layers)
    }

    pub fn root(&self) -> Digest {
        self.0.last().unwrap()[0]
    }

    pub fn siblings(&self, leaves: &[usize]) -> Vec<Digest> {
        let log_size = self.0.len() as u32 - 1;
        let missing = missing(log_size, leaves).into_iter();
        missing
            .map(|(level, index)| self.0[level as usize][index])
            .collect()
    }
}

/// Per group its columns, extended, by position.
pub type Groups = Vec<Vec<Vec<F>>>;

/// A phase: what the prover computes with, and what it has committed to.
#[derive(Clone)]
pub struct Committed {
    pub known: Groups,
    pub told: Groups,
    pub tree: Tree,
}

impl Committed {
    /// Commits to columns of coefficients, per group, after `lie` has changed them.
    pub fn new(
        phase: &Phase,
        coefficients: &[Vec<Vec<F>>],
        lie: impl FnOnce(&mut Groups, &mut Groups),
    ) -> Self {
        let mut known: Groups = phase
            .groups
            .iter()
            .zip(coefficients)
            .map(|(group, columns)| {
                assert_eq!(columns.len(), group.width);
                let twiddles = Twiddles::new(group.log_size());
                let extend = |column: &Vec<F>| {
                    let mut column = column.clone();
                    column.resize(1 << group.log_size(), F::ZERO);
                    values(&mut column, &twiddles);
                    let positions = 0..1 << group.log_size();
                    positions
                        .map(|t| column[place(group.log_size(), t)])
                        .collect()
                };
                columns.iter().map(extend).collect()
            })
            .collect();
        let mut told = known.clone();
        lie(&mut known, &mut told);
        let bytes = |log_size, index: usize| {
            let mut bytes = Vec::new();
            for (group, columns) in phase.groups.iter().zip(&told) {
                if group.log_size() == log_size {
                    let row: Vec<F> = columns.iter().map(|column| column[index]).collect();
                    put_row(&mut bytes, &row);
                }
            }
            bytes
        };
        let tree = Tree::new(phase.log_size(), bytes);
        Self { known, told, tree }
    }

    /// The root; zero if there is nothing to commit to.
    pub fn root(&self) -> Digest {
        match self.told.len() {
            0 => Digest::default(),
            _ => self.tree.root(),
        }
    }

    pub fn open(&self, phase: &Phase, log_domain: u32, positions: &[usize]) -> PhaseOpening {
        if phase.groups.is_empty() {
            return PhaseOpening::default();
        }
        let rows = |(group, columns): (&zonda_verifier::layout::Group, &Vec<Vec<F>>)| {
            distinct(positions, log_domain - group.log_size())
                .into_iter()
                .flat_map(|t| columns.iter().map(move |column| column[t]))
                .collect()
        };
        let leaves = distinct(positions, log_domain - phase.log_size());
        PhaseOpening {
            rows: phase.groups.iter().zip(&self.told).map(rows).collect(),
            siblings: self.tree.siblings(&leaves),
        }
    }
}

/// The coefficients of values on a domain.
pub fn interpolate(column: &[F]) -> Vec<F> {
    let inverted = Twiddles::new(column.len().ilog2()).invert();
    let mut column = column.to_vec();
    coefficients(&mut column, &inverted);
    column
}
