//! Asks three versions of `getrandom` for bytes. They get those of `zonda_guest::random`.
//!
//! Input: a seed: u32. Output: 5 bytes by each version, before the seed; 5 bytes after it.
#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

zonda_guest::entry!(main);

fn main() {
    let seed = zonda_guest::read_bytes(4).try_into().expect("4 bytes");
    let mut bytes = [[0; 5]; 4];
    getrandom_2::getrandom(&mut bytes[0]).expect("bytes");
    getrandom_3::fill(&mut bytes[1]).expect("bytes");
    getrandom_4::fill(&mut bytes[2]).expect("bytes");
    zonda_guest::random::seed(u32::from_le_bytes(seed));
    getrandom_4::fill(&mut bytes[3]).expect("bytes");
    zonda_guest::commit_bytes(bytes.as_flattened());
}
