//! BLAKE3 in vertical form: every vector lane computes its own hash.
//!
//! Trees are of the plain, unkeyed hash: the `blake3` crate gives the same digests.

use crate::{Kernel, LINE, Lanes};

pub(crate) const START: u32 = 1;
pub(crate) const END: u32 = 2;
pub(crate) const PARENT: u32 = 4;
pub(crate) const ROOT: u32 = 8;
pub(crate) const KEYED: u32 = 16;

/// Words of a digest.
pub const DIGEST: usize = 8;

/// Lines of a chunk, the leaf of BLAKE3's own tree.
const CHUNK: usize = 16;

/// Chaining values that wait for their right siblings: enough for 2^DEPTH chunks.
const DEPTH: usize = 6;

/// The most columns that a row may have.
pub const MAX_WIDTH: usize = (1 << DEPTH) * CHUNK * LINE;

/// The most coordinates that an entry of a codeword may have.
pub const MAX_DEGREE: usize = 8;

/// The chaining value of the hash that has no key.
const IV: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Which message word each half step of each round takes.
const SCHEDULE: [[usize; 16]; 7] = {
    const PERMUTATION: [usize; 16] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
    let mut all = [[0; 16]; 7];
    let mut i = 0;
    while i < 16 {
        all[0][i] = i;
        i += 1;
    }
    let mut round = 1;
    while round < 7 {
        let mut i = 0;
        while i < 16 {
            all[round][i] = all[round - 1][PERMUTATION[i]];
            i += 1;
        }
        round += 1;
    }
    all
};

#[inline(always)]
fn mix<L: Lanes, const A: usize, const B: usize, const C: usize, const D: usize>(
    v: &mut [L; 16],
    x: L,
    y: L,
) {
    v[A] = v[A].word_add(x).word_add(v[B]);
    v[D] = v[D].word_xor(v[A]).rotate_right::<16>();
    v[C] = v[C].word_add(v[D]);
    v[B] = v[B].word_xor(v[C]).rotate_right::<12>();
    v[A] = v[A].word_add(y).word_add(v[B]);
    v[D] = v[D].word_xor(v[A]).rotate_right::<8>();
    v[C] = v[C].word_add(v[D]);
    v[B] = v[B].word_xor(v[C]).rotate_right::<7>();
}

#[inline(always)]
fn round<L: Lanes>(v: &mut [L; 16], m: &[L; LINE], s: &[usize; 16]) {
    mix::<L, 0, 4, 8, 12>(v, m[s[0]], m[s[1]]);
    mix::<L, 1, 5, 9, 13>(v, m[s[2]], m[s[3]]);
    mix::<L, 2, 6, 10, 14>(v, m[s[4]], m[s[5]]);
    mix::<L, 3, 7, 11, 15>(v, m[s[6]], m[s[7]]);
    mix::<L, 0, 5, 10, 15>(v, m[s[8]], m[s[9]]);
    mix::<L, 1, 6, 11, 12>(v, m[s[10]], m[s[11]]);
    mix::<L, 2, 7, 8, 13>(v, m[s[12]], m[s[13]]);
    mix::<L, 3, 4, 9, 14>(v, m[s[14]], m[s[15]]);
}

/// The chaining value before the first compression.
#[inline(always)]
pub(crate) fn initial<L: Lanes>() -> [L; 8] {
    let mut all = [L::ZERO; 8];
    for (vector, word) in all.iter_mut().zip(IV) {
        *vector = L::splat_words(word);
    }
    all
}

/// One compression in every lane; `chunk` is the number of the chunk. A message is a line of a
/// block of columns, or two digests.
#[inline(always)]
pub(crate) fn compress<L: Lanes>(
    chaining: &[L; 8],
    message: &[L; LINE],
    chunk: usize,
    bytes: usize,
    flags: u32,
) -> [L; 8] {
    let mut v = [L::ZERO; 16];
    v[..8].copy_from_slice(chaining);
    v[8..12].copy_from_slice(&initial()[..4]);
    v[12] = L::splat_words(chunk as u32);
    v[14] = L::splat_words(bytes as u32);
    v[15] = L::splat_words(flags);
    if L::REGISTER {
        round(&mut v, message, const { &SCHEDULE[0] });
        round(&mut v, message, const { &SCHEDULE[1] });
        round(&mut v, message, const { &SCHEDULE[2] });
        round(&mut v, message, const { &SCHEDULE[3] });
        round(&mut v, message, const { &SCHEDULE[4] });
        round(&mut v, message, const { &SCHEDULE[5] });
        round(&mut v, message, const { &SCHEDULE[6] });
    } else {
        for order in &SCHEDULE {
            round(&mut v, message, order);
        }
    }
    let mut digest = [L::ZERO; 8];
    for (i, word) in digest.iter_mut().enumerate() {
        *word = v[i].word_xor(v[i + 8]);
    }
    digest
}

/// Two digests side by side: a message, or a line to store.
#[inline(always)]
fn join<L: Lanes>(left: &[L; 8], right: &[L; 8]) -> [L; LINE] {
    let mut both = [L::ZERO; LINE];
    both[..8].copy_from_slice(left);
    both[8..].copy_from_slice(right);
    both
}

/// One line of each message of `S` interleaved sets: that of message `r` of set `s` is
/// `words[s][first[s] + r * stride ..][.. LINE]`.
struct Lines<'a, const S: usize> {
    words: [&'a [u32]; S],
    first: [usize; S],
    stride: usize,
}

/// Chaining values that wait for their right siblings, one of each set for each level.
type Waiting<L, const S: usize> = [[[L; 8]; S]; DEPTH];

/// The flags of the line at a place of its chunk.
#[inline(always)]
fn flags(place: usize, last: bool, one_chunk: bool) -> u32 {
    let mut flags = 0;
    if place == 0 {
        flags |= START;
    }
    if place == CHUNK - 1 || last {
        flags |= END;
    }
    if last && one_chunk {
        flags |= ROOT;
    }
    flags
}

/// Hashes `S * L::WIDTH` messages of `bytes` bytes each. `lines` finds their lines, and after the
/// last ones the first ones of the messages that will be next.
///
/// All sets go through the lines together, which makes the runs of memory longer, and while a line
/// is hashed, the next one is on its way: blocks of columns lie at distances that are powers of
/// two, where the processor's own guesses evict each other.
///
/// `waiting` is room to work in.
#[inline(always)]
fn digests<'a, L: Lanes, const S: usize>(
    bytes: usize,
    lines: impl Fn(usize) -> Lines<'a, S>,
    waiting: &mut Waiting<L, S>,
) -> [[L; 8]; S] {
    let count = bytes.div_ceil(4 * LINE);
    let one_chunk = count <= CHUNK;
    let mut depth = 0;
    let mut states = [initial::<L>(); S];
    let mut here = lines(0);
    for line in 0..count {
        let (chunk, place) = (line / CHUNK, line % CHUNK);
        let last = line == count - 1;
        let flags = flags(place, last, one_chunk);
        let length = if last {
            bytes - 4 * LINE * line
        } else {
            4 * LINE
        };
        let next = lines(line + 1);
        for (s, state) in states.iter_mut().enumerate() {
            for r in 0..L::WIDTH {
                L::prefetch(next.words[s], next.first[s] + r * next.stride);
            }
            let message = L::load_columns(&here.words[s][here.first[s]..], here.stride);
            *state = compress(state, &message, chunk, length, flags);
        }
        here = next;
        if flags & END != 0 && !one_chunk {
            // The tree is left-full: complete pairs merge at once, the others at the end.
            let merges = if last {
                depth
            } else {
                (chunk + 1).trailing_zeros() as usize
            };
            for merge in 0..merges {
                depth -= 1;
                let root = if last && merge == merges - 1 { ROOT } else { 0 };
                for (state, left) in states.iter_mut().zip(&waiting[depth]) {
                    let message = join(left, state);
                    *state = compress(&initial(), &message, 0, 4 * LINE, PARENT | root);
                }
            }
            if !last {
                waiting[depth] = states;
                depth += 1;
                states = [initial(); S];
            }
        }
    }
    states
}

/// The `blake3` crate's digest of a message in parts: for messages that do not fill the vectors.
fn digest<'a>(parts: impl IntoIterator<Item = &'a [u32]>, to: &mut [u32]) {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        for word in part {
            hasher.update(&word.to_le_bytes());
        }
    }
    let digest = hasher.finalize();
    for (word, bytes) in to.iter_mut().zip(digest.as_bytes().chunks_exact(4)) {
        *word = u32::from_le_bytes(bytes.try_into().expect("four bytes"));
    }
}

/// Digests of the rows of a group, as the two halves of a layer: even rows, odd rows.
///
/// Row `2 i` belongs to node `i` of the first half, row `2 i + 1` to node `i` of the second.
pub(crate) struct HashRows<'a> {
    /// Blocks of 16 columns, each with all rows.
    pub blocks: &'a [&'a [u32]],
    /// Columns.
    pub width: usize,
    /// The first node of each half that is to be computed.
    pub start: usize,
    /// Where the digests go.
    pub to: [&'a mut [u32]; 2],
}

impl Kernel for HashRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        assert!(
            (1..=MAX_WIDTH).contains(&self.width),
            "a row has 1 to {MAX_WIDTH} columns"
        );
        let [even, odd] = self.to;
        assert_eq!(even.len(), odd.len());
        let count = even.len() / DIGEST;
        let step = 2 * L::WIDTH;
        let whole = count - count % step;
        let mut waiting = [[[L::ZERO; 8]; 4]; DEPTH];
        for at in (0..whole).step_by(step) {
            // Nodes i and i + 1 of both halves: four rows.
            let lines = |line: usize| {
                let (line, node) = match line.checked_sub(self.blocks.len()) {
                    None => (line, self.start + at),
                    Some(line) => (line, self.start + at + step),
                };
                Lines {
                    words: [self.blocks[line]; 4],
                    first: [0, 1, 2, 3].map(|i| LINE * (2 * node + i)),
                    stride: 4 * LINE,
                }
            };
            let [a, b, c, d] = digests::<L, 4>(4 * self.width, lines, &mut waiting);
            L::store_columns(&join(&a, &c), &mut even[DIGEST * at..], LINE);
            L::store_columns(&join(&b, &d), &mut odd[DIGEST * at..], LINE);
        }
        for at in whole..count {
            for (half, to) in [&mut *even, &mut *odd].into_iter().enumerate() {
                let first = LINE * (2 * (self.start + at) + half);
                let row = self.blocks.iter().enumerate().map(|(b, block)| {
                    let words = LINE.min(self.width - LINE * b);
                    &block[first..][..words]
                });
                digest(row, &mut to[DIGEST * at..][..DIGEST]);
            }
        }
    }
}

/// Digests of pairs of digests: a layer from the one below.
pub(crate) struct HashPairs<'a> {
    /// 16 words for each node.
    pub children: &'a [u32],
    /// 8 words for each node.
    pub to: &'a mut [u32],
}

impl Kernel for HashPairs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        assert_eq!(self.children.len(), 2 * self.to.len());
        let count = self.to.len() / DIGEST;
        let step = 2 * L::WIDTH;
        let whole = count - count % step;
        for at in (0..whole).step_by(step) {
            // Even nodes, then odd nodes.
            let mut digests = [initial::<L>(); 2];
            for (i, digest) in digests.iter_mut().enumerate() {
                let message = L::load_columns(&self.children[LINE * (at + i)..], 2 * LINE);
                *digest = compress(digest, &message, 0, 4 * LINE, START | END | ROOT);
            }
            let [a, b] = digests;
            L::store_columns(&join(&a, &b), &mut self.to[DIGEST * at..], LINE);
        }
        for at in whole..count {
            let message = &self.children[LINE * at..][..LINE];
            digest([message], &mut self.to[DIGEST * at..][..DIGEST]);
        }
    }
}

/// Digests of some consecutive entries of a codeword: coordinate by coordinate.
pub(crate) struct HashEntries<'a> {
    /// Entries of a leaf: 2, 4, 8 or 16.
    pub arity: usize,
    /// The coordinates of all entries.
    pub columns: &'a [&'a [u32]],
    /// The first leaf to compute.
    pub start: usize,
    /// Where the digests go.
    pub to: &'a mut [u32],
}

impl Kernel for HashEntries<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let arity = self.arity;
        if arity == LINE {
            return self.lines::<L>();
        }
        assert!([2, 4, 8].contains(&arity), "no leaves have {arity} entries");
        let degree = self.columns.len();
        assert!(
            (1..=MAX_DEGREE).contains(&degree),
            "1 to {MAX_DEGREE} coordinates"
        );
        let words = degree * arity;
        // A line of a column has the entries of this many leaves.
        let sets = LINE / arity;
        let lines = words.div_ceil(LINE);
        let count = self.to.len() / DIGEST;
        let whole = count - count % (sets * L::WIDTH);
        let mut entries = [[L::ZERO; LINE]; MAX_DEGREE];
        for at in (0..whole).step_by(sets * L::WIDTH) {
            for (entries, column) in entries.iter_mut().zip(self.columns) {
                *entries = L::load_columns(&column[arity * (self.start + at)..], LINE);
            }
            for pair in 0..sets / 2 {
                let mut states = [initial::<L>(); 2];
                for (i, state) in states.iter_mut().enumerate() {
                    let first = arity * (2 * pair + i);
                    for line in 0..lines {
                        let mut message = [L::ZERO; LINE];
                        for (i, vector) in message.iter_mut().enumerate() {
                            let word = LINE * line + i;
                            *vector = entries[word >> arity.ilog2()][first + (word & (arity - 1))];
                        }
                        let last = line == lines - 1;
                        let length = if last {
                            4 * (words - LINE * line)
                        } else {
                            4 * LINE
                        };
                        let flags =
                            if line == 0 { START } else { 0 } | if last { END | ROOT } else { 0 };
                        *state = compress(state, &message, 0, length, flags);
                    }
                }
                let to = &mut self.to[DIGEST * (at + 2 * pair)..];
                L::store_columns(&join(&states[0], &states[1]), to, DIGEST * sets);
            }
        }
        for at in whole..count {
            let leaf = self
                .columns
                .iter()
                .map(|c| &c[arity * (self.start + at)..][..arity]);
            digest(leaf, &mut self.to[DIGEST * at..][..DIGEST]);
        }
    }
}

impl HashEntries<'_> {
    /// Leaves of sixteen entries: a line of each coordinate.
    #[inline(always)]
    fn lines<L: Lanes>(self) {
        let degree = self.columns.len();
        assert!(
            (1..=MAX_DEGREE).contains(&degree),
            "1 to {MAX_DEGREE} coordinates"
        );
        let bytes = 4 * LINE * degree;
        let count = self.to.len() / DIGEST;
        let step = 4 * L::WIDTH;
        let whole = count - count % step;
        let mut waiting = [[[L::ZERO; 8]; 4]; DEPTH];
        for at in (0..whole).step_by(step) {
            // Even and odd leaves, twice.
            let lines = |line: usize| {
                let (line, leaf) = match line.checked_sub(degree) {
                    None => (line, self.start + at),
                    Some(line) => (line, self.start + at + step),
                };
                Lines {
                    words: [self.columns[line]; 4],
                    first: [0, 1, 2 * L::WIDTH, 2 * L::WIDTH + 1].map(|i| LINE * (leaf + i)),
                    stride: 2 * LINE,
                }
            };
            let [a, b, c, d] = digests::<L, 4>(bytes, lines, &mut waiting);
            L::store_columns(&join(&a, &b), &mut self.to[DIGEST * at..], LINE);
            let to = &mut self.to[DIGEST * (at + 2 * L::WIDTH)..];
            L::store_columns(&join(&c, &d), to, LINE);
        }
        for at in whole..count {
            let first = LINE * (self.start + at);
            let leaf = self.columns.iter().map(|column| &column[first..][..LINE]);
            digest(leaf, &mut self.to[DIGEST * at..][..DIGEST]);
        }
    }
}
