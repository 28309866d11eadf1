//! Works on the heap in one of several ways.
//!
//! Input: a letter, and a number n as u32. Output: a u32.
//!
//! - `b`, blocks: allocates blocks of n MiB until none is left, and says how many there were.
//! - `f`, full: makes two vectors of n MiB, and says n. It panics if the heap has not that much.
//! - `t`, turns: n times, an over-aligned block of 1 MiB and an ordinary one, freed in turn. Says how
//!   often that worked: n, with 2 MiB alive.
//! - `g`, growth: two vectors that grow side by side to n items, and n / 1024. Says their sum.
//! - `c`, churn: n insertions in a map of strings, and removals. Says how many are left.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

extern crate alloc;

use alloc::{
    alloc::{alloc, dealloc},
    boxed::Box,
    collections::BTreeMap,
    format,
    vec::Vec,
};
use core::{alloc::Layout, hint::black_box};

zonda_guest::entry!(main);

const MIB: usize = 1 << 20;

fn main() {
    let work = zonda_guest::read_bytes(1)[0];
    let number = u32::from_le_bytes(zonda_guest::read_bytes(4).try_into().expect("four bytes"));
    let result = match work {
        b'b' => blocks(number),
        b'f' => full(number),
        b't' => turns(number),
        b'g' => growth(number),
        b'c' => churn(number),
        _ => panic!("no such work: {work}"),
    };
    zonda_guest::commit_bytes(&result.to_le_bytes());
}

fn blocks(mib: u32) -> u32 {
    let layout = Layout::from_size_align(mib as usize * MIB, 16).expect("a layout");
    let mut count = 0;
    // SAFETY: the layout has a size.
    while let block = black_box(unsafe { alloc(layout) })
        && !block.is_null()
    {
        // SAFETY: first and last byte of the block.
        unsafe {
            block.write_volatile(1);
            block.add(layout.size() - 1).write_volatile(1);
        }
        count += 1;
    }
    count
}

fn full(mib: u32) -> u32 {
    let vectors = [(); 2].map(|()| Vec::<u8>::with_capacity(mib as usize * MIB));
    black_box(vectors).map(|vector| (vector.capacity() / MIB) as u32)[0]
}

fn turns(count: u32) -> u32 {
    let layouts = [64, 16].map(|align| Layout::from_size_align(MIB, align).expect("a layout"));
    // SAFETY: the layouts have a size.
    let both = || unsafe {
        let over_aligned = black_box(alloc(layouts[0]));
        // One that stays: so the ordinary block is not aligned by chance.
        Box::leak(black_box(Box::new(1_u32)));
        [over_aligned, black_box(alloc(layouts[1]))]
    };
    for done in 0..count {
        let blocks = both();
        if blocks.iter().any(|block| block.is_null()) {
            return done;
        }
        assert!(blocks[0].addr().is_multiple_of(64), "{:p}", blocks[0]);
        for (block, layout) in blocks.into_iter().zip(layouts) {
            // SAFETY: a block of this layout, not used any more.
            unsafe { dealloc(block, layout) };
        }
    }
    count
}

fn growth(count: u32) -> u32 {
    let (mut all, mut some) = (Vec::new(), Vec::new());
    for number in 0..count {
        all.push(number);
        if number % 1024 == 0 {
            some.push(number);
        }
    }
    all.iter()
        .chain(&some)
        .fold(0, |sum, &number| sum.wrapping_add(number))
}

fn churn(count: u32) -> u32 {
    let key = |number: u32| number.wrapping_mul(2_654_435_761);
    let mut map = BTreeMap::new();
    for number in 0..count {
        map.insert(key(number), format!("{number}"));
        if number % 3 == 0 {
            map.remove(&key(number / 2));
        }
    }
    map.len() as u32
}
