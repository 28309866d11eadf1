//! Merkle trees of committed rows and of codewords.

use rayon::prelude::*;

use crate::hash::{DIGEST, HashEntries, HashPairs, HashRows};
use crate::{AllocationError, Buffer, Group, Platform, Pool};

/// Nodes that one task computes.
const TASK: usize = 1 << 9;

/// All digests of a Merkle tree.
///
/// They are those of the plain BLAKE3 of bytes; words are little-endian.
#[derive(Debug)]
pub struct Tree {
    leaves: usize,
    /// The layers from the leaves to the root, 8 words for each node.
    digests: Buffer,
}

/// The row of a group of 2^m rows that a position of a tree's layer of 2^m nodes stands for: first
/// all even rows, then all odd rows.
pub fn row_at(rows: usize, position: usize) -> usize {
    let half = rows / 2;
    if position < half {
        2 * position
    } else {
        2 * (position - half) + 1
    }
}

impl Tree {
    /// The tree of a phase: groups in descending order of heights, each a power of two.
    ///
    /// Leaf `t` is the digest of row [`row_at`]`(t)` of the first group. A node above is the digest
    /// of its two children, followed by its row of the group that has as many rows as the layer has
    /// nodes, if there is one. Words past the width of a group must be zero, as a group has them.
    ///
    /// # Errors
    ///
    /// If the system refuses memory for the digests.
    ///
    /// # Panics
    ///
    /// Without groups, with heights that do not descend, or if a height is not a power of two, from
    /// two on.
    pub fn of_groups(
        platform: Platform,
        pool: &Pool,
        groups: &[&Group],
    ) -> Result<Self, AllocationError> {
        let mut groups = groups.iter().peekable();
        let first = groups.next().expect("a tree has a group");
        let leaves = |to: &mut [u32]| rows(platform, first, None, to);
        let tree = Self::build(pool, first.height(), leaves, |below, to| {
            match groups.next_if(|group| group.height() == to.len() / DIGEST) {
                Some(group) => rows(platform, group, Some(below), to),
                None => pairs(platform, below, to),
            }
        })?;
        assert!(groups.next().is_none(), "heights descend");
        Ok(tree)
    }

    /// The tree of a codeword, given as columns of coordinates: leaf `i` is the digest of entries
    /// `i * arity` to `(i + 1) * arity`, coordinate by coordinate.
    ///
    /// # Errors
    ///
    /// If the system refuses memory for the digests.
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
        let leaves = |to: &mut [u32]| entries(platform, columns, arity, to);
        Self::build(pool, length / arity, leaves, |below, to| {
            pairs(platform, below, to)
        })
    }

    /// Computes all layers: the leaves, then each one from that below.
    fn build(
        pool: &Pool,
        leaves: usize,
        first: impl FnOnce(&mut [u32]),
        mut above: impl FnMut(&[u32], &mut [u32]),
    ) -> Result<Self, AllocationError> {
        assert!(leaves.is_power_of_two(), "2^m leaves");
        let mut digests = pool.take(DIGEST * (2 * leaves - 1))?;
        let (mut below, mut rest) = digests.split_at_mut(DIGEST * leaves);
        first(below);
        while below.len() > DIGEST {
            let (layer, others) = rest.split_at_mut(below.len() / 2);
            above(below, layer);
            (below, rest) = (layer, others);
        }
        Ok(Self { leaves, digests })
    }

    /// The commitment.
    pub fn root(&self) -> [u8; 32] {
        self.node(self.leaves.ilog2(), 0)
    }

    /// Number of leaves.
    pub fn leaves(&self) -> usize {
        self.leaves
    }

    /// The digests that, with the leaves at these positions, give the root: layer by layer from
    /// the leaves, by ascending index, every sibling that does not follow from the layer below.
    ///
    /// Positions are in any order and may repeat.
    ///
    /// # Panics
    ///
    /// If a position is not that of a leaf.
    pub fn open(&self, positions: &[usize]) -> Vec<[u8; 32]> {
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
                    siblings.push(self.node(layer, node ^ 1));
                }
            }
            known.iter_mut().for_each(|node| *node >>= 1);
            known.dedup();
        }
        siblings
    }

    fn node(&self, layer: u32, index: usize) -> [u8; 32] {
        // The layers below have leaves, leaves / 2, ... nodes.
        let below = 2 * self.leaves - ((2 * self.leaves) >> layer);
        bytes(&self.digests[DIGEST * (below + index)..][..DIGEST])
    }
}

/// A layer of the tree of a phase, as far as it lies over one half of the rows of every group: the
/// nodes over even rows, and then those over odd rows.
///
/// A caller that needs the root of a tree and no openings computes it from both halves, one after the
/// other, and holds half of one group's rows at a time.
#[derive(Debug)]
pub struct HalfLayer {
    digests: Buffer,
}

impl HalfLayer {
    /// The layer of half of a group's rows, and `levels` layers of pairs above it: the uppermost of
    /// them. Where the group is not the highest, `below` is the layer below its rows.
    ///
    /// # Errors
    ///
    /// If the system refuses memory for the digests.
    ///
    /// # Panics
    ///
    /// If the number of rows is not a power of two, from `2^(levels + 1)` on, or `below` does not have
    /// twice as many nodes.
    pub fn new(
        platform: Platform,
        pool: &Pool,
        group: &Group,
        below: Option<&Self>,
        levels: u32,
    ) -> Result<Self, AllocationError> {
        let nodes = group.height() / 2;
        assert!(nodes.is_power_of_two() && nodes >> levels > 0, "2^m rows");
        assert!(below.is_none_or(|below| below.digests.len() == 4 * DIGEST * nodes));
        let blocks: Vec<&[u32]> = group.blocks().iter().map(|block| &**block).collect();
        let children = below.map(|below| below.digests.split_at(2 * DIGEST * nodes).into());

        // Each task goes as far up as its own nodes do.
        let task_nodes = TASK.min(nodes);
        let task_levels = levels.min(task_nodes.ilog2());
        let mut digests = pool.take(2 * DIGEST * (nodes >> task_levels))?;
        let (even, odd) = digests.split_at_mut(DIGEST * (nodes >> task_levels));
        let even = even.par_chunks_mut(DIGEST * (task_nodes >> task_levels));
        let odd = odd.par_chunks_mut(DIGEST * (task_nodes >> task_levels));
        let tasks = even.zip(odd).enumerate();
        tasks.for_each_init(Vec::new, |scratch, (task, (even, odd))| {
            scratch.resize(4 * DIGEST * task_nodes, 0);
            let (rows, above) = scratch.split_at_mut(2 * DIGEST * task_nodes);
            let (even_rows, odd_rows) = rows.split_at_mut(DIGEST * task_nodes);
            platform.run(HashRows {
                blocks: &blocks,
                width: group.width(),
                children,
                start: task_nodes * task,
                to: [&mut *even_rows, &mut *odd_rows],
            });
            for (rows, to) in [(even_rows, even), (odd_rows, odd)] {
                to.copy_from_slice(climb(platform, rows, above, task_levels));
            }
        });
        for _ in task_levels..levels {
            let mut above = pool.take(digests.len() / 2)?;
            pairs(platform, &digests, &mut above);
            digests = above;
        }
        Ok(Self { digests })
    }

    /// The root of the tree whose halves these are.
    ///
    /// # Panics
    ///
    /// If they do not have two nodes each.
    pub fn root(platform: Platform, halves: &[Self; 2]) -> [u8; 32] {
        let [first, second] = halves.each_ref().map(|half| &half.digests[..]);
        assert!([first.len(), second.len()] == [2 * DIGEST; 2], "two nodes");
        // Over even rows of both halves, then over odd rows of both.
        let ((a, b), (c, d)) = (first.split_at(DIGEST), second.split_at(DIGEST));
        let mut nodes = [a, c, b, d].concat();
        let mut above = vec![0; nodes.len()];
        let root = climb(platform, &mut nodes, &mut above, 2);
        bytes(root)
    }
}

/// The layer so many levels above some nodes; `above` is room for as many nodes.
fn climb<'a>(
    platform: Platform,
    mut nodes: &'a mut [u32],
    mut above: &'a mut [u32],
    levels: u32,
) -> &'a [u32] {
    for _ in 0..levels {
        let (to, _) = above.split_at_mut(nodes.len() / 2);
        platform.run(HashPairs {
            children: nodes,
            to,
        });
        (nodes, above) = (to, nodes);
    }
    nodes
}

/// A digest's bytes.
fn bytes(words: &[u32]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    bytes
}

/// The layer of a group's rows.
fn rows(platform: Platform, group: &Group, below: Option<&[u32]>, to: &mut [u32]) {
    assert!(group.height() > 1, "rows in two halves");
    let blocks: Vec<&[u32]> = group.blocks().iter().map(|block| &**block).collect();
    let children = below.map(|below| below.split_at(below.len() / 2).into());
    let (even, odd) = to.split_at_mut(to.len() / 2);
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
}

/// The layer above one, where no group has rows.
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
