//! Runs of one part and of several are proved, and the proofs verify.

mod common;

use common::{INPUT, SHARD_CYCLES, options, program, proved, statement};
use zonda_prover::{
    DEFAULT_SHARD_CYCLES, MAX_THREADS, Options, ProveError, check, engine::Engine, prove, prove_to,
    verifying_key,
};
use zonda_riscv_emu::execute::Discard;
use zonda_verifier::{Preset, Proof};

#[test]
fn a_run_of_one_shard_is_one_part() {
    for preset in Preset::ALL {
        let proved = proved(&Options {
            preset,
            ..options(DEFAULT_SHARD_CYCLES)
        });
        assert_eq!((proved.report.shards, proved.report.parts), (1, 1));
        let bytes = proved.proof.to_bytes();
        assert_eq!(bytes.len() as u64, proved.report.proof_bytes);
        assert_eq!(Proof::from_bytes(&bytes), Ok(proved.proof));
    }
}

#[test]
fn a_run_of_several_shards_has_a_part_for_each_and_one_that_closes() {
    for preset in Preset::ALL {
        let with = |shard_cycles| {
            proved(&Options {
                preset,
                ..options(shard_cycles)
            })
        };
        let (one, several) = (with(DEFAULT_SHARD_CYCLES), with(SHARD_CYCLES));
        assert_eq!(statement(&one), statement(&several));
        let (one, report) = (one.report, several.report);
        assert_eq!((report.shards, report.parts), (3, 4));
        assert_eq!(
            (report.cycles, &report.families),
            (one.cycles, &one.families)
        );
        assert!(report.security_bits >= 100);
    }
}

#[test]
fn a_proof_is_written_as_it_comes() {
    let options = options(SHARD_CYCLES);
    let mut bytes = Vec::new();
    let engine = Engine::default();
    let program = program();
    let (stated, report) = prove_to(
        &engine,
        &program,
        &INPUT,
        &options,
        &mut Discard,
        &mut bytes,
    )
    .unwrap();
    let proved = proved(&options);
    assert_eq!(stated, statement(&proved));
    assert!(bytes == proved.proof.to_bytes());
    assert_eq!(bytes.len() as u64, report.proof_bytes);
}

#[test]
fn every_part_is_checked() {
    for shard_cycles in [SHARD_CYCLES, DEFAULT_SHARD_CYCLES] {
        let (engine, program) = (Engine::default(), program());
        let options = options(shard_cycles);
        let (_, cycles, failures) =
            check(&engine, &program, &INPUT, &options, &mut Discard, 5).unwrap();
        assert!(cycles > 2 * SHARD_CYCLES);
        assert_eq!(failures, []);
    }
}

#[test]
fn too_many_threads_are_refused_at_once() {
    let (engine, program) = (Engine::default(), program());
    for threads in [MAX_THREADS + 1, 100_000, usize::MAX] {
        let options = Options {
            threads: Some(threads),
            ..Options::default()
        };
        let error = prove(&engine, &program, &INPUT, &options, &mut Discard).unwrap_err();
        assert_eq!(error, ProveError::TooManyThreads { threads });
        assert!(
            error.to_string().contains(&MAX_THREADS.to_string()),
            "{error}"
        );
        let error = verifying_key(&engine, &program, &options).unwrap_err();
        assert_eq!(error, ProveError::TooManyThreads { threads });
    }
}
