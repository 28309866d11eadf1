//! A small allocator for a machine where every instruction costs.
//!
//! Memory is cut from a region in blocks of fixed sizes: multiples of 16 bytes up to 1 KiB, powers
//! of two above. A freed block goes on the list of its size and is the first to be used again, so
//! allocating and freeing take a handful of instructions, whatever happened before.
//!
//! - Blocks aligned to more than 16 bytes have lists of their own. Their sizes are powers of two, and
//!   each is aligned to its size.
//! - The last block cut can grow in place: a lone growing `Vec` is not copied. Every block shrinks in
//!   place; what it gives up is freed.
//! - Fresh memory is zero already: `alloc_zeroed` clears recycled blocks only.
//! - Rounding up wastes addresses, not work: memory that is not touched costs nothing.
//! - When the region is used up, all that is free is put in order once, neighbours are joined, and
//!   blocks of any size are cut from that. A request fails only if no free piece is large enough;
//!   Rust's answer to that is a panic, and [`Allocator::refusal`] says what the region had.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
};

use pieces::Pieces;
pub use refusal::Refusal;

mod pieces;
mod refusal;

/// Alignment of every block, and the step between small sizes.
const GRANULE: usize = 16;
/// Sizes up to here are multiples of [`GRANULE`].
const SMALL: usize = 1024;
/// How many powers of two a size may be.
const POWERS: usize = usize::BITS as usize;
/// Lists 0..64 hold multiples of 16, lists 64..`LISTS` powers of two from 2 KiB.
const LISTS: usize = SMALL / GRANULE + POWERS - 1 - SMALL.ilog2() as usize;

/// The allocator. It serves one thread.
pub struct Allocator {
    state: UnsafeCell<State>,
}

struct State {
    /// The region that blocks are cut from.
    next: *mut u8,
    end: *mut u8,
    /// Whether nobody has written to that region.
    is_fresh: bool,
    /// Freed blocks by size; each block's first word points to the next one.
    free: [*mut u8; LISTS],
    /// The same for blocks aligned to their size, a power of two.
    aligned: [*mut u8; POWERS],
    /// Free memory that is in no list.
    pieces: Pieces,
    refusal: Option<Refusal>,
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

    /// The size of the blocks of a list.
    fn size_of(list: usize) -> usize {
        match list.checked_sub(SMALL / GRANULE) {
            None => (list + 1) * GRANULE,
            Some(power) => (2 * SMALL) << power,
        }
    }
}

/// The size, and alignment, of a block for a layout aligned to more than [`GRANULE`].
fn aligned_size(layout: Layout) -> Option<usize> {
    layout
        .size()
        .max(layout.align())
        .checked_next_power_of_two()
}

impl Allocator {
    /// An allocator for the memory from `start` to `end`.
    ///
    /// # Safety
    /// Both must be multiples of 16. The region must be zero, free for this allocator alone, and stay
    /// so as long as anything allocated from it is in use. If the allocator is shared, as a `static`
    /// is, then all its users must be one thread.
    pub const unsafe fn new(start: *mut u8, end: *mut u8) -> Self {
        Self {
            state: UnsafeCell::new(State {
                next: start,
                end,
                is_fresh: true,
                free: [ptr::null_mut(); LISTS],
                aligned: [ptr::null_mut(); POWERS],
                pieces: Pieces::new(),
                refusal: None,
            }),
        }
    }

    /// The last request that failed, if any did.
    pub fn refusal(&self) -> Option<Refusal> {
        // SAFETY: one thread, and no method calls another with the state in hand.
        unsafe { (*self.state.get()).refusal }
    }

    /// A block and whether it is fresh, so zero.
    fn take(&self, layout: Layout) -> Option<(*mut u8, bool)> {
        // SAFETY: as in `refusal`.
        let state = unsafe { &mut *self.state.get() };
        if layout.align() > GRANULE {
            return state.take_aligned(layout);
        }
        let class = Class::of(layout.size())?;
        // SAFETY: the list holds free blocks.
        if let Some(block) = unsafe { pop(&mut state.free[class.list]) } {
            return Some((block, false));
        }
        state.cut(class.size)
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// `block` came from `take` with a layout of this size and alignment and is no longer used.
    unsafe fn give(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `refusal`.
        let state = unsafe { &mut *self.state.get() };
        if layout.align() > GRANULE {
            if let Some(size) = aligned_size(layout) {
                // SAFETY: the caller's block has this size, and alignment.
                unsafe { push(&mut state.aligned[size.ilog2() as usize], block) };
            }
        } else if let Some(class) = Class::of(layout.size()) {
            // SAFETY: the caller's block has this class.
            unsafe { push(&mut state.free[class.list], block) };
        }
    }

    /// Changes a block's size where it is: a smaller one always fits, a larger one does if the block
    /// is the last. Says whether that worked.
    ///
    /// # Safety
    /// `block` came from `take` with this layout, and `size` is not zero. If the answer is yes, then
    /// only the first `size` bytes are used from now on.
    unsafe fn resize(&self, block: *mut u8, layout: Layout, size: usize) -> bool {
        // SAFETY: as in `refusal`.
        let state = unsafe { &mut *self.state.get() };
        if layout.align() > GRANULE {
            let needed = size.max(layout.align()).checked_next_power_of_two();
            return needed == aligned_size(layout);
        }
        let (Some(old), Some(new)) = (Class::of(layout.size()), Class::of(size)) else {
            return false;
        };
        if new.size < old.size {
            // SAFETY: what lies behind the new size belongs to the block and is no longer used.
            unsafe { state.free_tail(block.add(new.size), old.size - new.size) };
        }
        if new.size <= old.size {
            return true;
        }
        let is_last = block.addr() + old.size == state.next.addr();
        is_last && state.bump(new.size - old.size).is_some()
    }
}

impl State {
    /// A block aligned to more than [`GRANULE`], and whether it is fresh.
    #[inline(never)]
    fn take_aligned(&mut self, layout: Layout) -> Option<(*mut u8, bool)> {
        let size = aligned_size(layout)?;
        // SAFETY: the list holds free blocks.
        if let Some(block) = unsafe { pop(&mut self.aligned[size.ilog2() as usize]) } {
            return Some((block, false));
        }
        let cut = self.bump_aligned(size);
        cut.map(|block| (block, self.is_fresh)).or_else(|| {
            self.refill(size, size)?;
            Some((self.bump_aligned(size)?, false))
        })
    }

    /// Cuts a block off the region, or off free memory if there is no more, and says whether the
    /// block is fresh.
    fn cut(&mut self, size: usize) -> Option<(*mut u8, bool)> {
        if let Some(block) = self.bump(size) {
            return Some((block, self.is_fresh));
        }
        self.refill(size, GRANULE)?;
        Some((self.bump(size)?, false))
    }

    /// Cuts a block off the region, which always starts at a multiple of [`GRANULE`].
    #[inline(always)]
    fn bump(&mut self, size: usize) -> Option<*mut u8> {
        if size > self.end.addr() - self.next.addr() {
            return None;
        }
        let block = self.next;
        // SAFETY: within the region or at its end, by the comparison above.
        self.next = unsafe { block.add(size) };
        Some(block)
    }

    /// Cuts a block aligned to its size off the region. The gap before it is a free piece.
    fn bump_aligned(&mut self, size: usize) -> Option<*mut u8> {
        let gap = gap(self.next, size);
        if size.checked_add(gap)? > self.end.addr() - self.next.addr() {
            return None;
        }
        if let Some(before) = self.bump(gap)
            && gap > 0
        {
            // SAFETY: just cut, a multiple of 16 bytes.
            unsafe { self.pieces.put(before, gap) };
        }
        self.bump(size)
    }

    /// Makes a region of a free piece that can hold such a block.
    #[cold]
    #[inline(never)]
    fn refill(&mut self, size: usize, align: usize) -> Option<()> {
        let mut found = self.pieces.take(size, align);
        if found.is_none() {
            self.collect();
            found = self.pieces.take(size, align);
        }
        let Some((start, size)) = found else {
            let (free, largest) = self.pieces.measure();
            self.refusal = Some(Refusal {
                needed: size,
                free,
                largest,
            });
            return None;
        };
        self.retire();
        self.is_fresh = false;
        // SAFETY: the end of the piece.
        (self.next, self.end) = (start, unsafe { start.add(size) });
        Some(())
    }

    /// Makes pieces of everything that is free, in order and joined.
    fn collect(&mut self) {
        let ordinary = self.free.iter_mut().enumerate();
        let ordinary = ordinary.map(|(list, blocks)| (Class::size_of(list), blocks));
        let aligned = self.aligned.iter_mut().enumerate();
        let aligned = aligned.map(|(power, blocks)| (1 << power, blocks));
        for (size, list) in ordinary.chain(aligned) {
            // SAFETY: the list holds free blocks of this size, each of which leaves it for `pieces`.
            unsafe {
                while let Some(block) = pop(list) {
                    self.pieces.put(block, size);
                }
            }
        }
        self.retire();
        self.pieces.join();
    }

    /// Makes a piece of what is left of the region.
    fn retire(&mut self) {
        let left = self.end.addr() - self.next.addr();
        if left > 0 {
            // SAFETY: the region is free, and from here on empty. All sizes are multiples of 16.
            unsafe { self.pieces.put(self.next, left) };
            self.next = self.end;
        }
    }

    /// Frees the end of a block that shrinks, cut in blocks.
    ///
    /// # Safety
    /// `size` bytes at `tail` are free: the difference of the sizes of two classes.
    unsafe fn free_tail(&mut self, mut tail: *mut u8, mut size: usize) {
        while size > 0 {
            // A multiple of 16 up to 1 KiB, then powers of two, as each is the lowest one of a
            // difference to a power of two.
            let piece = match size % SMALL {
                _ if size <= SMALL => size,
                0 => 1 << size.trailing_zeros(),
                rest => rest,
            };
            if let Some(class) = Class::of(piece) {
                // SAFETY: a block of that class, free as the caller says.
                unsafe { push(&mut self.free[class.list], tail) };
            }
            // SAFETY: at most the end of the block that shrinks.
            tail = unsafe { tail.add(piece) };
            size -= piece;
        }
    }
}

/// How far it is to the next address with this alignment.
fn gap(from: *mut u8, align: usize) -> usize {
    from.addr().wrapping_neg() & (align - 1)
}

/// Takes the first block off a list.
///
/// # Safety
/// The list holds free blocks, pushed by `push`.
#[inline(always)]
unsafe fn pop(list: &mut *mut u8) -> Option<*mut u8> {
    let block = *list;
    if block.is_null() {
        return None;
    }
    // SAFETY: a block on a list holds a pointer to the next one.
    *list = unsafe { block.cast::<*mut u8>().read() };
    Some(block)
}

/// Puts a block on a list.
///
/// # Safety
/// The block is free, aligned to 16 bytes and at least that large, so that a pointer fits.
#[inline(always)]
unsafe fn push(list: &mut *mut u8, block: *mut u8) {
    // SAFETY: by the contract.
    unsafe { block.cast::<*mut u8>().write(*list) };
    *list = block;
}

// SAFETY: whoever made a shared allocator promised to use it from one thread, see `new`.
unsafe impl Sync for Allocator {}

// SAFETY: blocks are as large and as aligned as asked for, and disjoint: each is cut off memory that
// no other block has, and used again only after `dealloc`. Nothing here panics.
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
        unsafe { self.give(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller passes a block of `layout` and uses `size` bytes of the answer.
        if unsafe { self.resize(block, layout, size) } {
            return block;
        }
        // SAFETY: the caller vouches that `size` makes a layout; the copy stays within both blocks.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, size.min(layout.size()));
                self.give(block, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests;
