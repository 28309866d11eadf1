//! Memory that the system refuses is a typed error wherever it is asked for: each piece in turn is
//! refused, in the pool of buffers and outside of it. A test binary of its own, with one test, since
//! what is refused is refused in the whole process.

use zonda_prover::{
    Options, ProveError, Setup, Task, TaskReadError, check, engine::Engine, plan, prepare_for,
    prove, prove_task, verifying_key,
};
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    elf::LoadError,
    error::ExecuteError,
    execute::{self, Discard, execute},
    program::Program,
    testing::refuse_after,
};
use zonda_verifier::{Preset, Statement, verify};

const ELF: &[u8] = include_bytes!("../../guests/elf/fibonacci.elf");
const INPUT: [u8; 4] = [9, 0, 0, 0];

/// The allocators that may refuse.
#[derive(Clone, Copy, Debug)]
enum Source {
    Pool,
    Vectors,
}

/// Refuses the first piece, then the second, and so on, until `work` has all that it asks for. How
/// many pieces that are.
fn refuse_each<T, E: std::fmt::Debug>(
    source: Source,
    engine: &Engine,
    mut work: impl FnMut() -> Result<T, E>,
    refused: impl Fn(&E) -> Option<OutOfMemory>,
) -> (u32, T) {
    let set = |pieces| match source {
        Source::Pool => engine.pool.refuse_after(pieces),
        Source::Vectors => refuse_after(pieces),
    };
    for pieces in 0.. {
        set(Some(pieces));
        let result = work();
        set(None);
        match result {
            Ok(done) => return (pieces, done),
            Err(error) => match refused(&error) {
                Some(OutOfMemory { bytes }) => assert!(bytes >= 1 << 10, "{bytes} bytes"),
                None => panic!("piece {pieces} of {source:?}: {error:?}"),
            },
        }
    }
    unreachable!("there are fewer pieces than numbers")
}

fn of_proof(error: &ProveError) -> Option<OutOfMemory> {
    match error {
        ProveError::OutOfMemory(refused) => Some(*refused),
        _ => None,
    }
}

#[test]
fn each_piece_of_memory_may_be_refused() {
    let engine = Engine::default();
    // Threads would take turns in asking.
    let options = Options {
        threads: Some(1),
        preset: Preset::Standard,
        ..Options::default()
    };
    let at_least = |least: u32, pieces: u32, what: &str| {
        assert!(
            pieces >= least,
            "{what}: {pieces} pieces of memory, {least} expected"
        );
    };

    let load = || Program::from_elf(ELF);
    let (pieces, program) = refuse_each(Source::Vectors, &engine, load, |error| match error {
        LoadError::OutOfMemory(refused) => Some(*refused),
        _ => None,
    });
    at_least(2, pieces, "loading");
    let limits = execute::Options::default();
    let run = || execute(&program, &INPUT, &limits, &mut Discard);
    let (pieces, _) = refuse_each(Source::Vectors, &engine, run, |error| match error {
        ExecuteError::OutOfMemory(refused) => Some(*refused),
        _ => None,
    });
    at_least(2, pieces, "execution");

    for (source, least) in [(Source::Vectors, 4), (Source::Pool, 4)] {
        // An engine commits to a program's columns once.
        let engine = Engine::default();
        let setup = || Setup::new(&engine, &program, options.preset).map(drop);
        let (pieces, ()) = refuse_each(source, &engine, setup, of_proof);
        at_least(least, pieces, "setup");
    }
    for (source, least) in [(Source::Vectors, 2), (Source::Pool, 10)] {
        let engine = Engine::default();
        let key = || verifying_key(&engine, &program, &options);
        let (pieces, key) = refuse_each(source, &engine, key, of_proof);
        at_least(least, pieces, "key");
        let proof = || prove(&engine, &program, &INPUT, &options, &mut Discard);
        let (pieces, proved) = refuse_each(source, &engine, proof, of_proof);
        at_least(25, pieces, "proof");
        let statement = Statement {
            exit_code: proved.exit_code,
            output: proved.output,
        };
        verify(&key, &statement, &proved.proof).unwrap();
    }
    let all = || check(&engine, &program, &INPUT, &options, &mut Discard, 1);
    let (pieces, (.., failures)) = refuse_each(Source::Vectors, &engine, all, of_proof);
    at_least(30, pieces, "check");
    assert_eq!(failures, []);

    let setup = Setup::new(&engine, &program, options.preset).unwrap();
    let first = || {
        let mut plan = plan(&engine, &setup, &INPUT, &options, &mut Discard)?;
        let task = plan.tasks(&setup, &INPUT)?.next()?;
        Ok(task.expect("a run has a part"))
    };
    let (pieces, task) = refuse_each(Source::Vectors, &engine, first, of_proof);
    at_least(10, pieces, "planning");
    let (_, bytes) = refuse_each(Source::Vectors, &engine, || task.to_bytes(), |e| Some(*e));
    let read = || Task::from_bytes(&bytes);
    let (_, read) = refuse_each(Source::Vectors, &engine, read, |error| match error {
        TaskReadError::OutOfMemory(refused) => Some(*refused),
        _ => None,
    });
    assert_eq!(read, task);
    let proof = || {
        let setup = prepare_for(&engine, &program, &task, &options)?;
        prove_task(&engine, &setup, &task, &options)
    };
    let (pieces, _) = refuse_each(Source::Vectors, &engine, proof, of_proof);
    at_least(25, pieces, "task");
}
