//! Every way in which a run ends gives a typed error or a truthful report.

mod common;

use std::io::{self, ErrorKind, Write};

use common::{expectation, guest, program};
use zonda::{ExecuteError, Options, ProveError, Prover, verify};
use zonda_riscv_emu::{
    error::TrapKind,
    testing::{call, exit},
};
use zonda_verifier::MAX_OUTPUT_BYTES;

fn limited(max_cycles: u64) -> Prover {
    Prover::new(Options::new().max_cycles(max_cycles))
}

#[test]
fn a_trap_names_its_place_and_has_no_proof() {
    let trap = guest("trap");
    let error = Prover::default().execute(&trap, &[]).unwrap_err();
    let ExecuteError::Trap { kind, at } = &error else {
        panic!("{error}")
    };
    assert_eq!(*kind, TrapKind::IllegalInstruction { word: 0 });
    assert_eq!(at.word, Some(0));
    assert!(error.to_string().contains("illegal_instruction"), "{error}");
    let refused = Prover::default().prove(&trap, &[]).unwrap_err();
    assert_eq!(refused, ProveError::Execute(error.clone()));
    let refused = Prover::default().check(&trap, &[]).unwrap_err();
    assert_eq!(refused, ProveError::Execute(error));
}

#[test]
fn a_loop_ends_at_the_limit_it_was_given() {
    let spin = guest("spin");
    let is_limit = |error: &ExecuteError| matches!(error, ExecuteError::CycleLimit { max_cycles, .. } if *max_cycles == 10_000);
    let error = limited(10_000).execute(&spin, &[]).unwrap_err();
    assert!(is_limit(&error), "{error}");
    match limited(10_000).prove(&spin, &[]).unwrap_err() {
        ProveError::Execute(error) => assert!(is_limit(&error), "{error}"),
        error => panic!("{error}"),
    }
}

#[test]
fn more_output_than_a_proof_states_is_refused_where_it_is_written() {
    let bulk = guest("bulk");
    let prover = Prover::default();
    let plan = |bytes: u32| prover.plan(&bulk, &bytes.to_le_bytes(), |_| Ok(()));
    let checksum = 8;
    let most = MAX_OUTPUT_BYTES as u32;
    let planned = plan(most - checksum).unwrap();
    assert_eq!(planned.statement.output.len(), MAX_OUTPUT_BYTES);
    match plan(most - checksum + 1).unwrap_err() {
        ProveError::Execute(ExecuteError::OutputLimit { max_output, at }) => {
            assert_eq!(max_output, most);
            assert!(at.symbol.is_some(), "{at}");
        }
        error => panic!("{error}"),
    }
}

#[test]
fn a_full_disk_can_be_told_from_other_errors() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let echo = guest("echo");
    let full = Prover::default().prove_to(&echo, b"abc", Full).unwrap_err();
    let is_full = |error: &ProveError| {
        let full = ErrorKind::StorageFull;
        matches!(error, ProveError::Write { kind, .. } if *kind == full)
    };
    assert!(is_full(&full), "{full}");
    let mut bytes = Vec::new();
    let written = Prover::default().prove_to(&echo, b"abc", &mut bytes);
    assert_eq!(written.unwrap().report.proof_bytes, bytes.len() as u64);
}

#[test]
fn a_run_longer_than_a_shard_is_proved_in_several() {
    let fibonacci = guest("fibonacci");
    let input = 5000_u32.to_le_bytes();
    let prover = Prover::new(Options::new().shard_cycles(1 << 13));
    let executed = prover.execute(&fibonacci, &input).unwrap();
    let proved = prover.prove(&fibonacci, &input).unwrap();
    assert_eq!(proved.output, executed.output);
    let shards = executed.cycles.div_ceil(1 << 13);
    assert!(shards > 2);
    assert_eq!(proved.report.shards, shards);
    let (key, statement) = expectation(&fibonacci, &proved);
    verify(&key, &statement, &proved.proof).unwrap();
}

#[test]
fn a_limit_holds_for_all_shards_together() {
    let options = Options::new().shard_cycles(1000).max_cycles(10_000);
    let error = Prover::new(options).prove(&guest("spin"), &[]).unwrap_err();
    let ProveError::Execute(ExecuteError::CycleLimit { max_cycles, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!(max_cycles, 10_000);
}

#[test]
fn a_run_of_too_many_shards_is_refused() {
    let options = Options::new().shard_cycles(1);
    let error = Prover::new(options).prove(&guest("spin"), &[]).unwrap_err();
    assert_eq!(error, ProveError::TooLong);
}

#[test]
fn an_exit_code_is_stated_and_proved() {
    for code in [1, 0x8000_0000, u32::MAX] {
        let proved = common::prove_and_verify(&guest("exit_code"), &u32::to_le_bytes(code));
        assert_eq!((proved.exit_code, proved.report.exit_code), (code, code));
        assert!(proved.output.is_empty());
    }
}

#[test]
fn a_panic_is_a_run_that_exits_with_101() {
    let proved = common::prove_and_verify(&guest("panic"), b"three");
    assert_eq!(
        (proved.exit_code, proved.output.as_slice()),
        (101, &[7][..])
    );
}

#[test]
fn empty_output_and_output_in_many_writes() {
    let proved = common::prove_and_verify(&program(&exit(0), &[]), &[]);
    assert!(proved.output.is_empty());

    let data: Vec<u8> = (0..9001_u32).map(|i| ((i * i) >> 5) as u8).collect();
    let mut words = Vec::new();
    let mut expected = Vec::new();
    for (start, length) in [(1, 4096), (0, 0), (4097, 1), (4098, 4096), (3, 808)] {
        words.extend(call(64, 3, common::DATA + start, length));
        expected.extend(&data[start as usize..(start + length) as usize]);
    }
    words.extend(exit(0));
    let proved = common::prove_and_verify(&program(&words, &data), &[]);
    assert!(proved.output.len() > 8192 && proved.output == expected);
}
