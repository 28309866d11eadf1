//! Bytes are read without a panic, and what is read has no other encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zonda_fuzz::{KEY, PROOF, Script, patch};
use zonda_verifier::{Challenge, Layout, Proof, QM31, Sextic, VerifyingKey};

fn read(bytes: &[u8]) {
    if let Ok(proof) = Proof::from_bytes(bytes) {
        assert!(proof.to_bytes() == bytes, "another encoding of a proof");
        for part in 0..proof.parts.len() {
            read_part::<QM31>(&proof, part);
            read_part::<Sextic>(&proof, part);
        }
    }
    if let Ok(key) = VerifyingKey::from_bytes(bytes) {
        assert!(key.to_bytes() == bytes, "another encoding of a key");
    }
}

fn read_part<E: Challenge>(proof: &Proof, part: usize) {
    if let Ok(body) = proof.body::<E>(part) {
        let layout = Layout::new(&proof.header.parts[part].heights);
        let written = body.to_bytes(&layout);
        assert!(written == proof.parts[part], "another encoding of a part");
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
