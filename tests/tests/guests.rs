//! The committed guests run, prove and verify; their output is the emulator's and that of an
//! independent computation.

mod common;

use common::{guest, input, prove_and_verify};
use sha2::Digest;

#[test]
fn fibonacci() {
    for n in [0_u32, 1, 10, 1000] {
        let (mut a, mut b) = (0_u32, 1_u32);
        for _ in 0..n {
            (a, b) = (b, a.wrapping_add(b));
        }
        let proved = prove_and_verify(&guest("fibonacci"), &n.to_le_bytes());
        assert_eq!(proved.output, a.to_le_bytes(), "n = {n}");
    }
}

#[test]
fn sha256() {
    let input: Vec<u8> = (0..5000_u32).map(|i| (i * 7 + (i >> 5)) as u8).collect();
    let proved = prove_and_verify(&guest("sha256"), &input);
    assert_eq!(proved.output, sha2::Sha256::digest(&input).as_slice());
}

#[test]
fn secp256k1() {
    // The expected output comes from OpenSSL and from plain integer arithmetic.
    let proved = prove_and_verify(&guest("secp256k1"), &input("secp256k1-1.bin"));
    assert_eq!(proved.output, input("secp256k1-1.expected"));
}

#[test]
fn json() {
    let proved = prove_and_verify(&guest("json"), &input("canada-like.json"));
    assert_eq!(proved.output, input("canada-like.expected"));
}

#[test]
fn c_checksums() {
    let input = b"zonda proves guests written in C".repeat(50);
    let proved = prove_and_verify(&guest("c_checksum"), &input);
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in &input {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    let expected = [
        crc32fast::hash(&input).to_le_bytes(),
        (b << 16 | a).to_le_bytes(),
    ]
    .concat();
    assert_eq!(proved.output, expected);
}

#[test]
fn echo_of_several_writes() {
    let input: Vec<u8> = (0..10_000_u32).map(|i| ((i * i) >> 3) as u8).collect();
    let proved = prove_and_verify(&guest("echo"), &input);
    assert_eq!(proved.output, input);
}
