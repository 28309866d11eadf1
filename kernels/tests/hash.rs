//! Trees and work against the `blake3` crate, on every platform of this machine.

use std::{cell::RefCell, collections::BTreeMap};

use rayon::ThreadPoolBuilder;
use zonda_kernels::{Group, LINE, Platform, Pool, Tree, grind};

type Digest = [u8; 32];

/// Leaves of the subtrees of which a tree keeps nothing but the roots.
const SUBTREE: usize = 8;

/// Any 32-bit word: hashing knows no field.
fn value(seed: usize, row: usize, column: usize) -> u32 {
    let x = (seed << 40 | row << 16 | column) as u64;
    let x = (x ^ x >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((x ^ x >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
}

fn group(height: usize, width: usize) -> Group {
    let pool = Pool::new();
    let blocks = (0..width.div_ceil(LINE)).map(|block| {
        let mut words = pool.take_zeroed(LINE * height).unwrap();
        for (row, line) in words.chunks_exact_mut(LINE).enumerate() {
            let columns = LINE * block..width.min(LINE * (block + 1));
            for (word, column) in line.iter_mut().zip(columns) {
                *word = value(width, row, column);
            }
        }
        words
    });
    Group::from_blocks(height, width, blocks.collect())
}

/// The bytes of leaf `t`: first come all even rows, then all odd rows.
fn row(height: usize, width: usize, t: usize) -> Vec<u8> {
    let row = if t < height / 2 {
        2 * t
    } else {
        2 * t - height + 1
    };
    (0..width)
        .flat_map(|column| value(width, row, column).to_le_bytes())
        .collect()
}

fn parent(left: &Digest, right: &Digest) -> Digest {
    blake3::hash(&[*left, *right].concat()).into()
}

/// All layers above these leaves.
fn layers(leaves: &[Vec<u8>]) -> Vec<Vec<Digest>> {
    let leaves = leaves.iter().map(|leaf| blake3::hash(leaf).into());
    let mut layers = vec![leaves.collect::<Vec<Digest>>()];
    while let Some(below) = layers.last().filter(|below| below.len() > 1) {
        let nodes = below.chunks_exact(2).map(|pair| parent(&pair[0], &pair[1]));
        layers.push(nodes.collect());
    }
    layers
}

/// Compares every node.
fn check(tree: &Tree, leaves: &[Vec<u8>], what: &str) {
    let layers = layers(leaves);
    assert_eq!(tree.root(), layers.last().unwrap()[0], "root, {what}");
    for position in 0..leaves.len() {
        let siblings = tree.open(&[position], |leaf| &leaves[leaf]);
        assert_eq!(siblings.len(), layers.len() - 1);
        for (level, sibling) in siblings.iter().enumerate() {
            let node = position >> level ^ 1;
            assert_eq!(
                sibling, &layers[level][node],
                "node {node} of layer {level}, {what}"
            );
        }
    }
}

fn check_rows(height: usize, width: usize) {
    let group = group(height, width);
    let leaves: Vec<_> = (0..height).map(|t| row(height, width, t)).collect();
    for platform in Platform::available() {
        let tree = Tree::of_rows(platform, &Pool::new(), &group).unwrap();
        check(&tree, &leaves, &format!("{platform:?} {height} x {width}"));
    }
}

#[test]
fn rows_of_all_widths() {
    for width in 1..=600 {
        check_rows(128, width);
    }
}

#[test]
fn wide_rows() {
    // Chunks of 1024 bytes: full, one word more, powers of two of them and their neighbours.
    for width in [
        1008, 1024, 1025, 2047, 2048, 2049, 4080, 4096, 16_367, 16_384,
    ] {
        check_rows(64, width);
    }
}

#[test]
#[should_panic(expected = "a row has 1 to 16384 columns")]
fn too_wide_rows() {
    let group = group(64, 16_385);
    let _ = Tree::of_rows(Platform::Portable, &Pool::new(), &group);
}

/// From trees of which nothing but the root is kept to some whose layers are more than one task.
#[test]
fn rows_of_all_heights() {
    for log_height in 1..=12 {
        for width in [3, 16, 45] {
            check_rows(1 << log_height, width);
        }
    }
}

#[test]
#[should_panic(expected = "2^m leaves")]
fn heights_are_powers_of_two() {
    let _ = Tree::of_rows(Platform::Portable, &Pool::new(), &group(48, 2));
}

#[test]
fn codewords() {
    for degree in [1, 2, 4, 5, 6, 8] {
        for arity in [2, 4, 8, 16] {
            for log_leaves in [0, 1, 2, 3, 4, 5, 6, 7, 11] {
                let leaves = 1 << log_leaves;
                let columns: Vec<Vec<u32>> = (0..degree)
                    .map(|d| (0..leaves * arity).map(|i| value(arity, i, d)).collect())
                    .collect();
                let columns: Vec<&[u32]> = columns.iter().map(Vec::as_slice).collect();
                let leaf = |leaf: usize| {
                    let entries = columns.iter().flat_map(|c| &c[arity * leaf..][..arity]);
                    entries.flat_map(|word| word.to_le_bytes()).collect()
                };
                let leaves: Vec<Vec<u8>> = (0..leaves).map(leaf).collect();
                for platform in Platform::available() {
                    let what = format!("{platform:?} degree {degree} arity {arity}");
                    let tree = Tree::of_codeword(platform, &Pool::new(), &columns, arity);
                    check(&tree.unwrap(), &leaves, &what);
                }
            }
        }
    }
}

/// The root that leaves at some positions and siblings lead to.
fn root(
    leaves: &[Vec<u8>],
    positions: &[usize],
    siblings: &mut impl Iterator<Item = Digest>,
) -> Digest {
    let mut known: BTreeMap<usize, Digest> = positions
        .iter()
        .map(|&t| (t, blake3::hash(&leaves[t]).into()))
        .collect();
    for _ in 0..leaves.len().ilog2() {
        let mut next = BTreeMap::new();
        for (&node, digest) in &known {
            let (up, right) = (node >> 1, node & 1 == 1);
            if right && known.contains_key(&(node ^ 1)) {
                continue;
            }
            let other = known.get(&(node ^ 1)).copied();
            let other = other.unwrap_or_else(|| siblings.next().expect("enough siblings"));
            let (left, right) = if right {
                (&other, digest)
            } else {
                (digest, &other)
            };
            next.insert(up, parent(left, right));
        }
        known = next;
    }
    known[&0]
}

/// Openings of any positions, in any order, have no sibling too many, and ask for a leaf once if it shares a subtree
/// with a position, and is not at a position itself; never for any other.
#[test]
fn openings_lead_to_the_root() {
    for height in [2, 4, 8, 16, 256] {
        let leaves: Vec<_> = (0..height).map(|t| row(height, 20, t)).collect();
        let tree = Tree::of_rows(Platform::detect(), &Pool::new(), &group(height, 20)).unwrap();
        for count in [0, 1, 2, 3, 10, 50, 200, 600] {
            let positions: Vec<_> = (0..count)
                .map(|i| value(count, i, 9) as usize % height)
                .collect();
            let asked = RefCell::new(Vec::new());
            let opened = tree.open(&positions, |leaf| {
                asked.borrow_mut().push(leaf);
                &leaves[leaf]
            });
            let shares = |leaf: &usize| positions.iter().any(|t| t / SUBTREE == leaf / SUBTREE);
            let needed = (0..height).filter(|leaf| shares(leaf) && !positions.contains(leaf));
            let mut asked = asked.into_inner();
            asked.sort_unstable();
            assert_eq!(asked, needed.collect::<Vec<_>>());
            if count == 0 {
                // Nothing is known below the root, which is the commitment.
                assert_eq!(opened, [[0; 32]; 0]);
                continue;
            }
            let mut siblings = opened.into_iter();
            assert_eq!(root(&leaves, &positions, &mut siblings), tree.root());
            assert_eq!(siblings.next(), None, "no sibling too many");
        }
        let all: Vec<_> = (0..height).collect();
        let opened = tree.open(&all, |leaf| -> [u8; 0] { panic!("leaf {leaf}") });
        assert!(opened.is_empty());
    }
}

#[test]
#[should_panic(expected = "positions of leaves")]
fn positions_are_those_of_leaves() {
    let tree = Tree::of_rows(Platform::detect(), &Pool::new(), &group(32, 2)).unwrap();
    tree.open(&[32], |_| [0; 8]);
}

#[test]
fn trees_do_not_depend_on_threads() {
    let group = group(1 << 13, 40);
    let root = |threads| {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let tree = pool.install(|| Tree::of_rows(Platform::detect(), &Pool::new(), &group));
        tree.unwrap().root()
    };
    assert_eq!(root(1), root(2));
    assert_eq!(root(1), root(7));
}

/// The nonce is the smallest of those that BLAKE3 accepts, on every platform, with any number of threads.
#[test]
fn the_smallest_nonce() {
    let label = *b"label\0\0\0\0\0\0\0";
    for bits in [0, 1, 2, 3, 5, 8, 11, 13, 15] {
        for seed in 0..4 {
            let state: Digest = *blake3::hash(&[bits, seed]).as_bytes();
            let good = |nonce: &u64| {
                let mut message = label.to_vec();
                message.extend(12_u32.to_le_bytes());
                message.extend(nonce.to_le_bytes());
                message.extend(u32::from(bits).to_le_bytes());
                let digest = blake3::keyed_hash(&state, &message);
                let low = u64::from_le_bytes(digest.as_bytes()[..8].try_into().unwrap());
                low.trailing_zeros() >= u32::from(bits)
            };
            let smallest = (0..).find(good);
            for platform in Platform::available() {
                for threads in [1, 2, 5] {
                    let pool = ThreadPoolBuilder::new()
                        .num_threads(threads)
                        .build()
                        .unwrap();
                    let nonce = pool.install(|| grind(platform, &state, &label, bits));
                    assert_eq!(Some(nonce), smallest, "{platform:?}, {threads} threads");
                }
            }
        }
    }
}
