//! Runs of several shards: budgets, proofs in parts, and workers.

mod common;

use std::fs;

use common::{Scratch, files, guest, json, start, zonda};
use zonda::{Program, Prover, Task};

/// A run of fibonacci(1000), in shards of so many instructions: it has 5081.
struct Run {
    scratch: Scratch,
    input: String,
    guest: String,
}

impl Run {
    fn new() -> Self {
        let scratch = Scratch::new();
        let input = scratch.file("input", 1000_u32.to_le_bytes());
        let guest = guest("fibonacci");
        Self {
            scratch,
            input,
            guest,
        }
    }

    fn arguments<'a>(&'a self, command: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = command.to_vec();
        arguments.extend([&*self.guest, "--input", &*self.input]);
        arguments.extend(more);
        arguments
    }

    /// Proves with more arguments, and returns the proof.
    fn proof(&self, more: &[&str]) -> Vec<u8> {
        let proof = self.scratch.path("proof");
        let mut all = self.arguments(&["prove"], &["--proof", &proof]);
        all.extend(more);
        zonda(all).with(0);
        fs::read(proof).unwrap()
    }
}

#[test]
fn proofs_of_several_shards_are_accepted() {
    let run = Run::new();
    let [proof, output, report, verified] =
        ["proof", "output", "report", "verified"].map(|name| run.scratch.path(name));
    let ended = zonda(run.arguments(
        &["prove"],
        &[
            "--proof",
            &proof,
            "--output",
            &output,
            "--report",
            &report,
            "--shard-cycles",
            "2000",
            "--memory",
            "1G",
        ],
    ))
    .with(0);
    assert!(
        ended.error.contains("\nshards        3, in 4 parts\n"),
        "{ended:?}"
    );
    assert!(ended.error.contains(" per shard\n"), "{ended:?}");
    assert!(
        ended.error.contains(" MiB estimated, 1,024 MiB allowed\n"),
        "{ended:?}"
    );
    let length = fs::metadata(&proof).unwrap().len();
    let report = json(&report);
    for (field, number) in [
        ("cycles", 5081),
        ("shards", 3),
        ("parts", 4),
        ("finished_before", 0),
        ("budget_bytes", 1 << 30),
        ("proof_bytes", length),
        ("proof_bytes_per_shard", length / 3),
    ] {
        assert_eq!(report[field], number, "{field}");
    }
    let estimate = report["estimate_bytes"].as_u64().unwrap();
    assert!((1 << 20..1 << 30).contains(&estimate), "{estimate}");
    assert!(report["boundary_cells"].as_u64().unwrap() > 0);
    assert_eq!(report["part_bytes"].as_array().unwrap().len(), 4);

    let verify = ["verify", &run.guest, "--proof", &proof];
    let arguments = [&verify[..], &["--output", &output, "--report", &verified]].concat();
    let ended = zonda(arguments).with(0);
    assert!(
        ended.error.contains("\nshards        3, in 4 parts\n"),
        "{ended:?}"
    );
    let verified = json(&verified);
    for field in [
        "shards",
        "parts",
        "part_bytes",
        "proof_bytes",
        "security_bits",
        "proof_parts",
    ] {
        assert_eq!(verified[field], report[field], "{field}");
    }
    let verification = |report: &serde_json::Value| report["verification"]["operations"].clone();
    assert_eq!(verification(&verified), verification(&report));

    // A part that is missing, twice there, or changed.
    let whole = fs::read(&proof).unwrap();
    let part = report["part_bytes"][3].as_u64().unwrap() as usize;
    let last = whole.len() - part - 4;
    let mut changed = whole.clone();
    changed[last + 4 + 40] ^= 1;
    for (bytes, said) in [
        (whole[..last].to_vec(), "the proof ends in its parts"),
        ([&whole[..], &whole[last..]].concat(), "follow the end"),
        (changed, "part 3: "),
    ] {
        fs::write(&proof, bytes).unwrap();
        let report = run.scratch.path("none");
        let arguments = [&verify[..], &["--output", &output, "--report", &report]].concat();
        zonda(arguments).with(1).saying("refused: ").saying(said);
    }
    assert!(!run.scratch.names().contains(&"none".to_owned()));
}

#[test]
fn checks_are_of_all_parts() {
    let run = Run::new();
    let ended = zonda(run.arguments(&["check"], &["--shard-cycles", "2000"])).with(0);
    assert!(
        ended.error.contains("every constraint of every table"),
        "{ended:?}"
    );
    zonda(run.arguments(&["check"], &["--memory", "1M"]))
        .with(1)
        .saying("nothing to check: ")
        .saying("the budget is 1 MiB");
}

#[test]
fn budgets_that_are_too_small_are_refused_with_one_that_does() {
    let run = Run::new();
    let proof = run.scratch.path("proof");
    let with =
        |memory: &str| zonda(run.arguments(&["prove"], &["--proof", &proof, "--memory", memory]));
    let refused = with("1M").with(1).saying("the budget is 1 MiB");
    let (_, after) = refused.error.split_once("takes ").unwrap();
    let (least, _) = after.split_once(" MiB").unwrap();
    assert_eq!(run.scratch.names(), ["input"]);
    with(&format!("{least}M")).with(0);
    let less = least.parse::<u64>().unwrap() - 1;
    with(&format!("{less}M")).with(1).saying(least);

    // The memory that a longer run takes beside its parts is known once it has been executed.
    let input = run.scratch.file("zeros", [0; 16 << 10]);
    let plan = |memory: &str| {
        let job = run.scratch.path(memory);
        let sha256 = guest("sha256");
        let plan = ["shard", "plan", &sha256, "--input", &input];
        zonda([&plan[..], &["--work-dir", &job, "--memory", memory]].concat())
    };
    let refused = plan("1M").with(1);
    let (_, enough) = refused.error.split_once("with --memory ").unwrap();
    plan(enough.trim_end()).with(0);
}

#[test]
fn workers_need_the_guest_and_their_task_alone() {
    let run = Run::new();
    let job = run.scratch.path("job");
    let whole = run.proof(&["--shard-cycles", "3000"]);
    let plan = zonda(run.arguments(
        &["shard", "plan"],
        &["--shard-cycles", "3000", "--work-dir", &job],
    ))
    .with(0);
    assert!(plan.error.contains("\nshards        2\n"), "{plan:?}");
    let tasks = files(&job, ".task");
    assert_eq!(tasks.len(), 3);

    // Two at the same time; the third, of all others, is proved at the end.
    let prove = |task: &str| start(["shard", "prove", &run.guest, task, "--threads", "1"]);
    let workers = [prove(&tasks[2]), prove(&tasks[0])];
    for worker in workers {
        worker.end().with(0);
    }
    let parts = [&tasks[0], &tasks[2]].map(|task| task.replace(".task", ".part"));
    assert_eq!(files(&job, ".part"), parts);
    let report = run.scratch.path("report");
    let joined = run.proof(&["--work-dir", &job, "--report", &report]);
    assert!(joined == whole, "another proof");
    assert_eq!(json(&report)["finished_before"], 2);

    // A part that comes from elsewhere need not be one.
    let bytes = fs::read(&tasks[1]).unwrap();
    let task = Task::from_bytes(&bytes).unwrap();
    let part = tasks[1].replace(".task", ".part");
    fs::write(&part, task.part_file(b"no part")).unwrap();
    let proof = run.scratch.path("proof");
    let again = run.arguments(&["prove"], &["--proof", &proof, "--work-dir", &job]);
    zonda(&again)
        .with(2)
        .saying(&part)
        .saying("is refused: ")
        .saying("delete it");
    assert!(fs::read(&proof).unwrap() == whole, "what was there stays");
    fs::remove_file(&part).unwrap();
    zonda(&again).with(0);
    assert!(fs::read(&proof).unwrap() == whole);
}

#[test]
fn tasks_that_are_none_are_refused() {
    let run = Run::new();
    let mut tasks = Vec::new();
    let fibonacci = Program::from_elf(&fs::read(common::repository(&run.guest)).unwrap()).unwrap();
    Prover::default()
        .plan(&fibonacci, &10_u32.to_le_bytes(), |task| {
            tasks.push(task);
            Ok(())
        })
        .unwrap();
    let [task] = &tasks[..] else {
        panic!("{} tasks", tasks.len())
    };
    let whole = task.to_bytes().unwrap();
    let mut changed = whole.clone();
    changed[50] ^= 1;
    let mut key = task.clone();
    key.key_digest[0] ^= 1;
    let mut index = task.clone();
    index.index += 1;
    let mut registers = task.clone();
    registers.work.shard.as_mut().unwrap().registers_after[5] ^= 1;
    let cases = [
        (b"a text".to_vec(), 2, "is not a task: not a zonda task"),
        (whole[..whole.len() - 1].to_vec(), 2, "is not a task: "),
        (changed, 2, "is not a task: the task was damaged"),
        (
            key.to_bytes().unwrap(),
            1,
            "no part: the task is for another key",
        ),
        (index.to_bytes().unwrap(), 1, "no part: "),
        (registers.to_bytes().unwrap(), 1, "no part: "),
    ];
    for (bytes, code, said) in cases {
        let path = run.scratch.file("a.task", bytes);
        zonda(["shard", "prove", &run.guest, &path])
            .with(code)
            .saying(said);
    }
    let path = run.scratch.file("a.task", &whole);
    zonda(["shard", "prove", &guest("echo"), &path])
        .with(1)
        .saying("the task belongs to another program");
    zonda(["shard", "prove", &run.guest, &run.scratch.path("none")])
        .with(2)
        .saying("cannot read the task");
    assert_eq!(run.scratch.names(), ["a.task", "input"]);

    let out = run.scratch.path("out");
    zonda(["shard", "prove", &run.guest, &path, "--output", &out]).with(0);
    zonda(["shard", "prove", &run.guest, &path]).with(0);
    let part = format!("{}.part", task.file_name());
    assert_eq!(run.scratch.names().len(), 4);
    assert_eq!(
        fs::read(out).unwrap(),
        fs::read(run.scratch.path(&part)).unwrap()
    );
}
