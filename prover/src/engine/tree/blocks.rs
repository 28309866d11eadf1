//! Blocks of sixteen elements of the challenge field: its coordinates one after the other, sixteen words each.

use zonda_kernels::{LINE, Lanes, Packed};

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

/// [`store`], and if it `STREAMS` for memory that is not read soon.
#[inline(always)]
pub fn put<L: Lanes, P: Packed<L>, const STREAMS: bool>(
    element: P,
    blocks: &mut [u32],
    block: usize,
    part: usize,
) {
    let at = block_words(P::DEGREE) * block + L::WIDTH * part;
    let mut k = 0;
    while k < P::DEGREE {
        let to = &mut blocks[at + LINE * k..];
        if STREAMS {
            element.as_ref()[k].stream(to);
        } else {
            element.as_ref()[k].store(to);
        }
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

    /// Writes numerators and denominators, as [`put`] does.
    #[inline(always)]
    pub fn put<L: Lanes, const STREAMS: bool>(
        self,
        [p, q]: &mut [&mut [u32]; 2],
        block: usize,
        part: usize,
    ) where
        P: Packed<L>,
    {
        put::<L, P, STREAMS>(self.p, p, block, part);
        put::<L, P, STREAMS>(self.q, q, block, part);
    }
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

/// Fills blocks with one element.
#[inline(always)]
pub fn fill_with(blocks: &mut [u32], coordinates: &[u32]) {
    for block in blocks.chunks_exact_mut(block_words(coordinates.len())) {
        for (line, coordinate) in block.chunks_exact_mut(LINE).zip(coordinates) {
            line.fill(*coordinate);
        }
    }
}

/// [`piece_mut`], of numerators and denominators.
#[inline(always)]
pub fn pieces_mut<'a>(
    [p, q]: &'a mut [&mut [u32]; 2],
    words: usize,
    index: usize,
) -> [&'a mut [u32]; 2] {
    [piece_mut(p, words, index), piece_mut(q, words, index)]
}
