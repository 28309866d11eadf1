//! The points of sections 8.3 and 6.2.

use zonda_verifier::Challenge;

use crate::multilinear::eq_table;

/// The point of a leaf.
pub struct LeafPoint<E> {
    /// Of the bits of a row, from the lowest.
    pub rows: Vec<E>,
    /// Of the bits of a slot, from the lowest, and that of the scope.
    pub slot: Vec<E>,
}

impl<E: Challenge> LeafPoint<E> {
    /// From the coordinates of a leaf's index, from the lowest bit.
    pub fn new(point: &[E], n: u32, slot_bits: u32) -> Self {
        let (rest, point) = point.split_at(n as usize - 4);
        let (slot, point) = point.split_at(slot_bits as usize);
        let (lane, scope) = point.split_at(4);
        Self {
            rows: [lane, rest].concat(),
            slot: [slot, scope].concat(),
        }
    }
}

/// The weight W of rows.
#[derive(Clone, Debug)]
pub struct RowPoint<E> {
    /// Of bits 0 to 3.
    pub lane: Vec<E>,
    /// The weights of the values of bits 4 to 6.
    pub skipped: Vec<E>,
    /// Of bits 7 to 9.
    pub inner: Vec<E>,
    /// Of the bits of a page's number.
    pub page: Vec<E>,
}

impl<E: Challenge> RowPoint<E> {
    /// From the challenges of bits 7 to n - 1, then 0 to 3.
    pub fn new(bound: &[E], skipped: Vec<E>) -> Self {
        let (rest, lane) = bound.split_at(bound.len() - 4);
        let (inner, page) = rest.split_at(3);
        Self {
            lane: lane.to_vec(),
            skipped,
            inner: inner.to_vec(),
            page: page.to_vec(),
        }
    }

    /// The part of W on bits 0 to 9.
    pub fn low(&self) -> Vec<E> {
        product(
            &product(&eq_table(&self.lane), &self.skipped),
            &eq_table(&self.inner),
        )
    }

    /// W on all rows.
    pub fn weights(&self) -> Vec<E> {
        product(&self.low(), &eq_table(&self.page))
    }
}

/// The product of a function of the low bits and one of the high bits.
fn product<E: Challenge>(low: &[E], high: &[E]) -> Vec<E> {
    let row = |high: &E| low.iter().map(|low| *low * *high).collect::<Vec<E>>();
    high.iter().flat_map(row).collect()
}
