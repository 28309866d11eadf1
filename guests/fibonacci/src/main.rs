//! The n-th Fibonacci number modulo 2^32, by n additions.
//!
//! - Input: n, 4 bytes, little endian.
//! - Output: F(n) mod 2^32, 4 bytes, little endian; F(0) = 0, F(1) = 1.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

use zonda_guest::{commit_bytes, entry, read_bytes};

entry!(main);

fn main() {
    let n = u32::from_le_bytes(read_bytes(4).try_into().expect("4 bytes"));
    let (mut current, mut next) = (0_u32, 1_u32);
    for _ in 0..n {
        (current, next) = (next, current.wrapping_add(next));
    }
    commit_bytes(&current.to_le_bytes());
}
