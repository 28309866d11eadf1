//! Changes to an honest proof or its statement never panic, and are refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zonda_fuzz::{HONEST, Script, change};
use zonda_verifier::{Claim, Preset, Proof, verify};

fuzz_target!(|bytes: &[u8]| {
    let honest = &*HONEST;
    let mut script = Script(bytes);
    let mut proof = honest.proof.clone();
    let mut statement = honest.statement.clone();
    let changes = script.byte() % 4 + 1;
    for _ in 0..changes {
        if script.is_empty() {
            break;
        }
        match script.byte() % 32 {
            0 => statement.exit_code = script.number() as u32,
            1 => {
                let length = script.below(1 << 12);
                statement.output = (0..length).map(|_| script.byte()).collect();
            }
            2 => proof.header.preset = Preset::High,
            // Whatever the statement has become, the proof claims it.
            30 => proof.header.claim = Claim::new(&honest.key, &statement),
            31 => script.claim(&mut proof.header.claim),
            _ => change(&mut proof, &mut script),
        }
    }
    let same = proof == honest.proof && statement == honest.statement;
    assert_eq!(verify(&honest.key, &statement, &proof).is_ok(), same);
    // Writing takes any proof; reading the bytes gives the same proof or an error.
    let bytes = proof.to_bytes();
    if let Ok(read) = Proof::from_bytes(&bytes) {
        assert!(read.to_bytes() == bytes);
    }
});
