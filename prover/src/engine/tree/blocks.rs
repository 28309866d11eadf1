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
