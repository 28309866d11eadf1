//! Calls itself, with frames of 1 KiB.
//!
//! - Input: how deep, and the MiB of a vector, two u32.
//! - Output: a number made on the way back, and how many checked bytes of the vector have changed:
//!   none. Or nothing, if the stack is too small for the depth.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

extern crate alloc;

use alloc::vec;
use core::hint::black_box;

zonda_guest::entry!(main);

const MIB: usize = 1 << 20;
/// How far the checked bytes lie apart, and how much of the vector's end has some.
const STEP: usize = 256;
const CHECKED: usize = 8 * MIB;
const MARK: u8 = 7;

fn main() {
    let [depth, mib] = [(); 2]
        .map(|()| u32::from_le_bytes(zonda_guest::read_bytes(4).try_into().expect("four bytes")));
    // Not touched but for its end.
    let mut vector = vec![0_u8; mib as usize * MIB];
    let checked = vector.len() - vector.len().min(CHECKED);
    for byte in vector[checked..].iter_mut().step_by(STEP) {
        *byte = MARK;
    }
    let number = descend(depth, 3);
    let checked = vector[checked..].iter().step_by(STEP);
    let changed = checked.filter(|&&byte| byte != MARK).count() as u32;
    zonda_guest::commit_bytes(&number.to_le_bytes());
    zonda_guest::commit_bytes(&changed.to_le_bytes());
}

/// The Horner value at 31 of what the frames hold.
#[inline(never)]
fn descend(depth: u32, seed: u32) -> u32 {
    let mut frame = [0_u32; 255];
    for (i, word) in frame.iter_mut().enumerate().step_by(64) {
        *word = seed ^ i as u32 ^ depth;
    }
    black_box(&mut frame);
    let below = if depth == 0 {
        1
    } else {
        descend(depth - 1, seed)
    };
    below.wrapping_mul(31).wrapping_add(frame[64])
}
