//! Executes an illegal instruction, in a function of that name.
//!
//! - Input: not read.
//! - Output: the byte 7, committed before the trap.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

use zonda_guest::{commit_bytes, entry};

entry!(main);

fn main() {
    commit_bytes(&[7]);
    illegal_instruction();
}

/// Executes the word 0, which the ISA promises never to define.
#[cfg(target_arch = "riscv32")]
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn illegal_instruction() {
    // SAFETY: the word traps, so nothing follows it.
    unsafe { core::arch::asm!(".4byte 0", options(noreturn)) }
}

#[cfg(not(target_arch = "riscv32"))]
fn illegal_instruction() {
    std::process::abort();
}
