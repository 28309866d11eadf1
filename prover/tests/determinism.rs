//! One run has one proof: threads and SIMD platforms change how it is computed, and no byte of it.

use zonda_kernels::Platform;
use zonda_prover::{Budget, Options, Setup, engine::Engine, prove};
use zonda_riscv_emu::{execute::Discard, program::Program};
use zonda_verifier::{Preset, Statement, VerifyingKey, verify};

/// The key's and the proof's bytes, of a run cut into so many shards.
fn prove_with(
    platform: Platform,
    threads: usize,
    preset: Preset,
    shards: u64,
) -> (Vec<u8>, Vec<u8>) {
    let elf = include_bytes!("../../guests/elf/fibonacci.elf");
    let program = Program::from_elf(elf).unwrap();
    let engine = Engine::new(platform);
    // 4097 instructions of a loop, and few others.
    let options = Options {
        threads: Some(threads),
        preset,
        budget: Budget {
            bytes: 1 << 30,
            shard_cycles: 6000 / shards,
        },
        ..Options::default()
    };
    let input = 1000_u32.to_le_bytes();
    let proved = prove(&engine, &program, &input, &options, &mut Discard).unwrap();
    assert_eq!(proved.report.shards > 1, shards > 1);
    let key = Setup::new(&engine, &program, preset).unwrap().key;
    let statement = Statement {
        exit_code: proved.exit_code,
        output: proved.output,
    };
    verify(&key, &statement, &proved.proof).unwrap();
    (key.to_bytes(), proved.proof.to_bytes())
}

/// Not `assert_eq`, which would print the proofs.
fn assert_same(expected: &(Vec<u8>, Vec<u8>), got: &(Vec<u8>, Vec<u8>), by: &str) {
    assert!(expected.0 == got.0, "another key {by}");
    assert!(expected.1 == got.1, "another proof {by}");
}

#[test]
fn threads_change_no_byte() {
    let platform = Platform::detect();
    for shards in [1, 3] {
        let expected = prove_with(platform, 1, Preset::Standard, shards);
        for threads in [2, 3] {
            let got = prove_with(platform, threads, Preset::Standard, shards);
            assert_same(&expected, &got, &format!("with {threads} threads"));
        }
    }
}

#[test]
fn platforms_change_no_byte() {
    for (preset, shards) in Preset::ALL.into_iter().flat_map(|p| [(p, 1), (p, 3)]) {
        let [first, others @ ..] = &Platform::available()[..] else {
            unreachable!("the portable platform is always available")
        };
        let expected = prove_with(*first, 2, preset, shards);
        for platform in others {
            let by = format!("on {}, {}", platform.name(), preset.name());
            assert_same(&expected, &prove_with(*platform, 2, preset, shards), &by);
        }
    }
}

#[test]
fn keys_are_the_verifiers() {
    let elf = include_bytes!("../../guests/elf/fibonacci.elf");
    let program = Program::from_elf(elf).unwrap();
    for preset in Preset::ALL {
        let setup = Setup::new(&Engine::default(), &program, preset).unwrap();
        let key = VerifyingKey::new(program.id(), &setup.image, preset);
        assert_eq!(setup.key, key);
        assert_eq!(VerifyingKey::from_bytes(&key.to_bytes()), Ok(key));
    }
}
