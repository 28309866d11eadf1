//! Free memory of any size: a list that is put in order and joined when memory runs out.

use core::ptr;

use super::gap;

/// Pieces of free memory, linked through their first bytes.
pub(super) struct Pieces {
    first: *mut Piece,
}

struct Piece {
    next: *mut Piece,
    /// In bytes, this head included.
    size: usize,
}

impl Pieces {
    pub(super) const fn new() -> Self {
        Self {
            first: ptr::null_mut(),
        }
    }

    /// Adds a piece.
    ///
    /// # Safety
    /// `size` bytes at `start`, both multiples of 16 and not zero, belong to this list from now on.
    pub(super) unsafe fn put(&mut self, start: *mut u8, size: usize) {
        let piece = start.cast::<Piece>();
        let next = self.first;
        // SAFETY: a head fits in 16 bytes.
        unsafe { piece.write(Piece { next, size }) };
        self.first = piece;
    }

    /// Takes the first piece with room for a block of this size and alignment.
    pub(super) fn take(&mut self, size: usize, align: usize) -> Option<(*mut u8, usize)> {
        let mut link = &mut self.first;
        // SAFETY: the list holds pieces that belong to it, and ends with null.
        while let Some(piece) = unsafe { link.as_mut() } {
            let start = ptr::from_mut(piece).cast::<u8>();
            if size
                .checked_add(gap(start, align))
                .is_some_and(|needed| needed <= piece.size)
            {
                let found = (*link, piece.size);
                *link = piece.next;
                return Some((found.0.cast(), found.1));
            }
            link = &mut piece.next;
        }
        None
    }

    /// The bytes in all pieces, and in the largest.
    pub(super) fn measure(&self) -> (usize, usize) {
        let (mut all, mut largest) = (0, 0);
        let mut next = self.first;
        // SAFETY: as in `take`.
        while let Some(piece) = unsafe { next.as_ref() } {
            all += piece.size;
            largest = largest.max(piece.size);
            next = piece.next;
        }
        (all, largest)
    }

    /// Puts the pieces in order and makes one of those that touch.
    pub(super) fn join(&mut self) {
        self.first = sorted(self.first);
        let mut current = self.first;
        // SAFETY: as in `take`; a piece that the one before it takes in is not used any more.
        unsafe {
            while !current.is_null() {
                let next = (*current).next;
                if !next.is_null() && current.addr() + (*current).size == next.addr() {
                    (*current).size += (*next).size;
                    (*current).next = (*next).next;
                } else {
                    current = next;
                }
            }
        }
    }
}

/// The same pieces by ascending address.
fn sorted(mut list: *mut Piece) -> *mut Piece {
    // Run i has 2^i pieces, or none.
    let mut runs = [ptr::null_mut::<Piece>(); usize::BITS as usize];
    while !list.is_null() {
        let mut run = list;
        // SAFETY: the list holds pieces, each of which moves to one run.
        unsafe { list = (*run).next };
        // SAFETY: as above.
        unsafe { (*run).next = ptr::null_mut() };
        for slot in &mut runs {
            if slot.is_null() {
                *slot = run;
                break;
            }
            run = merged(core::mem::replace(slot, ptr::null_mut()), run);
        }
    }
    runs.into_iter().fold(ptr::null_mut(), merged)
}

/// Two lists in order, as one.
fn merged(mut a: *mut Piece, mut b: *mut Piece) -> *mut Piece {
    let mut first = ptr::null_mut();
    let mut link = &raw mut first;
    // SAFETY: both lists hold pieces; `link` is the end of the list made so far.
    unsafe {
        while !a.is_null() && !b.is_null() {
            let lower = if a.addr() < b.addr() { &mut a } else { &mut b };
            *link = *lower;
            link = &raw mut (**lower).next;
            *lower = *link;
        }
        *link = if a.is_null() { b } else { a };
    }
    first
}
