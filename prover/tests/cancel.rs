//! Work that is no longer wanted stops, at whatever stage it is.

mod common;

use std::{
    thread,
    time::{Duration, Instant},
};

use common::{INPUT, SHARD_CYCLES, options, program, proved};
use zonda_prover::{
    Cancel, Cancelled, DEFAULT_SHARD_CYCLES, Observer, Options, Progress, ProveError, Stage,
    engine::Engine, prove,
};
use zonda_riscv_emu::{execute::Discard, program::Program};

/// Cancels when a stage begins.
struct At {
    stage: Stage,
    cancel: Cancel,
}

impl Observer for At {
    fn begin(&self, progress: Progress) {
        assert!(!self.cancel.is_cancelled(), "{} begins", progress.stage);
        if progress.stage == self.stage {
            self.cancel.cancel();
        }
    }
}

#[test]
fn every_stage_can_be_cancelled() {
    let (engine, program) = (Engine::default(), program());
    for stage in Stage::ALL {
        let at = At {
            stage,
            cancel: Cancel::new(),
        };
        let options = Options {
            observer: Some(&at),
            cancel: at.cancel.clone(),
            ..options(SHARD_CYCLES)
        };
        let error = prove(&engine, &program, &INPUT, &options, &mut Discard).unwrap_err();
        assert_eq!(error, ProveError::Cancelled(Cancelled), "{stage}");
    }
    // Cancelled work leaves nothing behind that would change a proof.
    let options = options(SHARD_CYCLES);
    let after = prove(&engine, &program, &INPUT, &options, &mut Discard).unwrap();
    assert!(after.proof == proved(&options).proof);
}

#[test]
fn work_stops_soon_after() {
    let elf = include_bytes!("../../guests/elf/sha256.elf");
    let program = Program::from_elf(elf).unwrap();
    // Some 500,000 instructions.
    let input = vec![0; 8 << 10];
    let engine = Engine::default();
    for after in (0..).map(|step| Duration::from_millis(60 * step)) {
        let cancel = Cancel::new();
        let options = Options {
            cancel: cancel.clone(),
            ..options(DEFAULT_SHARD_CYCLES)
        };
        let (result, waited) = thread::scope(|scope| {
            let prover = scope.spawn(|| {
                let result = prove(&engine, &program, &input, &options, &mut Discard);
                (result.err(), Instant::now())
            });
            thread::sleep(after);
            cancel.cancel();
            let cancelled = Instant::now();
            let (result, stopped) = prover.join().unwrap();
            (result, stopped.saturating_duration_since(cancelled))
        });
        let Some(error) = result else {
            // It was done before.
            assert!(after > Duration::ZERO);
            return;
        };
        assert_eq!(error, ProveError::Cancelled(Cancelled));
        // Machines that test have other things to do: it is a few hundredths of a second.
        assert!(waited < Duration::from_millis(500), "{waited:?} {after:?}");
    }
}
