//! Blocks of sixteen elements of the challenge field: its coordinates one after the other, sixteen words each.

use zonda_kernels::{LINE, Lanes, Packed};

use super::levels::GROUP;

/// Words of a block.
#[inline(always)]
pub const fn block_words(degree: usize) -> usize {
    LINE * degree
}

/// The part of a block that begins at lane `part * L::WIDTH`.
#[inline(always)]
pub fn load<L: Lanes, P: Packed<L>>(blocks: &[u32], block: usize, part: usize) -> P {
    let at = block_words(P::DEGREE) * block + L::WIDTH * part;
    let mut element = P::ZERO;
    let mut k = 0;
    while k < P::DEGREE {
        element.as_mut()[k] = L::load(&blocks[at + LINE * k..]);
        k += 1;
    }
    element
}

/// Writes the part of a block that begins at lane `part * L::WIDTH`.
#[inline(always)]
pub fn store<L: Lanes, P: Packed<L>>(element: P, blocks: &mut [u32], block: usize, part: usize) {
    let at = block_words(P::DEGREE) * block + L::WIDTH * part;
    let mut k = 0;
    while k < P::DEGREE {
        element.as_ref()[k].store(&mut blocks[at + LINE * k..]);
        k += 1;
    }
}

/// Fractions, one in each lane.
#[derive(Clone, Copy)]
pub struct Fractions<P> {
    /// The numerators.
    pub p: P,
    /// The denominators.
    pub q: P,
}

impl<P> Fractions<P> {
    /// (0, 1).
    #[inline(always)]
    pub fn nothing<L: Lanes>() -> Self
    where
        P: Packed<L>,
    {
        Self {
            p: P::ZERO,
            q: P::ONE,
        }
    }

    /// The sums.
    #[inline(always)]
    pub fn join<L: Lanes>(self, other: Self) -> Self
    where
        P: Packed<L>,
    {
        Self {
            p: P::dot2([self.p, other.q], [other.p, self.q]),
            q: self.q * other.q,
        }
    }

    /// Fractions of a group.
    #[inline(always)]
    pub fn load<L: Lanes>(group: &[u32], block: usize, part: usize) -> Self
    where
        P: Packed<L>,
    {
        Self {
            p: load(group, numerators(block), part),
            q: load(group, numerators(block) + QUAD, part),
        }
    }

    /// Writes fractions of a group.
    #[inline(always)]
    pub fn store<L: Lanes>(self, group: &mut [u32], block: usize, part: usize)
    where
        P: Packed<L>,
    {
        store(self.p, group, numerators(block), part);
        store(self.q, group, numerators(block) + QUAD, part);
    }

    /// The fractions on the lines through these, at 0, and others, at 1.
    #[inline(always)]
    pub fn line<L: Lanes>(self, other: Self, at: &P::Scalar) -> Self
    where
        P: Packed<L>,
    {
        Self {
            p: self.p.line(other.p, at),
            q: self.q.line(other.q, at),
        }
    }
}

/// A part of the lanes of a quad: half of a group's blocks.
#[derive(Clone, Copy, Debug)]
pub struct Quad {
    /// The segment.
    pub segment: usize,
    /// The group.
    pub group: usize,
    /// The group's index in the segment.
    pub index: usize,
    /// Which half.
    pub half: usize,
    /// The part of the lanes.
    pub part: usize,
}

/// The words of one piece, where all pieces have as many.
#[inline(always)]
pub fn piece(all: &[u32], words: usize, index: usize) -> &[u32] {
    &all[words * index..][..words]
}

/// [`piece`], to be written.
#[inline(always)]
pub fn piece_mut(all: &mut [u32], words: usize, index: usize) -> &mut [u32] {
    &mut all[words * index..][..words]
}

/// Fills blocks with one element of the base field.
#[inline(always)]
pub fn fill(blocks: &mut [u32], degree: usize, x: u32) {
    for block in blocks.chunks_exact_mut(block_words(degree)) {
        let (first, rest) = block.split_at_mut(LINE);
        first.fill(x);
        rest.fill(0);
    }
}

/// Fills a group up with the fraction (0, 1), from a block on.
#[inline(always)]
pub fn fill_fractions(group: &mut [u32], degree: usize, first: usize) {
    let words = block_words(degree);
    for block in first..GROUP {
        fill(piece_mut(group, words, numerators(block)), degree, 0);
        fill(piece_mut(group, words, numerators(block) + QUAD), degree, 1);
    }
}

/// Blocks of a quad.
pub const QUAD: usize = GROUP / 2;

/// Where the numerators of a block are in a group of fractions: first the numerators of the first quad, then its
/// denominators, then those of the second quad. So a quad is read in one piece.
#[inline(always)]
const fn numerators(block: usize) -> usize {
    2 * QUAD * (block / QUAD) + block % QUAD
}

/// Asks for so many words from a place on, which will be read soon.
#[inline(always)]
pub fn prefetch<L: Lanes>(from: &[u32], first: usize, words: usize) {
    let mut at = 0;
    while at < words {
        L::prefetch(from, first + at);
        at += LINE;
    }
}
