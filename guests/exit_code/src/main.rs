//! Exits with a given code.
//!
//! - Input: the code, 4 bytes, little endian.
//! - Output: none.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

use zonda_guest::{entry, exit, read_bytes};

entry!(main);

fn main() {
    exit(u32::from_le_bytes(
        read_bytes(4).try_into().expect("4 bytes"),
    ))
}
