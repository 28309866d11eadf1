//! Trees and work against the `blake3` crate, on every platform of this machine.

use std::collections::BTreeMap;

use rayon::ThreadPoolBuilder;
use zonda_kernels::{Group, HalfLayer, Platform, Pool, Tree, grind, row_at, work};

type Digest = [u8; 32];

/// Any 32-bit word: hashing knows no field.
fn value(seed: usize, row: usize, column: usize) -> u32 {
    let x = (seed << 40 | row << 16 | column) as u64;
    let x = (x ^ x >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((x ^ x >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
}

fn group(height: usize, width: usize) -> Group {
    let mut group = Group::zeroed(&Pool::new(), height, width).unwrap();
    for row in 0..height {
        for column in 0..width {
            group.set(row, column, value(width, row, column));
        }
    }
    group
}

/// The bytes of the row that belongs to a position of the tree.
fn row(height: usize, width: usize, position: usize) -> Vec<u8> {
    let row = row_at(height, position);
    (0..width)
        .flat_map(|column| value(width, row, column).to_le_bytes())
        .collect()
}

fn parent(left: &Digest, right: &Digest, row: &[u8]) -> Digest {
    blake3::hash(&[left, right, row].concat()).into()
}

/// All layers of the tree of groups with these heights and widths.
fn layers(groups: &[(usize, usize)]) -> Vec<Vec<Digest>> {
    let (height, width) = groups[0];
    let leaves = (0..height)
        .map(|t| blake3::hash(&row(height, width, t)).into())
        .collect();
    above(leaves, &groups[1..])
}

fn above(leaves: Vec<Digest>, groups: &[(usize, usize)]) -> Vec<Vec<Digest>> {
    let mut layers = vec![leaves];
    while let Some(below) = layers.last().filter(|below| below.len() > 1) {
        let nodes = below.len() / 2;
        let group = groups.iter().find(|group| group.0 == nodes);
        let node = |i: usize| {
            let row = group.map_or(vec![], |&(height, width)| row(height, width, i));
            parent(&below[2 * i], &below[2 * i + 1], &row)
        };
        layers.push((0..nodes).map(node).collect());
    }
    layers
}

/// Compares every node.
fn check(tree: &Tree, layers: &[Vec<Digest>], what: &str) {
    assert_eq!(tree.root(), layers.last().unwrap()[0], "root, {what}");
    assert_eq!(tree.leaves(), layers[0].len());
    for position in 0..layers[0].len() {
        let siblings = tree.open(&[position]);
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

fn check_groups(shape: &[(usize, usize)]) {
    let groups: Vec<_> = shape
        .iter()
        .map(|&(height, width)| group(height, width))
        .collect();
    let groups: Vec<_> = groups.iter().collect();
    let layers = layers(shape);
    for platform in Platform::available() {
        check(
            &Tree::of_groups(platform, &Pool::new(), &groups).unwrap(),
            &layers,
            &format!("{platform:?} {shape:?}"),
        );
    }
}

#[test]
fn rows_of_all_widths() {
    for width in 1..=600 {
        check_groups(&[(128, width), (64, 601 - width)]);
    }
}

#[test]
fn wide_rows() {
    // Chunks of 1024 bytes: full, one word more, powers of two of them and their neighbours.
    for width in [1008, 1024, 1025, 2047, 2048, 2049, 4080, 4096, 16_367] {
        check_groups(&[(64, width), (32, width)]);
    }
}

#[test]
fn all_heights() {
    for log_height in 1..=12 {
        let height = 1 << log_height;
        for width in [3, 16, 45] {
            check_groups(&[(height, width)]);
            if log_height > 1 {
                check_groups(&[(height, width), (height / 2, 20)]);
            }
            if log_height > 4 {
                check_groups(&[(height, width), (height / 8, 15), (2, 300)]);
            }
        }
    }
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
                    let bytes: Vec<u8> = entries.flat_map(|word| word.to_le_bytes()).collect();
                    blake3::hash(&bytes).into()
                };
                let layers = above((0..leaves).map(leaf).collect(), &[]);
                for platform in Platform::available() {
                    let what = format!("{platform:?} degree {degree} arity {arity}");
                    check(
                        &Tree::of_codeword(platform, &Pool::new(), &columns, arity).unwrap(),
                        &layers,
                        &what,
                    );
                }
            }
        }
    }
}

/// The root that rows at some positions and siblings lead to.
fn root(
    groups: &[(usize, usize)],
    positions: &[usize],
    siblings: &mut impl Iterator<Item = Digest>,
) -> Digest {
    let (mut height, width) = groups[0];
    let mut known: BTreeMap<usize, Digest> = positions
        .iter()
        .map(|&t| (t, blake3::hash(&row(height, width, t)).into()))
        .collect();
    while height > 1 {
        height /= 2;
        let group = groups[1..].iter().find(|group| group.0 == height);
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
            let row = group.map_or(vec![], |&(height, width)| row(height, width, up));
            next.insert(up, parent(left, right, &row));
        }
        known = next;
    }
    known[&0]
}

#[test]
fn positions_of_rows() {
    for log_rows in 1..8_u32 {
        for w in 0..1 << log_rows {
            let t = w >> 1 | (w & 1) << (log_rows - 1);
            assert_eq!(row_at(1 << log_rows, t), w);
        }
    }
}

#[test]
fn openings_lead_to_the_root() {
    let shape = [(256, 20), (64, 3), (32, 70)];
    let groups = shape.map(|(height, width)| group(height, width));
    let tree = Tree::of_groups(Platform::detect(), &Pool::new(), &groups.each_ref()).unwrap();
    for count in [0, 1, 2, 3, 10, 50, 200, 600] {
        let positions: Vec<_> = (0..count)
            .map(|i| value(count, i, 9) as usize % 256)
            .collect();
        let opened = tree.open(&positions);
        if count == 0 {
            // Nothing is known below the root, which is the commitment.
            assert_eq!(opened, [[0; 32]; 0]);
            continue;
        }
        let mut siblings = opened.into_iter();
        assert_eq!(root(&shape, &positions, &mut siblings), tree.root());
        assert_eq!(siblings.next(), None, "no sibling too many");
    }
    assert!(tree.open(&(0..256).collect::<Vec<_>>()).is_empty());
}

#[test]
fn trees_do_not_depend_on_threads() {
    let groups = [group(1 << 13, 40), group(1 << 12, 9)];
    let root = |threads| {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            Tree::of_groups(Platform::detect(), &Pool::new(), &groups.each_ref())
                .unwrap()
                .root()
        })
    };
    assert_eq!(root(1), root(2));
    assert_eq!(root(1), root(7));
}

#[test]
#[should_panic(expected = "heights descend")]
fn heights_must_descend() {
    Tree::of_groups(
        Platform::detect(),
        &Pool::new(),
        &[&group(32, 2), &group(64, 2)],
    )
    .unwrap();
}

#[test]
fn the_smallest_nonce() {
    let label = *b"work of a test\0\0";
    for bits in [0, 1, 2, 3, 5, 8, 11, 13, 15] {
        for seed in 0..4 {
            let state: Digest = *blake3::hash(&[bits, seed]).as_bytes();
            let good = |nonce: &u64| {
                let digest = blake3::hash(&work(&state, &label, bits, *nonce));
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

#[test]
fn the_work_message() {
    let message = work(
        &[7; 32],
        b"a label\0\0\0\0\0\0\0\0\0",
        20,
        0x0102_0304_0506_0708,
    );
    let mut expected = vec![7; 32];
    expected.extend(b"a label\0\0\0\0\0\0\0\0\0");
    expected.extend([2, 20, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(message.to_vec(), expected);
}

/// The root from halves is that of the whole tree.
#[test]
fn halves_make_the_root() {
    let pool = Pool::new();
    let half_of = |whole: &Group, second: bool| {
        let height = whole.height() / 2;
        let mut half = Group::zeroed(&pool, height, whole.width()).unwrap();
        let first = if second { height } else { 0 };
        for row in 0..height {
            for column in 0..whole.width() {
                half.set(row, column, whole.get(first + row, column));
            }
        }
        half
    };
    let shapes: [&[(u32, usize)]; 6] = [
        &[(2, 1)],
        &[(5, 3)],
        &[(12, 16)],
        &[(13, 17), (12, 5)],
        &[(12, 3), (11, 40), (5, 1), (3, 2), (2, 1)],
        &[(14, 2), (6, 21)],
    ];
    for shape in shapes {
        let groups: Vec<_> = shape
            .iter()
            .map(|(log_size, width)| group(1 << log_size, *width))
            .collect();
        for platform in Platform::available() {
            let halves = [false, true].map(|second| {
                let mut layer = None;
                for (index, group) in groups.iter().enumerate() {
                    let next = shape.get(index + 1).map_or(2, |(log_size, _)| log_size + 1);
                    let levels = shape[index].0 - next;
                    let half = half_of(group, second);
                    let above = HalfLayer::new(platform, &pool, &half, layer.as_ref(), levels);
                    layer = Some(above.unwrap());
                }
                layer.unwrap()
            });
            let whole = Tree::of_groups(platform, &pool, &groups.iter().collect::<Vec<_>>());
            assert_eq!(
                HalfLayer::root(platform, &halves),
                whole.unwrap().root(),
                "{shape:?} on {}",
                platform.name()
            );
        }
    }
}
