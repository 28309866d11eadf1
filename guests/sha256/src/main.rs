//! SHA-256 of the whole input, in software.
//!
//! - Input: any bytes.
//! - Output: the digest, 32 bytes.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

use sha2::{Digest, Sha256};
use zonda_guest::{commit_bytes, entry, read_all};

entry!(main);

fn main() {
    commit_bytes(&Sha256::digest(read_all()));
}
