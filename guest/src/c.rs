//! The input and output interface of the Ethereum zkVM standards, for C code linked into a guest.
//!
//! `include/zkvm_io.h` declares it. A program that is all C links `c/zkvm_io.c` instead.

use core::slice;

use crate::io;

/// Points `buf_ptr` and `buf_size` to the whole input. May be called any number of times.
///
/// # Safety
/// Both pointers must be valid for writing.
#[cfg_attr(target_arch = "riscv32", unsafe(no_mangle))]
pub unsafe extern "C" fn read_input(buf_ptr: *mut *const u8, buf_size: *mut usize) {
    let input = io::input();
    // SAFETY: the caller vouches for both pointers.
    unsafe {
        buf_ptr.write(input.as_ptr());
        buf_size.write(input.len());
    }
}

/// Appends `size` bytes at `output` to the public output.
///
/// # Safety
/// If `size` is not zero, `output` must be valid for reading `size` bytes.
#[cfg_attr(target_arch = "riscv32", unsafe(no_mangle))]
pub unsafe extern "C" fn write_output(output: *const u8, size: usize) {
    if size > 0 {
        // SAFETY: the caller vouches for `size` readable bytes.
        io::commit_bytes(unsafe { slice::from_raw_parts(output, size) });
    }
}
