//! One run has one proof: threads and SIMD platforms change how it is computed, and no byte of it.

use rayon::ThreadPoolBuilder;
use zonda_circuits::{instances::several, witness};
use zonda_kernels::{Platform, Pool};
use zonda_prover::{commit, engine::Engine, program_image, prove_instances};
use zonda_riscv_emu::{
    execute::{Discard, Options, execute_recorded},
    program::Program,
};
use zonda_verifier::{Preset, Statement, verify};

/// The key's and the proof's bytes.
fn prove(platform: Platform, threads: usize, preset: Preset) -> (Vec<u8>, Vec<u8>) {
    let elf = include_bytes!("../../guests/elf/fibonacci.elf");
    let program = Program::from_elf(elf).unwrap();
    let input = 10_u32.to_le_bytes();
    let work = || {
        let (outcome, records) =
            execute_recorded(&program, &input, &Options::default(), &mut Discard).unwrap();
        let statement = Statement {
            exit_code: outcome.exit_code,
            output: outcome.output,
        };
        let image = program_image(&program);
        let instruction_at = |pc| program.instruction(pc).unwrap().unwrap();
        let instances = witness::traces(&image, &records, &statement, several, instruction_at);
        let engine = Engine {
            platform,
            pool: Pool::new(),
        };
        let (key, fixed) = commit(&engine, program.id(), &image, preset);
        let proof = prove_instances(&engine, &key, &fixed, instances, &statement).unwrap();
        verify(&key, &statement, &proof).unwrap();
        (key.to_bytes(), proof.to_bytes())
    };
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.unwrap().install(work)
}

/// Not `assert_eq`, which would print the proofs.
fn assert_same(expected: &(Vec<u8>, Vec<u8>), got: &(Vec<u8>, Vec<u8>), by: &str) {
    assert!(expected.0 == got.0, "another key {by}");
    assert!(expected.1 == got.1, "another proof {by}");
}

#[test]
fn threads_change_no_byte() {
    let platform = Platform::detect();
    let expected = prove(platform, 1, Preset::Standard);
    for threads in [2, 3] {
        let got = prove(platform, threads, Preset::Standard);
        assert_same(&expected, &got, &format!("with {threads} threads"));
    }
}

#[test]
fn platforms_change_no_byte() {
    for preset in Preset::ALL {
        let [first, others @ ..] = &Platform::available()[..] else {
            unreachable!("the portable platform is always available")
        };
        let expected = prove(*first, 2, preset);
        for platform in others {
            let by = format!("on {}, {}", platform.name(), preset.name());
            assert_same(&expected, &prove(*platform, 2, preset), &by);
        }
    }
}
