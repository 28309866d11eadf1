//! Verifies ECDSA signatures on secp256k1, in software.
//!
//! - Input: the number of signatures (4 bytes, little endian), then for each one the public key
//!   (33 bytes, SEC1 compressed), the message digest (32 bytes) and the signature (r and s, 64
//!   bytes, big endian).
//! - Output: how many are valid (4 bytes, little endian), then for each one a byte, 1 if it is.
//!
//! What does not decode is not valid, nor is a signature with s above half the group order.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

extern crate alloc;

mod curve;

use alloc::vec::Vec;

use k256::{
    FieldBytes, Scalar, U256,
    ecdsa::{Signature, VerifyingKey},
    elliptic_curve::{
        ops::{Invert, Reduce},
        point::AffineCoordinates,
        scalar::IsHigh,
    },
};
use zonda_guest::{commit_bytes, entry, read_bytes};

entry!(main);

fn main() {
    let count = u32::from_le_bytes(read_bytes(4).try_into().expect("4 bytes"));
    let verdicts: Vec<u8> = (0..count)
        .map(|_| u8::from(is_valid(read_bytes(33), read_bytes(32), read_bytes(64))))
        .collect();
    let valid = verdicts
        .iter()
        .map(|&verdict| u32::from(verdict))
        .sum::<u32>();
    commit_bytes(&valid.to_le_bytes());
    commit_bytes(&verdicts);
}

fn is_valid(key: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = VerifyingKey::from_sec1_bytes(key) else {
        return false;
    };
    let Ok(signature) = Signature::from_slice(signature) else {
        return false;
    };
    if signature.s().is_high().into() {
        return false;
    }
    let z = reduce(FieldBytes::from_slice(digest));
    let inverse = signature.s().invert_vartime();
    let a = z * inverse.as_ref();
    let b = *signature.r() * inverse.as_ref();
    let point = curve::linear_combination(&a, &b, key.as_affine());
    // Of the point at infinity x is zero, which r is not.
    *signature.r() == reduce(&point.to_affine().x())
}

fn reduce(bytes: &FieldBytes) -> Scalar {
    <Scalar as Reduce<U256>>::reduce_bytes(bytes)
}
