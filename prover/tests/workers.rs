//! Tasks, proved one by one as on other machines, give the proof of the run.

use zonda_prover::{
    Budget, Options, ProveError, Task, TaskError, engine::Engine, plan, prove, prove_task,
};
use zonda_riscv_emu::{execute::Discard, program::Program};
use zonda_verifier::{Preset, Proof};

fn program(name: &str) -> Program {
    let path = format!("{}/../guests/elf/{name}.elf", env!("CARGO_MANIFEST_DIR"));
    Program::from_elf(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn tasks_proved_elsewhere_give_the_same_proof() {
    let fibonacci = program("fibonacci");
    let input = 1000_u32.to_le_bytes();
    for preset in Preset::ALL {
        let options = Options {
            preset,
            budget: Budget {
                bytes: 1 << 30,
                shard_cycles: 3000,
            },
            ..Options::default()
        };
        let mut tasks = Vec::new();
        let planned = plan(
            &Engine::default(),
            &fibonacci,
            &input,
            &options,
            &mut Discard,
            &mut |task| {
                tasks.push(task.to_bytes());
                Ok(())
            },
        )
        .unwrap();
        assert!(tasks.len() > 2, "several parts");

        // A worker is told nothing but the program and the task: neither preset nor budget.
        let worker = |bytes: &Vec<u8>, program: &Program| {
            let task = Task::from_bytes(bytes).unwrap();
            prove_task(&Engine::default(), program, &task, &Options::default())
        };
        let proof = Proof {
            header: planned.header,
            parts: tasks
                .iter()
                .map(|task| worker(task, &fibonacci).unwrap())
                .collect(),
        };
        let own = prove(
            &Engine::default(),
            &fibonacci,
            &input,
            &options,
            &mut Discard,
        )
        .unwrap();
        assert_eq!(planned.cycles, own.report.cycles);
        assert_eq!(planned.statement.output, own.output);
        assert!(proof == own.proof, "another proof");
        assert_eq!(
            worker(&tasks[0], &program("echo")),
            Err(ProveError::Task(TaskError::Program))
        );
    }
}
