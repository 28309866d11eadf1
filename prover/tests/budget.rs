//! A budget decides how a run is cut, and one that is too small is refused by name.

mod common;

use common::{INPUT, options, program, proved, statement};
use zonda_prover::{Budget, DEFAULT_SHARD_CYCLES, Options, ProveError, engine::Engine, prove};
use zonda_riscv_emu::execute::Discard;

fn with(bytes: u64, shard_cycles: u64) -> Options<'static> {
    Options {
        budget: Budget {
            bytes,
            shard_cycles,
        },
        ..options(1)
    }
}

#[test]
fn the_smallest_budget_is_named_and_suffices() {
    let (engine, program) = (Engine::default(), program());
    let error = prove(
        &engine,
        &program,
        &INPUT,
        &with(1 << 20, DEFAULT_SHARD_CYCLES),
        &mut Discard,
    )
    .unwrap_err();
    let ProveError::Budget { needed, budget } = error else {
        panic!("{error}")
    };
    assert_eq!(budget, 1 << 20);
    let report = proved(&with(needed, DEFAULT_SHARD_CYCLES)).report;
    assert!(report.estimate_bytes <= needed);
    assert_eq!(report.budget_bytes, needed);

    let less = with(needed - 1, DEFAULT_SHARD_CYCLES);
    let error = prove(&engine, &program, &INPUT, &less, &mut Discard).unwrap_err();
    let budget = needed - 1;
    assert_eq!(error, ProveError::Budget { needed, budget });
}

#[test]
fn smaller_budgets_cut_into_more_shards() {
    let (engine, program) = (Engine::default(), program());
    // Some 400,000 instructions.
    let input = 100_000_u32.to_le_bytes();
    let mut shards = Vec::new();
    let mut stated = Vec::new();
    for mebibytes in [1024, 160, 110] {
        let options = with(mebibytes << 20, DEFAULT_SHARD_CYCLES);
        let proved = prove(&engine, &program, &input, &options, &mut Discard).unwrap();
        assert!(proved.report.estimate_bytes <= mebibytes << 20);
        shards.push(proved.report.shards);
        stated.push(statement(&proved));
    }
    assert!(shards.is_sorted_by(|a, b| a < b), "{shards:?}");
    assert_eq!(shards[0], 1);
    assert!(stated.iter().all(|statement| *statement == stated[0]));
}
