//! Keccak-256, the hash of the EVM, for `alloy-primitives`: the one it would use looks up lanes and
//! rotations in tables and takes three times as many instructions on this machine.

use core::{array, slice};

/// What the feature `native-keccak` of `alloy-primitives` calls.
///
/// # Safety
/// `bytes` must be valid for reading `len` bytes, `output` for writing 32.
#[unsafe(no_mangle)]
unsafe extern "C" fn native_keccak256(bytes: *const u8, len: usize, output: *mut u8) {
    // SAFETY: the caller vouches for both.
    unsafe {
        let digest = keccak256(slice::from_raw_parts(bytes, len));
        output.cast::<[u8; 32]>().write(digest);
    }
}

/// Bytes taken in between two permutations.
const RATE: usize = 136;

fn keccak256(data: &[u8]) -> [u8; 32] {
    let mut lanes = [0; 25];
    let (blocks, rest) = data.as_chunks::<RATE>();
    for block in blocks {
        absorb(&mut lanes, block);
    }
    let mut last = [0; RATE];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] ^= 0x01;
    last[RATE - 1] ^= 0x80;
    absorb(&mut lanes, &last);

    let mut digest = [0; 32];
    for (bytes, lane) in digest.as_chunks_mut().0.iter_mut().zip(lanes) {
        *bytes = lane.to_le_bytes();
    }
    digest
}

fn absorb(lanes: &mut [u64; 25], block: &[u8; RATE]) {
    for (lane, bytes) in lanes.iter_mut().zip(block.as_chunks().0) {
        *lane ^= u64::from_le_bytes(*bytes);
    }
    permute(lanes);
}

/// Keccak-f\[1600\] on lanes `a[x + 5 y]`.
fn permute(a: &mut [u64; 25]) {
    let mut b = [0; 25];
    for constants in ROUND_CONSTANTS.as_chunks::<2>().0 {
        round(a, &mut b, constants[0]);
        round(&b, a, constants[1]);
    }
}

#[inline(always)]
fn round(from: &[u64; 25], to: &mut [u64; 25], constant: u64) {
    // theta
    let column: [u64; 5] =
        array::from_fn(|x| from[x] ^ from[x + 5] ^ from[x + 10] ^ from[x + 15] ^ from[x + 20]);
    let change = array::from_fn(|x| column[(x + 4) % 5] ^ column[(x + 1) % 5].rotate_left(1));
    row::<0>(from, &change, to);
    row::<1>(from, &change, to);
    row::<2>(from, &change, to);
    row::<3>(from, &change, to);
    row::<4>(from, &change, to);
    // iota
    to[0] ^= constant;
}

/// A row of a round's result; every index and every rotation is a constant.
#[inline(always)]
fn row<const Y: usize>(from: &[u64; 25], change: &[u64; 5], to: &mut [u64; 25]) {
    // rho and pi
    let lane: [u64; 5] = array::from_fn(|y| {
        let x = (y + 3 * Y) % 5;
        (from[x + 5 * y] ^ change[x]).rotate_left(ROTATIONS[x + 5 * y])
    });
    // chi
    for x in 0..5 {
        to[x + 5 * Y] = lane[x] ^ (!lane[(x + 1) % 5] & lane[(x + 2) % 5]);
    }
}

const ROTATIONS: [u32; 25] = [
    0, 1, 62, 28, 27, //
    36, 44, 6, 55, 20, //
    3, 10, 43, 25, 39, //
    41, 45, 15, 21, 8, //
    18, 2, 61, 56, 14,
];

const ROUND_CONSTANTS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

#[cfg(test)]
mod tests {
    use alloy_primitives::Keccak256;

    use super::*;

    /// The incremental hasher does not use what is here.
    #[test]
    fn digests_are_those_of_another_implementation() {
        let data: Vec<u8> = (0..500_u32).map(|i| ((i * i) >> 3) as u8).collect();
        for len in 0..data.len() {
            let mut hasher = Keccak256::new();
            hasher.update(&data[..len]);
            assert_eq!(keccak256(&data[..len]), hasher.finalize(), "{len} bytes");
        }
    }
}
