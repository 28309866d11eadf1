use std::{vec, vec::Vec};

use super::*;

#[repr(align(4096))]
#[derive(Clone)]
struct Page(#[expect(dead_code)] [u8; 4096]);

/// An allocator over `pages` zero pages, and what keeps them alive.
fn region(pages: usize) -> (Allocator, Vec<Page>) {
    let mut memory = vec![Page([0; 4096]); pages];
    let range = memory.as_mut_ptr_range();
    // SAFETY: the pages are zero and returned only to be kept alive.
    (
        unsafe { Allocator::new(range.start.cast(), range.end.cast()) },
        memory,
    )
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

#[test]
fn classes_hold_their_sizes_and_lists_are_distinct() {
    let mut last = Class::of(0).unwrap();
    for size in 1..100_000 {
        let class = Class::of(size).unwrap();
        assert!(class.size >= size && class.size.is_multiple_of(GRANULE) && class.list < LISTS);
        assert!(class == last || (class.list == last.list + 1 && class.size > last.size));
        last = class;
    }
    let largest = Class::of(1 << (usize::BITS - 1)).unwrap();
    assert_eq!(largest.list, LISTS - 1);
    assert!(Class::of(usize::MAX).is_none());
}

#[test]
fn live_blocks_are_aligned_and_never_overlap() {
    let (heap, _memory) = region(4096);
    let mut live: Vec<(*mut u8, Layout, u8)> = Vec::new();
    let mut random = 1_u32;
    let mut next = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % below
    };
    for round in 0..20_000 {
        let tag = round as u8;
        if next(2) == 0 || live.is_empty() {
            let (most, align) = (1 << next(12), 1 << next(8));
            let layout = layout(1 + next(most) as usize, align);
            // SAFETY: the layout is not empty.
            let block = unsafe { heap.alloc(layout) };
            assert!(!block.is_null() && block.addr() % layout.align() == 0);
            // SAFETY: the block is that large.
            unsafe { block.write_bytes(tag, layout.size()) };
            live.push((block, layout, tag));
        } else {
            let (block, old, tag) = live.swap_remove(next(live.len() as u32) as usize);
            let size = 1 + next(2000) as usize;
            // SAFETY: the block is live and has this layout; its bytes were written above.
            unsafe {
                assert!((0..old.size()).all(|i| block.add(i).read() == tag));
                let block = heap.realloc(block, old, size);
                assert!(!block.is_null());
                assert!((0..old.size().min(size)).all(|i| block.add(i).read() == tag));
                heap.dealloc(block, layout(size, old.align()));
            }
        }
    }
}

#[test]
fn freed_memory_is_used_again_and_zeroed_on_demand() {
    let (heap, _memory) = region(1);
    let layout = layout(3000, 8);
    for _ in 0..100 {
        // SAFETY: plain use of one block of 3000 bytes.
        unsafe {
            let block = heap.alloc_zeroed(layout);
            assert!((0..3000).all(|i| block.add(i).read() == 0));
            block.write_bytes(0xff, 3000);
            heap.dealloc(block, layout);
        }
    }
}

#[test]
fn blocks_shrink_in_place_and_the_last_one_grows_there() {
    let (heap, _memory) = region(16);
    // SAFETY: plain use of blocks with their own layouts.
    unsafe {
        let first = heap.alloc(layout(100, 1));
        assert_eq!(heap.realloc(first, layout(100, 1), 20_000), first);
        let second = heap.alloc(layout(100, 1));
        assert_eq!(heap.realloc(second, layout(100, 1), 112), second);
        assert_eq!(heap.realloc(first, layout(20_000, 1), 2000), first);
        assert_ne!(heap.realloc(first, layout(2000, 1), 2049), first);
    }
}

/// Two blocks that grow by turns are never the last one, so every growth beyond their size moves.
#[test]
fn growing_in_small_steps_copies_no_byte_often() {
    const MOST: usize = 1 << 20;
    let (heap, _memory) = region(4 * MOST / 4096 + 64);
    let mut sizes = [1; 2];
    // SAFETY: plain use of blocks with their own layouts.
    let mut blocks = sizes.map(|size| unsafe { heap.alloc(layout(size, 1)) });
    let mut copied = 0;
    while sizes[0] < MOST {
        for (block, size) in blocks.iter_mut().zip(&mut sizes) {
            // SAFETY: as above.
            let grown = unsafe { heap.realloc(*block, layout(*size, 1), *size + 1) };
            assert!(!grown.is_null());
            copied += if grown == *block { 0 } else { *size };
            (*block, *size) = (grown, *size + 1);
        }
    }
    assert!(copied > 2 * MOST / 2 && copied < 3 * MOST, "{copied}");
}

#[test]
fn a_full_region_refuses() {
    let (heap, _memory) = region(1);
    // SAFETY: the layouts are not empty.
    unsafe {
        assert!(heap.alloc(layout(4097, 1)).is_null());
        assert!(heap.alloc(layout(isize::MAX as usize, 1)).is_null());
        assert!(!heap.alloc(layout(4096, 1)).is_null());
        assert!(heap.alloc(layout(1, 1)).is_null());
    }
}
