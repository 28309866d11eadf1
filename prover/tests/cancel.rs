//! Work that is no longer wanted stops, at whatever stage it is. In the middle of stages, the unit tests of
//! `cancel` show it, which count; how long it takes, `cargo bench -p zonda-prover --bench cancel` measures.

mod common;

use common::{INPUT, SHARD_CYCLES, options, program, proved};
use zonda_prover::{
    Cancel, Cancelled, Observer, Options, Progress, ProveError, Stage, engine::Engine, prove,
};
use zonda_riscv_emu::execute::Discard;

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
