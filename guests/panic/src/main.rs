//! Panics.
//!
//! - Input: any bytes; their number is part of the message on fd 2.
//! - Output: the byte 7, committed before the panic.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

use zonda_guest::{commit_bytes, entry, input};

entry!(main);

fn main() {
    commit_bytes(&[7]);
    panic!(
        "this guest panics on purpose, input of {} bytes",
        input().len()
    );
}
