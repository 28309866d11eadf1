//! Proofs that are interrupted: by Ctrl-C, by force, and by what befalls their work directory.
#![cfg(unix)]

mod common;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use common::{Scratch, command, files, guest, names, start, start_as, without_room, zonda};

/// A proof in six parts, of a few tenths of a second each.
struct Job {
    scratch: Scratch,
    input: String,
}

impl Job {
    fn new(n: u32) -> Self {
        let scratch = Scratch::new();
        let input = scratch.file("input", n.to_le_bytes());
        Self { scratch, input }
    }

    fn short() -> Self {
        Self::new(1000)
    }

    /// The arguments that prove it in a work directory.
    fn arguments(&self, directory: &str) -> Vec<String> {
        let proof = self.scratch.path("proof");
        let fibonacci = guest("fibonacci");
        let arguments = [
            "prove",
            &fibonacci,
            "--input",
            &self.input,
            "--proof",
            &proof,
        ];
        let more = ["--shard-cycles", "1100", "--work-dir", directory];
        arguments
            .into_iter()
            .chain(more)
            .map(str::to_owned)
            .collect()
    }

    fn proof(&self) -> Vec<u8> {
        fs::read(self.scratch.path("proof")).unwrap()
    }

    /// Proves from beginning to end.
    fn whole(&self) -> Vec<u8> {
        let directory = self.scratch.path("uninterrupted");
        zonda(self.arguments(&directory)).with(0);
        fs::remove_dir_all(directory).unwrap();
        let proof = self.proof();
        fs::remove_file(self.scratch.path("proof")).unwrap();
        proof
    }

    fn has_proof(&self) -> bool {
        Path::new(&self.scratch.path("proof")).exists()
    }
}

#[test]
fn killed_proofs_go_on_and_end_the_same() {
    let job = Job::short();
    let whole = job.whole();
    let directory = job.scratch.path("job");
    // Before the first part, between parts, and, most likely, within one.
    for finished in [0, 1, 2, 4] {
        let mut process = start(job.arguments(&directory));
        process.until(|| {
            let headers = files(&directory, ".header").len();
            headers == 1 && files(&directory, ".part").len() >= finished
        });
        process.signal("KILL");
        assert_eq!(process.end().code, None);
        assert!(!job.has_proof(), "what is not whole is not there");
    }
    let kept = files(&directory, ".part").len();
    assert!((4..6).contains(&kept), "{kept}");
    // Each has left what it had begun to write, and removed what the one before had left.
    assert_eq!(job.scratch.names().len(), 3);
    let ended = zonda(job.arguments(&directory)).with(0);
    assert_eq!(job.scratch.names(), ["input", "job", "proof"]);
    assert!(
        ended
            .error
            .contains(&format!("{kept} of them finished before")),
        "{ended:?}"
    );
    assert!(job.proof() == whole, "another proof");
}

#[test]
fn what_finds_no_room_is_named_and_finished_parts_are_kept() {
    let job = Job::short();
    let whole = job.whole();
    let directory = job.scratch.path("job");
    let proof = job.scratch.path("proof");
    let left = |kept: usize| {
        assert!(!job.has_proof(), "what is not whole is not there");
        assert_eq!(job.scratch.names(), ["input", "job"]);
        assert_eq!(files(&directory, ".part").len(), kept);
        assert_eq!(files(&directory, ".unfinished"), [""; 0]);
    };

    // Room for no part; for each part and most of the proof; for all.
    let ended = without_room(whole.len() / 20, job.arguments(&directory)).with(2);
    ended
        .saying("-00000.part: ")
        .saying(&format!("cannot write {directory}/"));
    left(0);
    let ended = without_room(whole.len() * 2 / 3, job.arguments(&directory)).with(2);
    ended.saying(&format!("no proof: cannot write {proof}: "));
    let kept = files(&directory, ".part").len();
    assert!((1..6).contains(&kept), "{kept}");
    left(kept);
    let ended = without_room(whole.len() + 512, job.arguments(&directory)).with(0);
    let before = format!("{kept} of them finished before");
    assert!(ended.error.contains(&before), "{ended:?}");
    assert!(job.proof() == whole, "another proof");

    // Other results are named as well, and what was there stays.
    let output = job.scratch.file("output", "old");
    let fibonacci = guest("fibonacci");
    let arguments = [
        "run", &fibonacci, "--input", &job.input, "--output", &output,
    ];
    let ended = without_room(0, arguments).with(2);
    ended.saying(&format!("cannot write {output}: "));
    assert_eq!(fs::read(&output).unwrap(), b"old");
    without_room(512, arguments).with(0);
    assert_ne!(fs::read(&output).unwrap(), b"old");
    assert_eq!(job.scratch.names(), ["input", "job", "output", "proof"]);
}

#[test]
fn interrupted_proofs_stop_at_once_and_say_how_to_go_on() {
    // Under `nohup`, tests cannot see what happens without it.
    let hangup = if ignores_hangups() { "TERM" } else { "HUP" };
    // One part of two million instructions, so that they stop within it.
    let job = Job::new(400_000);
    let directory = job.scratch.path("job");
    let proof = job.scratch.path("proof");
    let fibonacci = guest("fibonacci");
    let arguments = [
        "prove", &fibonacci, "--input", &job.input, "--proof", &proof,
    ];
    let work_dir = [&arguments[..], &["--work-dir", &directory]].concat();
    for (arguments, said) in [
        (&work_dir[..], "the same command goes on from there"),
        (&arguments[..], "--work-dir would have kept finished parts"),
    ] {
        for (signal, after) in [("INT", 0), ("INT", 300), ("TERM", 600), (hangup, 100)] {
            // Proving the part takes longer than this: it ends within it.
            let mut process = start(arguments);
            process.until_it_handles(signal);
            thread::sleep(Duration::from_millis(after));
            process.signal(signal);
            process.end().with(130).saying("interrupted: ").saying(said);
            assert!(!job.has_proof());
        }
    }
    let left = job.scratch.names();
    assert_eq!(left, ["input", "job"], "no file that is not whole");
}

/// Whether this process was started with SIGHUP ignored.
fn ignores_hangups() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

#[test]
#[cfg(target_os = "linux")]
fn proofs_started_with_nohup_outlive_the_terminal() {
    let job = Job::short();
    let directory = job.scratch.path("job");
    let ignoring = "trap '' HUP; exec \"$0\" \"$@\"";
    let command = command();
    let zonda = command.get_program().to_owned();
    let mut process = start_as(
        Command::new("sh")
            .args(["-c", ignoring])
            .arg(zonda)
            .args(job.arguments(&directory))
            .current_dir(command.get_current_dir().unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    );
    process.until_it_handles("TERM");
    process.signal("HUP");
    process.end().with(0);
    assert!(job.has_proof());
}

#[test]
fn shards_and_checks_are_interrupted_too() {
    let job = Job::new(400_000);
    let directory = job.scratch.path("job");
    let fibonacci = guest("fibonacci");
    let plan = [
        "shard",
        "plan",
        &fibonacci,
        "--input",
        &job.input,
        "--work-dir",
        &directory,
    ];
    zonda(plan).with(0);
    let task = &files(&directory, ".task")[0];
    for arguments in [
        &["shard", "prove", &fibonacci, task][..],
        &["check", &fibonacci, "--input", &job.input],
    ] {
        let mut process = start(arguments);
        process.until_it_handles("INT");
        process.signal("INT");
        process.end().with(130).saying("interrupted");
    }
    assert_eq!(files(&directory, ".part"), [""; 0]);
    assert_eq!(files(&directory, ".tmp"), [""; 0]);
}

#[test]
fn damaged_files_are_named_and_made_again() {
    let job = Job::short();
    let directory = job.scratch.path("job");
    zonda(job.arguments(&directory)).with(0);
    let whole = job.proof();
    let part = files(&directory, ".part")[2].clone();
    let bytes = fs::read(&part).unwrap();
    let mut changed = bytes.clone();
    changed[1000] ^= 1;
    for damaged in [&changed[..], &bytes[..bytes.len() / 2], b""] {
        fs::write(&part, damaged).unwrap();
        zonda(job.arguments(&directory))
            .with(2)
            .saying(&part)
            .saying("was damaged")
            .saying("delete it");
        assert!(job.proof() == whole, "what was there stays");
    }
    fs::remove_file(&part).unwrap();
    let ended = zonda(job.arguments(&directory)).with(0);
    assert!(
        ended.error.contains(" of them finished before"),
        "{ended:?}"
    );
    assert_eq!(fs::read(&part).unwrap(), bytes);
    assert!(job.proof() == whole);

    let header = files(&directory, ".header")[0].clone();
    fs::write(&header, b"x").unwrap();
    zonda(job.arguments(&directory)).with(2).saying(&header);
}

#[test]
fn directories_of_other_runs_are_refused() {
    let job = Job::short();
    let directory = job.scratch.path("job");
    zonda(job.arguments(&directory)).with(0);
    let before = names(&directory);
    let other = Job::new(1001);
    let mut preset = job.arguments(&directory);
    preset.extend(["--preset", "high"].map(str::to_owned));
    let mut cut = job.arguments(&directory);
    cut.retain(|argument| argument != "--shard-cycles" && argument != "1100");
    cut.extend(["--shard-cycles", "2000"].map(str::to_owned));
    for arguments in [other.arguments(&directory), preset, cut] {
        zonda(arguments)
            .with(2)
            .saying("belongs to another run: another program, input or preset")
            .saying(&directory);
    }
    assert_eq!(names(&directory), before);

    // The budget is kept, and need not be given again.
    let mut same = job.arguments(&directory);
    same.retain(|argument| argument != "--shard-cycles" && argument != "1100");
    zonda(same).with(0);
}

#[test]
fn a_directory_is_one_process_s() {
    let job = Job::new(100_000);
    let directory = job.scratch.path("job");
    let mut arguments = job.arguments(&directory);
    arguments.retain(|argument| argument != "--shard-cycles" && argument != "1100");
    let mut first = start(&arguments);
    first.until(|| files(&directory, ".header").len() == 1);
    zonda(&arguments)
        .with(2)
        .saying("is in use by another proof")
        .saying(&directory);
}

#[test]
fn directories_that_cannot_be_written_are_refused_before_the_run() {
    let scratch = Scratch::new();
    let file = scratch.file("file", "x");
    let mut places = vec![file.clone(), format!("{file}/below")];
    if cfg!(target_os = "linux") {
        places.push("/proc/job".into());
    }
    let proof = scratch.path("proof");
    // A run that would not end shows that it does not begin.
    let spin = guest("spin");
    for place in &places {
        let prove = ["prove", &spin, "--proof", &proof, "--work-dir", place];
        let plan = ["shard", "plan", &spin, "--work-dir", place];
        for arguments in [&prove[..], &plan] {
            zonda(arguments)
                .with(2)
                .saying(&format!("--work-dir {place}"));
        }
    }
    assert_eq!(scratch.names(), ["file"]);
}
