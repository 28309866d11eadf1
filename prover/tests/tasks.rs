//! Parts are proved from their tasks alone, and tasks that are not the run's are refused.

mod common;

use common::{INPUT, PRESET, SHARD_CYCLES, options, program, proved};
use zonda_circuits::machine::Image;
use zonda_prover::{ProveError, Setup, Task, TaskError, engine::Engine, plan, prove_task};
use zonda_riscv_emu::{execute::Discard, program::Program};
use zonda_verifier::{Heights, Preset, Proof};

/// The run's tasks, as bytes, and its proof without parts.
fn planned() -> (Vec<Vec<u8>>, Proof) {
    let (engine, program) = (Engine::default(), program());
    let setup = Setup::new(&engine, &program, PRESET).unwrap();
    let options = options(SHARD_CYCLES);
    let mut plan = plan(&engine, &setup, &INPUT, &options, &mut Discard).unwrap();
    let header = plan.header.clone();
    let mut tasks = plan.tasks(&setup, &INPUT).unwrap();
    let mut bytes = Vec::new();
    while let Some(task) = tasks.next().unwrap() {
        bytes.push(task.to_bytes().unwrap());
    }
    let parts = Vec::new();
    (bytes, Proof { header, parts })
}

#[test]
fn parts_are_proved_apart() {
    let (tasks, mut proof) = planned();
    proof.parts = vec![Vec::new(); tasks.len()];
    let key = Setup::new(&Engine::default(), &program(), PRESET)
        .unwrap()
        .key;
    for (index, bytes) in tasks.iter().enumerate().rev() {
        // Each on a machine of its own.
        let program = program();
        let setup = Setup::with_key(&program, key.clone()).unwrap();
        let task = Task::from_bytes(bytes).unwrap();
        let options = options(1);
        proof.parts[index] = prove_task(&Engine::default(), &setup, &task, &options).unwrap();
    }
    let whole = proved(&options(SHARD_CYCLES));
    assert!(proof == whole.proof);
}

fn refused(setup: &Setup<'_>, task: &Task) -> TaskError {
    match prove_task(&Engine::default(), setup, task, &options(1)).unwrap_err() {
        ProveError::Task(error) => error,
        error => panic!("{error}"),
    }
}

#[test]
fn tasks_of_others_are_refused() {
    let (tasks, _) = planned();
    let task = Task::from_bytes(&tasks[0]).unwrap();
    let engine = Engine::default();
    let other = include_bytes!("../../guests/elf/echo.elf");
    let other = Program::from_elf(other).unwrap();
    let other = Setup::new(&engine, &other, PRESET).unwrap();
    assert_eq!(refused(&other, &task), TaskError::Program);
    let program = program();
    let high = Setup::new(&engine, &program, Preset::High).unwrap();
    assert_eq!(refused(&high, &task), TaskError::Key);
}

#[test]
fn tasks_that_are_not_what_the_program_does_are_refused() {
    let (tasks, _) = planned();
    let program = program();
    let setup = Setup::new(&Engine::default(), &program, PRESET).unwrap();
    let [first, second, .., closing] = &tasks[..] else {
        panic!("three shards and a part that closes")
    };
    let changed = |bytes: &[u8], change: &dyn Fn(&mut Task)| {
        let mut task = Task::from_bytes(bytes).unwrap();
        change(&mut task);
        refused(&setup, &task)
    };
    let is_header = |error| matches!(error, TaskError::Header { .. });

    let nothing = changed(first, &|task| task.work.shard = None);
    assert_eq!(nothing, TaskError::Nothing);
    let moved = changed(first, &|task| task.index = 1);
    assert!(matches!(moved, TaskError::Position { got: 1 }));
    let zero = changed(first, &|task| shard(task).position = 0);
    assert!(matches!(zero, TaskError::Position { got: 0 }));
    let pcs = changed(first, &|task| shard(task).pcs.reverse());
    assert!(matches!(pcs, TaskError::Order { .. }));
    let nowhere = changed(first, &|task| shard(task).pcs[0] = 3);
    assert!(matches!(nowhere, TaskError::Order { .. }));
    // The header fixes the boundary, and where the shard begins and ends.
    assert!(is_header(changed(first, &|task| task
        .header
        .boundary_root[5] ^=
        1)));
    assert!(is_header(changed(first, &|task| shard(task)
        .registers_after[5] ^=
        1)));
    assert!(is_header(
        changed(first, &|task| shard(task).words[0].after ^= 1)
    ));
    assert!(is_header(
        changed(first, &|task| shard(task).words[0].owner = 1)
    ));
    assert!(is_header(changed(second, &|task| shard(task)
        .start
        .registers[5] ^= 1)));
    assert!(is_header(changed(first, &|task| shard(task).start.pc += 4)));
    assert!(is_header(changed(first, &|task| shard(task)
        .instructions[0] +=
        1000)));
    assert!(is_header(changed(first, &|task| {
        task.header.heights = Heights::default();
    })));
    assert!(is_header(changed(closing, &|task| {
        task.work.program.as_mut().unwrap().uses[0].1 += 1;
    })));
    let zeroed = changed(closing, &|task| {
        task.work.zeroed.as_mut().unwrap().range.to[0] += 1;
    });
    assert!(matches!(zeroed, TaskError::Order { .. }));
    // A word in a hole, and one that the image fills, where another zeroed word stands.
    for address in [0x3fff_ffff, program.image_words().next().unwrap().0] {
        let opened = changed(closing, &|task| {
            let zeroed = task.work.zeroed.as_mut().unwrap();
            zeroed.left.truncate(1);
            zeroed.left[0].address = address;
            zeroed.range.to = [(address & 0xffff) + 1, address >> 16];
        });
        let TaskError::NotZeroed(refused) = opened else {
            panic!("{opened}")
        };
        assert_eq!(refused.address, address);
    }
    // Instructions change within what the shape leaves open.
    let replayed = changed(first, &|task| {
        let counts = &mut shard(task).instructions;
        let most = counts.iter().position(|count| *count > 100).unwrap();
        counts[most] -= 1;
    });
    assert!(matches!(
        replayed,
        TaskError::Header { .. } | TaskError::Replay(_)
    ));
    // A task whose header was made for the counts that it states.
    let counted = |change: &dyn Fn(&mut zonda_prover::ShardWork)| {
        changed(first, &|task| {
            change(shard(task));
            let image = Image::from(&program);
            task.header.heights = task.work.heights(&image);
        })
    };
    let moved = counted(&|shard| {
        let counts = &mut shard.instructions;
        let most = counts.iter().position(|count| *count > 100).unwrap();
        counts[most] -= 1;
        counts[(most + 1) % counts.len()] += 1;
    });
    assert!(matches!(moved, TaskError::Replay(_)), "{moved}");
    for count in [1, 1000] {
        let more = counted(&|shard| shard.services[0] += count);
        assert!(matches!(more, TaskError::Replay(_)), "{more}");
    }
    // The header does not hold the output.
    let writes = |bytes: &&Vec<u8>| {
        let mut task = Task::from_bytes(bytes).unwrap();
        !shard(&mut task).output.is_empty()
    };
    let writes = tasks.iter().find(writes).unwrap();
    let output = changed(writes, &|task| shard(task).output[0] ^= 1);
    assert_eq!(output, TaskError::Differs { what: "output" });
    let input = changed(first, &|task| shard(task).input.push(0));
    assert!(matches!(input, TaskError::Replay(_)), "{input}");
}

fn shard(task: &mut Task) -> &mut zonda_prover::ShardWork {
    task.work.shard.as_mut().unwrap()
}
