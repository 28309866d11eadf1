//! A small allocator for a machine where every instruction costs.
//!
//! Memory is cut from a region in blocks of fixed sizes: multiples of 16 bytes up to 1 KiB, powers
//! of two above. A freed block goes on the list of its size and is the first to be used again, so
//! allocating and freeing take a handful of instructions, whatever happened before. Blocks are
//! never split or joined.
//!
//! - The last block cut can grow in place: a lone growing `Vec` is not copied.
//! - Fresh memory is zero already: `alloc_zeroed` clears recycled blocks only.
//! - Rounding up wastes addresses, not work: memory that is not touched costs nothing.
//! - When the region is used up, allocation fails, and Rust's answer to that is a panic.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
};

/// Alignment of every block, and the step between small sizes.
const GRANULE: usize = 16;
/// Sizes up to here are multiples of [`GRANULE`].
const SMALL: usize = 1024;
/// Lists 0..64 hold multiples of 16, lists 64.. powers of two from 2 KiB.
const LISTS: usize = SMALL / GRANULE + (usize::BITS - 1 - SMALL.ilog2()) as usize;

/// The allocator. It serves one thread.
pub struct Allocator {
    state: UnsafeCell<State>,
}

struct State {
    /// First byte that no block has used.
    next: *mut u8,
    end: *mut u8,
    /// Freed blocks by size; each block's first word points to the next one.
    free: [*mut u8; LISTS],
}

/// A block size and its list.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Class {
    list: usize,
    size: usize,
}

impl Class {
    /// The class of the blocks that hold `size` bytes; `None` if there is none so large.
    fn of(size: usize) -> Option<Self> {
        if size <= SMALL {
            let steps = size.saturating_sub(1) / GRANULE;
            return Some(Self {
                list: steps,
                size: (steps + 1) * GRANULE,
            });
        }
        let size = size.checked_next_power_of_two()?;
        Some(Self {
            list: SMALL / GRANULE + (size / SMALL).ilog2() as usize - 1,
            size,
        })
    }
}

impl Allocator {
    /// An allocator for the memory from `start` to `end`.
    ///
    /// # Safety
    /// The region must be zero, free for this allocator alone, and stay so as long as anything
    /// allocated from it is in use. If the allocator is shared, as a `static` is, then all its
    /// users must be one thread.
    pub const unsafe fn new(start: *mut u8, end: *mut u8) -> Self {
        Self {
            state: UnsafeCell::new(State {
                next: start,
                end,
                free: [ptr::null_mut(); LISTS],
            }),
        }
    }

    /// A block and whether it is fresh, so zero.
    fn take(&self, layout: Layout) -> Option<(*mut u8, bool)> {
        // SAFETY: one thread, and no call to `take` or `give` happens within another.
        let state = unsafe { &mut *self.state.get() };
        let class = Class::of(layout.size())?;
        let head = &mut state.free[class.list];
        if !head.is_null() && head.addr().is_multiple_of(layout.align()) {
            let block = *head;
            // SAFETY: a block on a list holds a pointer to the next one, see `give`.
            *head = unsafe { block.cast::<*mut u8>().read() };
            return Some((block, false));
        }
        Some((state.cut(class.size, layout.align().max(GRANULE))?, true))
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// `block` came from `take` with a layout of this size and is no longer used.
    unsafe fn give(&self, block: *mut u8, size: usize) {
        // SAFETY: as in `take`.
        let state = unsafe { &mut *self.state.get() };
        if let Some(class) = Class::of(size) {
            // SAFETY: blocks are aligned to 16 bytes and at least that large, so a pointer fits.
            unsafe { block.cast::<*mut u8>().write(state.free[class.list]) };
            state.free[class.list] = block;
        }
    }

    /// Changes a block's size where it is: a smaller one always fits (and is freed as a smaller
    /// one), a larger one does if the block is the last. Says whether that worked.
    ///
    /// # Safety
    /// `block` came from `take` with a layout of size `old`.
    unsafe fn resize(&self, block: *mut u8, old: usize, new: usize) -> bool {
        // SAFETY: as in `take`.
        let state = unsafe { &mut *self.state.get() };
        let (Some(old), Some(new)) = (Class::of(old), Class::of(new)) else {
            return false;
        };
        if new.size <= old.size {
            return true;
        }
        let is_last = block.addr() + old.size == state.next.addr();
        is_last && state.cut(new.size - old.size, 1).is_some()
    }
}

impl State {
    /// Cuts memory off the unused region.
    fn cut(&mut self, size: usize, align: usize) -> Option<*mut u8> {
        let gap = self.next.addr().wrapping_neg() & (align - 1);
        let needed = size.checked_add(gap)?;
        if needed > self.end.addr() - self.next.addr() {
            return None;
        }
        // SAFETY: both results lie within the region or at its end, by the comparison above.
        unsafe {
            let block = self.next.add(gap);
            self.next = block.add(size);
            Some(block)
        }
    }
}

// SAFETY: whoever made a shared allocator promised to use it from one thread, see `new`.
unsafe impl Sync for Allocator {}

// SAFETY: blocks are as large and as aligned as asked for, and disjoint: they are cut one after the
// other and reused only after `dealloc`. Nothing here panics.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout)
            .map_or(ptr::null_mut(), |(block, _)| block)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match self.take(layout) {
            Some((block, true)) => block,
            Some((block, false)) => {
                // SAFETY: the block is at least this large.
                unsafe { block.write_bytes(0, layout.size()) };
                block
            }
            None => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller gives back what it got from here.
        unsafe { self.give(block, layout.size()) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller passes a block of `layout`.
        if unsafe { self.resize(block, layout.size(), size) } {
            return block;
        }
        // SAFETY: the caller vouches that `size` makes a layout; the copy stays within both blocks.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, size.min(layout.size()));
                self.give(block, layout.size());
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests;
