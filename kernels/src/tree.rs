//! Merkle trees of committed rows and of codewords.

use rayon::prelude::*;

use crate::hash::{DIGEST, HashEntries, HashPairs, HashRows};
use crate::{AllocationError, Buffer, Group, Platform, Pool};

/// Nodes that one task computes.
const TASK: usize = 1 << 9;

/// The lowest layers, which are not kept: they have seven eighths of all nodes, and opening a leaf takes a few hashes to
/// make those again that are needed.
const FORGOTTEN: u32 = 3;

/// The digests of a Merkle tree, but for those of the lowest layers.
///
/// They are those of the plain BLAKE3 of bytes; words are little-endian.
#[derive(Debug)]
pub struct Tree {
    leaves: usize,
    /// The layers from the lowest that is kept to the root, 8 words for each node.
    digests: Buffer,
}

impl Tree {
    /// The tree of a matrix: its leaves are the digests of all even rows, then those of all odd rows. Words past its
    /// width must be zero, as a group has them.
    ///
    /// # Errors
    ///
    /// If the system refuses memory for the digests: while they are made, for all of them.
    ///
    /// # Panics
    ///
    /// If the number of rows is not a power of two, from two on, or a row has more than 2^14 columns.
    pub fn of_rows(
        platform: Platform,
        pool: &Pool,
        group: &Group,
    ) -> Result<Self, AllocationError> {
        Self::build(platform, pool, group.height(), |to| {
            rows(platform, group, to);
        })
    }

    /// The tree of a codeword, given as columns of coordinates: leaf `i` is the digest of entries
    /// `i * arity` to `(i + 1) * arity`, coordinate by coordinate.
    ///
    /// # Errors
    ///
    /// If the system refuses memory for the digests: while they are made, for all of them.
    ///
    /// # Panics
    ///
    /// If the arity is not 2, 4, 8 or 16, if columns differ in length, or if the number of leaves is
    /// not a power of two.
    pub fn of_codeword(
        platform: Platform,
        pool: &Pool,
        columns: &[&[u32]],
        arity: usize,
    ) -> Result<Self, AllocationError> {
        let length = columns.first().map_or(0, |column| column.len());
        assert!(
            columns.iter().all(|column| column.len() == length),
            "columns have one length"
        );
        assert!(length.is_multiple_of(arity), "leaves have {arity} entries");
        Self::build(platform, pool, length / arity, |to| {
            entries(platform, columns, arity, to);
        })
    }

    /// Computes all layers: the leaves, then each one from that below.
    fn build(
        platform: Platform,
        pool: &Pool,
        leaves: usize,
        lowest: impl FnOnce(&mut [u32]),
    ) -> Result<Self, AllocationError> {
        assert!(leaves.is_power_of_two(), "2^m leaves");
        let kept = leaves >> forgotten(leaves);
        let mut digests = pool.take(DIGEST * (2 * kept - 1))?;
        let (mut below, mut rest) = digests.split_at_mut(DIGEST * kept);
        if kept == leaves {
            lowest(below);
        } else {
            let mut layer = pool.take(DIGEST * leaves)?;
            lowest(&mut layer);
            while layer.len() > 2 * below.len() {
                let mut above = pool.take(layer.len() / 2)?;
                pairs(platform, &layer, &mut above);
                layer = above;
            }
            pairs(platform, &layer, below);
        }
        while below.len() > DIGEST {
            let (above, others) = rest.split_at_mut(below.len() / 2);
            pairs(platform, below, above);
            (below, rest) = (above, others);
        }
        Ok(Self { leaves, digests })
    }

    /// The commitment.
    pub fn root(&self) -> [u8; 32] {
        self.kept(self.leaves.ilog2() - forgotten(self.leaves), 0)
    }

    /// The digests that, with the leaves at these positions, give the root: layer by layer from
    /// the leaves, by ascending index, every sibling that does not follow from the layer below.
    ///
    /// Positions are in any order and may repeat. `leaf` gives the bytes of a leaf, of which there is no digest any
    /// more.
    ///
    /// # Panics
    ///
    /// If a position is not that of a leaf.
    pub fn open<B: AsRef<[u8]>>(
        &self,
        positions: &[usize],
        leaf: impl Fn(usize) -> B,
    ) -> Vec<[u8; 32]> {
        assert!(
            positions.iter().all(|&position| position < self.leaves),
            "positions of leaves"
        );
        let mut known = positions.to_vec();
        known.sort_unstable();
        known.dedup();
        let mut siblings = Vec::new();
        for layer in 0..self.leaves.ilog2() {
            for (i, &node) in known.iter().enumerate() {
                // In ascending order, siblings are neighbours.
                let left = i > 0 && known[i - 1] == node ^ 1;
                let right = known.get(i + 1) == Some(&(node ^ 1));
                if !left && !right {
                    siblings.push(self.node(layer, node ^ 1, &leaf));
                }
            }
            known.iter_mut().for_each(|node| *node >>= 1);
            known.dedup();
        }
        siblings
    }

    fn node<B: AsRef<[u8]>>(
        &self,
        layer: u32,
        index: usize,
        leaf: &impl Fn(usize) -> B,
    ) -> [u8; 32] {
        if let Some(layer) = layer.checked_sub(forgotten(self.leaves)) {
            return self.kept(layer, index);
        }
        if layer == 0 {
            return *blake3::hash(leaf(index).as_ref()).as_bytes();
        }
        let children = [0, 1].map(|child| self.node(layer - 1, 2 * index + child, leaf));
        *blake3::hash(children.as_flattened()).as_bytes()
    }

    /// A node of a layer, counted from the lowest that is kept.
    fn kept(&self, layer: u32, index: usize) -> [u8; 32] {
        // The layers below have nodes, nodes / 2, ... nodes.
        let nodes = self.leaves >> forgotten(self.leaves);
        let below = 2 * nodes - ((2 * nodes) >> layer);
        bytes(&self.digests[DIGEST * (below + index)..][..DIGEST])
    }
}

/// How many layers of a tree are not kept.
fn forgotten(leaves: usize) -> u32 {
    FORGOTTEN.min(leaves.ilog2())
}

/// A digest's bytes.
fn bytes(words: &[u32]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    bytes
}

/// The leaves of a matrix.
fn rows(platform: Platform, group: &Group, to: &mut [u32]) {
    assert!(group.height() > 1, "rows in two halves");
    let blocks: Vec<&[u32]> = group.blocks().iter().map(|block| &**block).collect();
    let (even, odd) = to.split_at_mut(to.len() / 2);
    let even = even.par_chunks_mut(DIGEST * TASK);
    let odd = odd.par_chunks_mut(DIGEST * TASK);
    even.zip(odd).enumerate().for_each(|(task, (even, odd))| {
        platform.run(HashRows {
            blocks: &blocks,
            width: group.width(),
            start: TASK * task,
            to: [even, odd],
        });
    });
}

/// The layer above one.
fn pairs(platform: Platform, below: &[u32], to: &mut [u32]) {
    let children = below.par_chunks(2 * DIGEST * TASK);
    let to = to.par_chunks_mut(DIGEST * TASK);
    to.zip(children)
        .for_each(|(to, children)| platform.run(HashPairs { children, to }));
}

/// The leaves of a codeword.
fn entries(platform: Platform, columns: &[&[u32]], arity: usize, to: &mut [u32]) {
    to.par_chunks_mut(DIGEST * TASK)
        .enumerate()
        .for_each(|(task, to)| {
            let start = TASK * task;
            platform.run(HashEntries {
                arity,
                columns,
                start,
                to,
            });
        });
}
