//! Random sequences of requests: blocks are aligned, distinct, zero where asked, keep their content,
//! and the memory that is free is found again.

use std::alloc::{GlobalAlloc, Layout, alloc_zeroed, dealloc};

use proptest::{collection::vec, prelude::*};
use zonda_guest::allocator::Allocator;

/// Memory of an allocator under test.
struct Region {
    start: *mut u8,
    layout: Layout,
}

impl Region {
    fn new(size: usize) -> (Allocator, Self) {
        let layout = Layout::from_size_align(size, 4096).unwrap();
        // SAFETY: the layout has a size.
        let start = unsafe { alloc_zeroed(layout) };
        assert!(!start.is_null());
        // SAFETY: zero memory of this size, kept as long as the answer.
        let heap = unsafe { Allocator::new(start, start.add(size)) };
        (heap, Self { start, layout })
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: it came from there.
        unsafe { dealloc(self.start, self.layout) };
    }
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

#[derive(Clone, Debug)]
enum Request {
    Allocate {
        size: usize,
        align: usize,
        zeroed: bool,
    },
    Free {
        which: usize,
    },
    Resize {
        which: usize,
        size: usize,
    },
}

/// A request for sizes around a power of two, which changes from phase to phase.
fn request(power: u32) -> impl Strategy<Value = Request> {
    let size = 1..=1_usize << power;
    // Most requests are for ordinary alignments, as in programs.
    let align = prop_oneof![4 => 0..=4_u32, 1 => 5..=12_u32];
    prop_oneof![
        3 => (size.clone(), align, any::<bool>()).prop_map(|(size, align, zeroed)| {
            Request::Allocate { size, align: 1 << align, zeroed }
        }),
        2 => any::<usize>().prop_map(|which| Request::Free { which }),
        1 => (any::<usize>(), size).prop_map(|(which, size)| Request::Resize { which, size }),
    ]
}

fn phases() -> impl Strategy<Value = Vec<Vec<Request>>> {
    vec(
        (3..=13_u32).prop_flat_map(|power| vec(request(power), 200..800)),
        1..10,
    )
}

/// The blocks in use, each filled with its tag.
struct Live<'a> {
    heap: &'a Allocator,
    blocks: Vec<(*mut u8, Layout, u8)>,
    next_tag: u8,
}

impl Live<'_> {
    /// The most bytes that the blocks may take: small sizes are rounded to 16, large ones, and
    /// over-aligned ones, to powers of two.
    fn bytes(&self) -> usize {
        self.blocks
            .iter()
            .map(|&(_, layout, _)| taken(layout))
            .sum()
    }

    /// Allocates and fills a block; `false` if there is none.
    fn allocate(&mut self, layout: Layout, zeroed: bool) -> bool {
        // SAFETY: the layout has a size.
        let block = unsafe {
            if zeroed {
                self.heap.alloc_zeroed(layout)
            } else {
                self.heap.alloc(layout)
            }
        };
        if block.is_null() {
            return false;
        }
        assert_eq!(block.addr() % layout.align(), 0);
        assert!(!zeroed || holds(block, layout.size(), 0));
        self.keep(block, layout);
        true
    }

    fn keep(&mut self, block: *mut u8, layout: Layout) {
        self.next_tag = self.next_tag.wrapping_add(1);
        // SAFETY: the block is that large.
        unsafe { block.write_bytes(self.next_tag, layout.size()) };
        self.blocks.push((block, layout, self.next_tag));
    }

    /// Takes a block out of the list; nobody else has written to it.
    fn remove(&mut self, which: usize) -> (*mut u8, Layout, u8) {
        let (block, layout, tag) = self.blocks.swap_remove(which % self.blocks.len());
        assert!(holds(block, layout.size(), tag));
        (block, layout, tag)
    }

    fn free(&mut self, which: usize) {
        let (block, layout, _) = self.remove(which);
        // SAFETY: a live block with its layout.
        unsafe { self.heap.dealloc(block, layout) };
    }

    fn resize(&mut self, which: usize, size: usize) -> bool {
        let (block, old, tag) = self.remove(which);
        // SAFETY: a live block with its layout.
        let moved = unsafe { self.heap.realloc(block, old, size) };
        if moved.is_null() {
            return false;
        }
        assert_eq!(moved.addr() % old.align(), 0);
        assert!(holds(moved, old.size().min(size), tag));
        self.keep(moved, layout(size, old.align()));
        true
    }
}

fn holds(block: *mut u8, size: usize, byte: u8) -> bool {
    // SAFETY: a live block of at least that size.
    (0..size).all(|i| unsafe { block.add(i).read() } == byte)
}

fn taken(layout: Layout) -> usize {
    match layout.size().max(layout.align()) {
        size if size > 1024 || layout.align() > 16 => size.next_power_of_two(),
        size => size.next_multiple_of(16),
    }
}

const REGION: usize = 1 << 20;
/// As long as the blocks in use take no more than a quarter of the region, every request of up to
/// 8 KiB succeeds, whatever happened before.
const MOST_IN_USE: usize = REGION / 4;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn memory_in_use_is_bounded_by_memory_alive(phases in phases()) {
        let (heap, _region) = Region::new(REGION);
        let mut live = Live { heap: &heap, blocks: Vec::new(), next_tag: 0 };
        for request in phases.into_iter().flatten() {
            let served = match request {
                Request::Allocate { size, align, zeroed } => {
                    let layout = layout(size, align);
                    while live.bytes() + taken(layout) > MOST_IN_USE {
                        live.free(size * 31 + align);
                    }
                    live.allocate(layout, zeroed)
                }
                _ if live.blocks.is_empty() => true,
                Request::Free { which } => {
                    live.free(which);
                    true
                }
                Request::Resize { which, size } => {
                    while live.bytes() + size.next_power_of_two().max(4096) > MOST_IN_USE {
                        live.free(size);
                    }
                    live.blocks.is_empty() || live.resize(which, size)
                }
            };
            prop_assert!(served, "{} of {REGION} in use: {:?}", live.bytes(), heap.refusal());
        }
        while !live.blocks.is_empty() {
            live.free(0);
        }
        // All of it is one piece again.
        prop_assert!(live.allocate(layout(REGION, 1), true));
    }
}

/// Over-aligned and ordinary blocks in turn, with one of each in use: the ones that are freed are
/// found again, in whichever order.
#[test]
fn over_aligned_blocks_are_used_again() {
    const SIZE: usize = 16 << 20;
    let pairs = [
        (32, 32),
        (64, 64),
        (128, 128),
        (512, 512),
        (4096, 4096),
        (64, 32),
        (1 << 20, 64),
    ];
    for (size, align) in pairs {
        for order in [[0, 1], [1, 0]] {
            let (heap, _region) = Region::new(SIZE);
            let layouts = [layout(size, align), layout(size, 16)];
            let small = layout(16, 16);
            for round in 0..100_000 {
                // SAFETY: plain use of blocks with their own layouts.
                unsafe {
                    let over_aligned = heap.alloc(layouts[0]);
                    if round == 0 {
                        // It stays, so that the ordinary block is not aligned by chance.
                        heap.alloc(small);
                    }
                    let blocks = [over_aligned, heap.alloc(layouts[1])];
                    assert!(
                        blocks.iter().all(|block| !block.is_null()),
                        "{size}, {align}, {round}"
                    );
                    for i in order {
                        heap.dealloc(blocks[i], layouts[i]);
                    }
                }
            }
        }
    }
}

/// The end of a block that shrinks is free.
#[test]
fn shrunk_blocks_leave_their_end() {
    let (heap, _region) = Region::new(1 << 20);
    for round in 0..10_000 {
        let size = [16, 100, 1024, 2048, 5000][round % 5];
        // SAFETY: plain use of blocks with their own layouts.
        unsafe {
            let block = heap.alloc(layout(64 << 10, 8));
            assert!(!block.is_null(), "round {round}");
            let block = heap.realloc(block, layout(64 << 10, 8), size);
            heap.dealloc(block, layout(size, 8));
        }
    }
}

#[test]
fn what_the_region_lacks_is_known() {
    let (heap, _region) = Region::new(1 << 20);
    // SAFETY: plain use of blocks with their own layouts.
    unsafe {
        let blocks = [(); 4].map(|()| heap.alloc(layout(256 << 10, 16)));
        assert_eq!(heap.refusal(), None);
        heap.dealloc(blocks[0], layout(256 << 10, 16));
        heap.dealloc(blocks[2], layout(256 << 10, 16));
        assert!(heap.alloc(layout(300 << 10, 16)).is_null());
    }
    let refusal = heap.refusal().unwrap();
    assert_eq!(
        (refusal.needed, refusal.free, refusal.largest),
        (512 << 10, 512 << 10, 256 << 10)
    );
    assert_eq!(
        refusal.to_string(),
        "the heap has no block of 524288 bytes: 524288 are free, at most 262144 in a row"
    );
}
