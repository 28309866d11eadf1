//! Merkle trees of committed rows and of codewords.

use rayon::prelude::*;

use crate::hash::{DIGEST, HashEntries, HashPairs, HashRows};
use crate::{Group, Platform};

/// Nodes that one task computes.
const TASK: usize = 1 << 9;

/// All digests of a Merkle tree.
///
/// Nodes are words, read little-endian: the digests are those of the plain BLAKE3 of bytes.
pub struct Tree {
    /// From the leaves to the root; 8 words for each node.
    layers: Vec<Vec<u32>>,
}

impl Tree {
    /// The tree of a phase: groups in descending order of heights, each a power of two.
    ///
    /// Leaf `t` is the digest of row `w` of the first group, where `t = w >> 1 | (w & 1) << (m - 1)`
    /// for 2^m rows. A node above is the digest of its two children, followed by its row of the
    /// group that has as many rows as the layer has nodes, if there is one.
    ///
    /// # Panics
    ///
    /// Without groups, with heights that do not descend or are below 2, or if a height is not a
    /// power of two.
    pub fn of_groups(platform: Platform, groups: &[&Group]) -> Self {
        let mut groups = groups.iter().peekable();
        let first = groups.next().expect("a tree has a group");
        let mut layers = vec![rows(platform, first, None)];
        loop {
            let below = layers.last().expect("the leaves");
            let nodes = below.len() / DIGEST / 2;
            if nodes == 0 {
                break;
            }
            let layer = match groups.next_if(|group| group.height() == nodes) {
                Some(group) => rows(platform, group, Some(below)),
                None => pairs(platform, below),
            };
            layers.push(layer);
        }
        assert!(groups.next().is_none(), "heights descend");
        Self { layers }
    }

    /// The tree of a codeword, given as columns of coordinates: leaf `i` is the digest of entries
    /// `i * arity` to `(i + 1) * arity`, coordinate by coordinate.
    ///
    /// # Panics
    ///
    /// If the arity is not 2, 4 or 8, if columns differ in length, or if the number of leaves is
    /// not a power of two.
    pub fn of_codeword(platform: Platform, columns: &[&[u32]], arity: usize) -> Self {
        let mut layers = vec![match arity {
            2 => entries::<2>(platform, columns),
            4 => entries::<4>(platform, columns),
            8 => entries::<8>(platform, columns),
            _ => panic!("no leaves of {arity} entries"),
        }];
        while let Some(below) = layers.last().filter(|below| below.len() > DIGEST) {
            layers.push(pairs(platform, below));
        }
        Self { layers }
    }

    /// The commitment.
    pub fn root(&self) -> [u8; 32] {
        self.node(self.layers.len() - 1, 0)
    }

    /// Number of leaves.
    pub fn leaves(&self) -> usize {
        self.layers[0].len() / DIGEST
    }

    /// The digests that, with the leaves at these positions, give the root: layer by layer from
    /// the leaves, by ascending index, every sibling that does not follow from the layer below.
    ///
    /// Positions are in any order and may repeat.
    pub fn open(&self, positions: &[usize]) -> Vec<[u8; 32]> {
        let mut known = positions.to_vec();
        known.sort_unstable();
        known.dedup();
        let mut siblings = Vec::new();
        for layer in 0..self.layers.len() - 1 {
            for (i, &node) in known.iter().enumerate() {
                // Only a neighbour in the list can be the sibling.
                let left = i > 0 && known[i - 1] == node ^ 1;
                let right = known.get(i + 1) == Some(&(node ^ 1));
                if !left && !right {
                    siblings.push(self.node(layer, node ^ 1));
                }
            }
            known.iter_mut().for_each(|node| *node >>= 1);
            known.dedup();
        }
        siblings
    }

    fn node(&self, layer: usize, index: usize) -> [u8; 32] {
        let mut bytes = [0; 32];
        let words = &self.layers[layer][DIGEST * index..][..DIGEST];
        for (bytes, word) in bytes.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

/// The layer of a group's rows.
fn rows(platform: Platform, group: &Group, below: Option<&[u32]>) -> Vec<u32> {
    let height = group.height();
    assert!(height.is_power_of_two() && height > 1, "a group has 2^m rows");
    let blocks = group.blocks();
    let children = below.map(|below| below.split_at(below.len() / 2).into());
    let mut layer = vec![0; DIGEST * height];
    let (even, odd) = layer.split_at_mut(DIGEST * height / 2);
    let even = even.par_chunks_mut(DIGEST * TASK);
    let odd = odd.par_chunks_mut(DIGEST * TASK);
    even.zip(odd).enumerate().for_each(|(task, (even, odd))| {
        platform.run(HashRows {
            blocks: &blocks,
            width: group.width(),
            children,
            start: TASK * task,
            to: [even, odd],
        });
    });
    layer
}

/// The layer above one, where no group has rows.
fn pairs(platform: Platform, below: &[u32]) -> Vec<u32> {
    let mut layer = vec![0; below.len() / 2];
    let children = below.par_chunks(2 * DIGEST * TASK);
    layer
        .par_chunks_mut(DIGEST * TASK)
        .zip(children)
        .for_each(|(to, children)| platform.run(HashPairs { children, to }));
    layer
}

/// The leaves of a codeword.
fn entries<const ARITY: usize>(platform: Platform, columns: &[&[u32]]) -> Vec<u32> {
    let length = columns.first().map_or(0, |column| column.len());
    assert!(columns.iter().all(|column| column.len() == length), "columns have one length");
    let leaves = length / ARITY;
    assert!(leaves.is_power_of_two() && leaves * ARITY == length, "2^m whole leaves");
    let mut layer = vec![0; DIGEST * leaves];
    layer.par_chunks_mut(DIGEST * TASK).enumerate().for_each(|(task, to)| {
        let start = TASK * task;
        platform.run(HashEntries::<ARITY> { columns, start, to });
    });
    layer
}
