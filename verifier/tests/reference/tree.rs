//! Merkle trees: section 6.4 of PROTOCOL.md, of one row for each leaf.

use zonda_verifier::proof::Digest;

/// The layers of a tree, from the leaves.
#[derive(Clone)]
pub struct Tree(Vec<Vec<Digest>>);

fn node(children: &[Digest]) -> Digest {
    *blake3::hash(children.as_flattened()).as_bytes()
}

/// Positions divided by `2^bits`, ascending, each once.
pub fn distinct(positions: &[usize], bits: u32) -> Vec<usize> {
    let all = positions.iter().map(|position| position >> bits);
    let distinct: std::collections::BTreeSet<usize> = all.collect();
    distinct.into_iter().collect()
}

impl Tree {
    /// The tree over leaves of these bytes.
    pub fn new(leaves: impl Iterator<Item = Vec<u8>>) -> Self {
        let leaves = leaves.map(|leaf| *blake3::hash(&leaf).as_bytes());
        let mut layers: Vec<Vec<Digest>> = vec![leaves.collect()];
        while layers[layers.len() - 1].len() > 1 {
            let below = &layers[layers.len() - 1];
            layers.push(below.chunks(2).map(node).collect());
        }
        Self(layers)
    }

    pub fn root(&self) -> Digest {
        self.0[self.0.len() - 1][0]
    }

    /// The digests that the leaves, ascending, do not determine: layer by layer, ascending.
    pub fn siblings(&self, leaves: &[usize]) -> Vec<Digest> {
        let mut siblings = Vec::new();
        let mut known = leaves.to_vec();
        for layer in &self.0[..self.0.len() - 1] {
            let missing = known.iter().map(|index| index ^ 1);
            let missing = missing.filter(|index| !known.contains(index));
            siblings.extend(missing.map(|index| layer[index]));
            known = distinct(&known, 1);
        }
        siblings
    }
}

/// The root of a tree of `2^height` leaves, of which some are known, ascending, by its siblings.
pub fn root_of(height: u32, leaves: &[(usize, Vec<u8>)], siblings: &[Digest]) -> Option<Digest> {
    let leaf = |(index, bytes): &(usize, Vec<u8>)| (*index, *blake3::hash(bytes).as_bytes());
    let mut layer: Vec<(usize, Digest)> = leaves.iter().map(leaf).collect();
    let mut siblings = siblings.iter();
    for _ in 0..height {
        let mut above = Vec::new();
        for family in layer.chunk_by(|a, b| a.0 >> 1 == b.0 >> 1) {
            let children = match family {
                [(_, left), (_, right)] => [*left, *right],
                [(index, own)] if index & 1 == 0 => [*own, *siblings.next()?],
                [(_, own)] => [*siblings.next()?, *own],
                _ => return None,
            };
            above.push((family[0].0 >> 1, node(&children)));
        }
        layer = above;
    }
    match (&layer[..], siblings.next()) {
        ([(0, root)], None) => Some(*root),
        _ => None,
    }
}
