//! Bytes are read without a panic, and what is read has no other encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zonda_fuzz::{KEY, PROOF, Script, patch};
use zonda_verifier::{Proof, VerifyingKey};

fn read(bytes: &[u8]) {
    if let Ok(proof) = Proof::from_bytes(bytes) {
        assert!(proof.to_bytes() == bytes, "another encoding of a proof");
    }
    if let Ok(key) = VerifyingKey::from_bytes(bytes) {
        assert!(key.to_bytes() == bytes, "another encoding of a key");
    }
}

fuzz_target!(|bytes: &[u8]| {
    // The first byte chooses: bytes as they are, or changes to an honest proof or key.
    let Some((choice, rest)) = bytes.split_first() else {
        return;
    };
    let mut patched = match choice % 3 {
        0 => return read(rest),
        1 => PROOF.to_vec(),
        _ => KEY.to_vec(),
    };
    patch(&mut patched, &mut Script(rest));
    read(&patched);
});
