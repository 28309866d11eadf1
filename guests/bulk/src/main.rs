//! Reads much and writes much: a checksum of the input, then as many bytes as the input asks for.
//!
//! - Input: the number of bytes to write (4 bytes, little endian), then any bytes, up to 256 MiB.
//! - Output: the checksum (two 4-byte words, little endian), then the bytes.
//!
//! Of the data as little-endian words, zeros added to fill the last, the first word of the checksum
//! is the sum, the second the sum of all partial sums. The bytes are the words of
//! x -> 1664525 x + 1013904223, little endian, after x = the exclusive or of both. All is modulo 2^32.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

extern crate alloc;

use alloc::vec::Vec;

use zonda_guest::{commit_bytes, entry, read_all, read_bytes};

entry!(main);

fn main() {
    let size = u32::from_le_bytes(read_bytes(4).try_into().expect("4 bytes"));
    let [first, second] = checksum(read_all());
    // Grown as `Vec` likes it: this is also the allocator's long run.
    let mut bytes = Vec::new();
    let mut x = first ^ second;
    while bytes.len() < size as usize {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.extend(x.to_le_bytes());
    }
    bytes.truncate(size as usize);

    commit_bytes(&[first.to_le_bytes(), second.to_le_bytes()].concat());
    commit_bytes(&bytes);
}

fn checksum(data: &[u8]) -> [u32; 2] {
    // Word by word: four bytes are put together by ten instructions.
    // SAFETY: any four bytes are a `u32`.
    let (head, words, tail) = unsafe { data.align_to::<u32>() };
    assert!(head.is_empty(), "the input starts at a multiple of 4");
    let mut last = [0; 4];
    last[..tail.len()].copy_from_slice(tail);
    let last = u32::from_ne_bytes(last);

    let (mut first, mut second) = (0_u32, 0_u32);
    let last = (!tail.is_empty()).then_some(&last);
    words.iter().chain(last).for_each(|word| {
        first = first.wrapping_add(u32::from_le(*word));
        second = second.wrapping_add(first);
    });
    [first, second]
}
